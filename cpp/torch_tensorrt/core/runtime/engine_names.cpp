#include "torch_tensorrt/core/runtime/engine_names.h"

#include <algorithm>

#include "torch_tensorrt/core/engine/run/engine.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::runtime {
namespace {

using EnginePtr = c10::intrusive_ptr<TRTEngine>;

constexpr const char* kProfiles =
    "an engine takes the profile that the shapes of the call are in; give inputs in the profile";
constexpr const char* kOutputs =
    "an engine writes each call's outputs to new memory; set_cudagraphs_mode saves CPU time";
constexpr const char* kLateOutputs = "an engine allocates outputs of unknown size itself, without a setting";
constexpr const char* kResources =
    "an engine allocates memory for activations in its first call and keeps it; "
    "reset_captured_graph() frees the memory of idle engines";
constexpr const char* kWeights = "all weights of an engine are in the memory of its device, none is streamed";
constexpr const char* kSettings = "an engine has the settings of its build: compile the module again with others";
constexpr const char* kGpus = "an engine runs on one GPU and has no communicator; torch.distributed connects modules";

void refuse(const std::string& name, const std::string& reason) {
  TORCHTRT_THROW_ERROR("Engine." << name << " is not available: " << reason);
}

// A setting with one possible value.
template <typename T>
void add_fixed(torch::class_<TRTEngine>& engine, const std::string& name, T value, const char* reason) {
  const auto set = [=](const EnginePtr&, T wanted) {
    if (wanted != value) refuse(name + " = " + str(wanted), reason);
  };
  engine.def_property(
      name, [value](const EnginePtr&) { return value; }, set);
}

template <typename T>
void add_constant(torch::class_<TRTEngine>& engine, const std::string& name, T value) {
  engine.def_property(name, [value](const EnginePtr&) { return value; });
}

int64_t profile_count(const EnginePtr& engine) {
  const auto& network = engine->engine().plan().network;
  return network == nullptr ? 1 : std::max<int64_t>(1, static_cast<int64_t>(network->profiles().size()));
}

void set_active_profile(const EnginePtr& engine, int64_t index) {
  if (index == 0 && profile_count(engine) == 1) return;
  refuse("set_active_profile(" + std::to_string(index) + ")", kProfiles);
}

// Methods that switch something on that engines here do not have.
template <typename T>
void add_switch(torch::class_<TRTEngine>& engine, const std::string& name, const char* reason) {
  engine.def(name, [=](const EnginePtr&, T wanted) {
    if (wanted) refuse(name, reason);
  });
}

// No object: its constructor throws.
template <int place>
struct Absent : torch::CustomClassHolder {};

template <int place>
void add_absent(torch::Library& library, const char* name, const char* instead) {
  const auto refuse_any = [=](const c10::IValue& /*argument*/) -> c10::intrusive_ptr<Absent<place>> {
    TORCHTRT_THROW_ERROR("torch.classes.tensorrt." << name << " is not available: use " << instead);
  };
  library.class_<Absent<place>>(name).def(torch::init(refuse_any), "", {torch::arg("argument") = torch::arg::none()});
}

}  // namespace

void register_engine_names(torch::class_<TRTEngine>& engine) {
  engine.def("serialize_metadata_only", [](const EnginePtr& self) { return self->serialize(/*with_engine=*/false); })
      .def("reset_captured_graph", [](const EnginePtr& self) { self->engine().release_contexts(); })
      .def("set_active_profile", &set_active_profile)
      .def_property("num_optimization_profiles", &profile_count)
      .def("update_runtime_settings",
           [](const EnginePtr&, const c10::IValue&) { refuse("update_runtime_settings", kSettings); })
      .def("are_output_tensors_unowned", [](const EnginePtr&) { return false; })
      .def("set_group_name", [](const EnginePtr&, const std::string&) { refuse("set_group_name", kGpus); })
      .def("bind_nccl_comm", [](const EnginePtr&) { refuse("bind_nccl_comm", kGpus); })
      .def("release_nccl_comm", [](const EnginePtr&) { refuse("release_nccl_comm", kGpus); });
  add_constant<int64_t>(engine, "_active_profile_index", -1);  // each call has its own
  add_fixed(engine, "_auto_select_profiles", true, kProfiles);
  add_switch<bool>(engine, "set_output_tensors_unowned", kOutputs);
  add_switch<bool>(engine, "use_dynamically_allocated_resources", kResources);
  add_fixed(engine, "use_pre_allocated_outputs", false, kOutputs);
  engine.def_property("pre_allocated_outputs", [](const EnginePtr&) { return std::vector<at::Tensor>(); });
  add_fixed(engine, "use_output_allocator_outputs", false, kLateOutputs);
  add_fixed<int64_t>(engine, "device_memory_budget", 0, kWeights);
  add_constant<int64_t>(engine, "streamable_device_memory_budget", 0);
  add_constant<int64_t>(engine, "automatic_device_memory_budget", 0);
  add_constant(engine, "requires_native_multidevice", false);
  add_fixed<int64_t>(engine, "rank", -1, kGpus);
  add_fixed<int64_t>(engine, "world_size", -1, kGpus);
  add_constant(engine, "nccl_initialized", false);
}

void register_absent_classes(torch::Library& library) {
  add_absent<0>(library, "RuntimeCacheHandle",
                "timing_cache_path of torch_tensorrt.compile, which keeps measured times");
  add_absent<1>(library, "_Input", "torch_tensorrt.Input");
  add_absent<2>(library, "_InputSignature", "input_signature of torch_tensorrt.ts.compile");
  add_absent<3>(library, "_Device", "torch_tensorrt.Device");
  add_absent<4>(library, "_TorchFallback", "torch_executed_ops and torch_executed_modules of torch_tensorrt.compile");
  add_absent<5>(library, "CompileSpec", "torch_tensorrt.ts.TensorRTCompileSpec");
}

}  // namespace torch_tensorrt::core::runtime
