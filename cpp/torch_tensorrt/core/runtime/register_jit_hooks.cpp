#include <ATen/EmptyTensor.h>
#include <c10/core/CPUAllocator.h>
#include <malloc.h>
#include <torch/library.h>

#include <exception>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"
#include "torch_tensorrt/core/runtime/engine_hooks.h"
#include "torch_tensorrt/core/runtime/engine_names.h"
#include "torch_tensorrt/core/runtime/roi_align.h"
#include "torch_tensorrt/core/runtime/runtime.h"
#include "torch_tensorrt/core/util/macros.h"

// Registrations at library load. PyTorch learns the class tensorrt::Engine, the op tensorrt::execute_engine and their
// helpers. The engine library learns the tactics made of PyTorch's operators, and PyTorch's access to GPUs.
namespace torch_tensorrt::core::runtime {
namespace {

using EnginePtr = c10::intrusive_ptr<TRTEngine>;

// ---- saving and loading --------------------------------------------------------------------------------------------

// The strings with an empty place for the engine, and the engine's bytes: base64 in the pickle would cost a third more
// space and two more copies.
using SavedState = std::tuple<std::vector<std::string>, at::Tensor>;

std::vector<std::string> to_strings(const c10::IValue& value) {
  std::vector<std::string> strings;
  for (const c10::IValue& element : value.toListRef()) {
    TORCHTRT_CHECK(element.isString(), "the saved engine has a " << element.tagKind()
                                                                 << " where a string is expected. The file is damaged");
    strings.push_back(element.toStringRef());
  }
  return strings;
}

bool has_bytes(const at::Storage& storage, size_t needed) {
  const at::DataPtr& memory = storage.data_ptr();
  if (memory.get() == nullptr || storage.nbytes() < needed) return false;
  // Tensors that PyTorch read from a file lie in a malloc block, whose size can be checked.
  const bool is_malloc = memory.get_deleter() == c10::GetCPUAllocator()->raw_deleter();
  return !is_malloc || malloc_usable_size(memory.get_context()) >= needed;
}

std::shared_ptr<const std::string> to_bytes(const c10::IValue& value) {
  TORCHTRT_CHECK(value.isTensor() && value.toTensor().defined() && value.toTensor().scalar_type() == at::kByte,
                 "the saved engine's bytes are not a uint8 tensor. The file is damaged");
  const at::Tensor& saved = value.toTensor();
  TORCHTRT_CHECK(saved.layout() == at::kStrided && !saved.is_meta(),
                 "the saved engine has no bytes: it was moved to " << saved.device() << ". Load the file again");
  // A file stores sizes and bytes in different places, and PyTorch does not compare them.
  const size_t needed = at::detail::computeStorageNbytes(saved.sizes(), saved.strides(), saved.itemsize(),
                                                         static_cast<size_t>(saved.storage_offset()));
  TORCHTRT_CHECK(saved.numel() > 0 && has_bytes(saved.storage(), needed),
                 "the saved engine has fewer bytes in the file than the "
                     << needed
                     << " that the module names. The file is damaged: copy it again, or compile the model again");
  // Loading may have moved the tensor to another device.
  const at::Tensor bytes = saved.to(at::kCPU).contiguous();
  return std::make_shared<const std::string>(static_cast<const char*>(bytes.const_data_ptr()),
                                             static_cast<size_t>(bytes.numel()));
}

// Checks every type, because a damaged file may hold anything. A plain list of strings is the older form.
EnginePtr load_state(const c10::IValue& state) {
  if (state.isList()) return c10::make_intrusive<TRTEngine>(parse_info(to_strings(state)));
  TORCHTRT_CHECK(
      state.isTuple() && state.toTupleRef().elements().size() == 2 && state.toTupleRef().elements()[0].isList(),
      "Program to be deserialized targets an incompatible Torch-TensorRT ABI: the saved engine is a "
          << state.tagKind() << ". Compile the model again with this version");
  const auto& elements = state.toTupleRef().elements();
  // Check the version before the bytes.
  const std::vector<std::string> strings = to_strings(elements[0]);
  return c10::make_intrusive<TRTEngine>(parse_info(strings, [&] { return to_bytes(elements[1]); }));
}

// (("ABI_TARGET", "10"), ...): the form in which torch.export reads an object's state.
c10::IValue flatten(const EnginePtr& self) {
  const std::vector<std::string> strings = self->serialize();
  std::vector<c10::IValue> pairs;
  for (size_t i = 0; i < strings.size(); ++i) {
    pairs.emplace_back(c10::ivalue::Tuple::create({c10::IValue(kSerializedInfoNames[i]), c10::IValue(strings[i])}));
  }
  return c10::ivalue::Tuple::create(std::move(pairs));
}

// ---- the class -----------------------------------------------------------------------------------------------------

void register_engine_class(torch::Library& library) {
  auto engine = library.class_<TRTEngine>("Engine");
  engine.def(torch::init<std::vector<std::string>>())
      .def("__str__", &TRTEngine::to_str)
      .def("__repr__", &TRTEngine::to_str)
      .def("__obj_flatten__", [](const EnginePtr& self) { return flatten(self); })
      .def("tracing_mode", [](const EnginePtr&) { return std::string("real"); })
      .def("enable_profiling", &TRTEngine::enable_profiling)
      .def("disable_profiling", &TRTEngine::disable_profiling)
      .def("set_profile_format", &TRTEngine::set_profile_format)
      .def_property("profile_path_prefix", &TRTEngine::get_profile_path_prefix, &TRTEngine::set_profile_path_prefix)
      .def("get_engine_layer_info", &TRTEngine::get_engine_layer_info)
      .def("dump_engine_layer_info", &TRTEngine::dump_engine_layer_info)
      .def("dump_engine_layer_info_to_file", &TRTEngine::dump_engine_layer_info_to_file)
      .def("infer_outputs", &TRTEngine::infer_outputs)
      .def("get_serialized_metadata", &TRTEngine::get_serialized_metadata)
      .def("serialized_engine_tensor", &TRTEngine::serialized_engine_tensor)
      .def_property("num_execution_contexts_created", &TRTEngine::num_execution_contexts_created)
      .def_pickle(
          [](const EnginePtr& self) -> SavedState {
            return {self->serialize(/*with_engine=*/false), self->serialized_engine_tensor()};
          },
          [](const c10::IValue& state) -> EnginePtr { return load_state(state); });
  register_engine_names(engine);
}

// ---- the ops -------------------------------------------------------------------------------------------------------

void register_constants(torch::Library& library) {
  library.def("SERIALIZED_ENGINE_BINDING_DELIM", [] { return std::string(1, kBindingNameDelimiter); });
  library.def("SERIALIZED_RT_DEVICE_DELIM", [] { return DEVICE_INFO_DELIM; });
  library.def("ABI_VERSION", [] { return ABI_VERSION; });
  library.def("SERIALIZATION_LEN", [] { return static_cast<int64_t>(SERIALIZATION_LEN); });
  library.def("NATIVE_TRT_COLLECTIVES_AVAIL", [] { return false; });
  library.def("_platform_linux_x86_64", [] { return Platform(Platform::kLINUX_X86_64).serialize(); });
  library.def("_platform_linux_aarch64", [] { return Platform(Platform::kLINUX_AARCH64).serialize(); });
  library.def("_platform_win_x86_64", [] { return Platform(Platform::kWIN_X86_64).serialize(); });
  library.def("_platform_win_arm64", [] { return Platform(Platform::kWIN_ARM64).serialize(); });
  library.def("_platform_unknown", [] { return Platform(Platform::kUNKNOWN).serialize(); });
  library.def("get_current_platform", [] { return get_current_platform().serialize(); });
}

// PyTorch makes an op of a function, so each place needs a function of its own.
template <int64_t place>
int64_t serialized_place() {
  return place;
}

template <int64_t... places>
void register_places(torch::Library& library, std::integer_sequence<int64_t, places...>) {
  (library.def((std::string(kSerializedInfoNames[places]) + "_IDX").c_str(), &serialized_place<places>), ...);
}

void register_settings(torch::Library& library) {
  library.def("get_multi_device_safe_mode", &get_multi_device_safe_mode);
  library.def("set_multi_device_safe_mode", &set_multi_device_safe_mode);
  library.def("get_rebuild_engines", &get_rebuild_engines);
  library.def("set_rebuild_engines", &set_rebuild_engines);
  library.def("get_cudagraphs_mode", [] { return static_cast<int64_t>(get_cudagraphs_mode()); });
  library.def("set_cudagraphs_mode", [](int64_t mode) { set_cudagraphs_mode(static_cast<CudaGraphsMode>(mode)); });
  library.def("get_logging_level",
              [] { return static_cast<int64_t>(util::logging::get_logger().get_reportable_log_level()); });
  library.def("set_logging_level", [](int64_t level) {
    const auto last = static_cast<int64_t>(util::logging::LogLevel::kGRAPH);
    TORCHTRT_CHECK(level >= 0 && level <= last, "logging level " << level << " is not one of 0 to " << last);
    util::logging::get_logger().set_reportable_log_level(static_cast<util::logging::LogLevel>(level));
  });
}

TORCH_LIBRARY(tensorrt, library) {
  register_engine_class(library);
  register_absent_classes(library);
  library.def("execute_engine(Tensor[] input_tensors, __torch__.torch.classes.tensorrt.Engine engine) -> Tensor[]");
  library.def("takes_inputs(Tensor[] inputs, __torch__.torch.classes.tensorrt.Engine engine) -> bool", &takes_inputs);
  // Returns nothing; called only to throw.
  library.def(torch::schema("check_written_inputs(Tensor[] inputs, int[] written, "
                            "__torch__.torch.classes.tensorrt.Engine engine) -> ()",
                            c10::AliasAnalysisKind::CONSERVATIVE),
              &check_written_inputs);
  library.def(torch::schema("check_argument(Tensor tensor, str name, int dtype, int[] min, int[] max) -> ()",
                            c10::AliasAnalysisKind::CONSERVATIVE),
              &check_argument);
  library.def(
      "roi_align(Tensor input, Tensor rois, float spatial_scale, int pooled_height, int pooled_width, "
      "int sampling_ratio, bool aligned) -> Tensor",
      &roi_align);
  register_constants(library);
  register_places(library, std::make_integer_sequence<int64_t, SERIALIZATION_LEN>());
  register_settings(library);
}

TORCH_LIBRARY_IMPL(tensorrt, CompositeExplicitAutograd, library) { library.impl("execute_engine", &execute_engine); }

TORCH_LIBRARY_IMPL(tensorrt, Autograd, library) { library.impl("execute_engine", &execute_engine_without_gradients); }

// noexcept: an exception out of a static initializer would end the process.
bool register_tactics() noexcept {
  try {
    engine::aten::register_aten_tactics(engine::TacticRegistry::global());
    register_torch_cuda_access();
    register_torch_threads();
    return true;
  } catch (const std::exception& e) {
    LOG_ERROR("the tactics made of PyTorch's operators are not available: " << e.what());
    return false;
  }
}
const bool kTacticsRegistered TORCHTRT_UNUSED = register_tactics();

}  // namespace
}  // namespace torch_tensorrt::core::runtime
