#include "torch_tensorrt/core/engine/run/specialization.h"

#include <chrono>
#include <cstring>

#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/plan/input_range.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {

Specialization::Specialization(const Plan& plan, const std::vector<ChosenTactic>& chosen,
                               const std::vector<network::Dims>& dims, const ShapeValues& values)
    : network_(*plan.network),
      target_(plan.target),
      weights_(*plan.weights),
      dims_(dims),
      values_(values),
      schedule_(make_schedule(plan, chosen, dims, values)) {
  prepare_kernels(plan, chosen);
  lay_out_calls();
}

Schedule Specialization::make_schedule(const Plan& plan, const std::vector<ChosenTactic>& chosen,
                                       const std::vector<network::Dims>& dims, const ShapeValues& values) {
  const Runners runners{chosen, plan.target};
  return Schedule(*plan.network, infer_for_call(*plan.network, dims, values), &runners);
}

bool Specialization::is_for(const std::vector<network::Dims>& dims, const ShapeValues& values) const {
  if (dims != dims_ || values.size() != values_.size()) return false;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].has_value() != values_[i].has_value()) return false;
    if (values[i] && values[i]->elements != values_[i]->elements) return false;
  }
  return true;
}

void Specialization::prepare_kernels(const Plan& plan, const std::vector<ChosenTactic>& chosen) {
  std::vector<StepNeeds> needs;
  for (Step& step : schedule_.steps()) {
    const ChosenTactic& wanted = chosen[static_cast<size_t>(step.layer)];
    const Candidate runner = candidate_for(step.instance, wanted, plan.target);
    const bool is_other = wanted.tactic != nullptr && wanted.tactic != runner.tactic;
    const PackingTactic* packed_by = is_other ? as_packing(*wanted.tactic) : nullptr;
    if (packed_by != nullptr) unpack_weights(step, *packed_by);
    kernels_.push_back(prepare_kernel(runner, step.instance, *plan.weights, plan.target));
    const Kernel& kernel = *kernels_.back();
    needs.push_back({kernel.workspace_bytes(), runner.implementation.in_place_input, kernel.can_own_output()});
  }
  schedule_.plan_memory(needs);
  for (size_t i = 0; i < kernels_.size(); ++i) {
    if (schedule_.steps()[i].owns_output) kernels_[i]->own_output();
  }
}

// Another tactic replaces the plan's, which does not take these dims. It needs the plain elements of weights that the
// plan has packed.
void Specialization::unpack_weights(Step& step, const PackingTactic& packed_by) {
  const network::ILayer& layer = *step.instance.layer;
  const auto plain = [&](const std::string& role, int64_t bytes) -> const void* {
    const std::string key = weight_key(step.layer, role.c_str());
    if (!weights_.contains(key)) return nullptr;
    return weights_.get(key, "plain", bytes,
                        [&](const WeightBlock& from, void* to) { packed_by.unpack_weights(layer, role, from, to); });
  };
  for_each_weights(layer, [&](const char* name, const network::Weights& weights) { plain(name, weights.bytes()); });
  for (size_t i = 0; i < step.instance.constants.size(); ++i) {
    if (step.instance.constants[i] == nullptr) continue;
    const void* elements = plain(str("input", i), step.instance.inputs[i].bytes());
    if (elements != nullptr && elements != step.instance.constants[i])
      schedule_.replace_constant(step, static_cast<int32_t>(i), elements);
  }
}

void Specialization::add_pointer(int32_t number, int64_t offset) {
  const size_t place = pointers_.size();
  pointers_.push_back(nullptr);
  if (number < 0) return;
  const Storage& storage = schedule_.storage(number);
  switch (storage.kind) {
    case Storage::Kind::kNone:
      return;
    case Storage::Kind::kInput:
      input_patches_.push_back({place, storage.number, offset});
      return;
    case Storage::Kind::kOutput:
      output_patches_.push_back({place, storage.number, offset});
      return;
    case Storage::Kind::kConstant:
      pointers_[place] = static_cast<char*>(const_cast<void*>(on_target(storage))) + offset;  // inputs are only read
      return;
    case Storage::Kind::kArena:
      arena_patches_.push_back({place, storage.offset + offset});
      return;
    case Storage::Kind::kOwned:
      calls_[static_cast<size_t>(storage.number)].owned.push_back({place, 0, offset});
      return;
  }
}

// The elements of a constant where the kernels can read them. All specializations share the network's own elements;
// those of known shapes live as long as this specialization.
const void* Specialization::on_target(const Storage& constant) {
  if (target_.is_cpu()) return constant.data;
  const auto upload = [&] {
    auto memory = allocate_on(target_, constant.bytes);
    copy_to(target_, memory.get(), constant.data, constant.bytes);
    return memory;
  };
  if (!constant.is_known_value) return weights_.derived(constant.data, "plain", upload);
  uploaded_.push_back(upload());
  return uploaded_.back().get();
}

void Specialization::run_copy(const Call& call) const {
  void* to = pointers_[call.outputs];
  const void* from = pointers_[call.inputs];
  if (target_.is_cpu()) {
    std::memcpy(to, from, static_cast<size_t>(call.copy_bytes));
    return;
  }
  cuda::Driver::get().copy_on_device(to, from, call.copy_bytes, stream_);
}

void Specialization::lay_out_calls() {
  calls_.resize(schedule_.steps().size());
  for (size_t i = 0; i < calls_.size(); ++i) {
    const Step& step = schedule_.steps()[i];
    Call& call = calls_[i];
    call.layer = step.layer;
    call.inputs = pointers_.size();
    for (size_t k = 0; k < step.inputs.size(); ++k) add_pointer(step.inputs[k], step.input_offsets[k]);
    call.outputs = pointers_.size();
    for (const int32_t output : step.outputs) add_pointer(output, 0);
    call.workspace = pointers_.size();
    pointers_.push_back(nullptr);
    if (step.layer < 0) {
      call.copy_bytes = schedule_.storage(step.outputs[0]).bytes;
    } else {
      call.kernel = kernels_[i].get();
      if (call.kernel->workspace_bytes() > 0) arena_patches_.push_back({call.workspace, step.workspace_offset});
    }
    for (const int32_t other : step.releases) call.releases.push_back(kernels_[static_cast<size_t>(other)].get());
  }
}

void Specialization::bind(char* arena, const void* const* inputs, void* const* outputs) {
  if (arena != bound_arena_) {
    for (const Patch& patch : arena_patches_) pointers_[patch.place] = arena + patch.value;
    bound_arena_ = arena;
  }
  const auto at = [](const void* start, int64_t offset) {
    return static_cast<char*>(const_cast<void*>(start)) + offset;  // inputs are only read
  };
  for (const Patch& patch : input_patches_) pointers_[patch.place] = at(inputs[patch.value], patch.offset);
  for (const Patch& patch : output_patches_) pointers_[patch.place] = at(outputs[patch.value], patch.offset);
  if (!target_.is_cpu()) stream_ = require_cuda_access().current_stream(target_.gpu_id);
}

void Specialization::run_call(const Call& call) {
  void* const* table = pointers_.data();
  if (call.kernel == nullptr) return run_copy(call);
  call.kernel->run({table + call.inputs, table + call.outputs, table[call.workspace], stream_});
  for (const Patch& patch : call.owned) {
    pointers_[patch.place] = static_cast<char*>(call.kernel->owned_output()) + patch.offset;
  }
  for (Kernel* kernel : call.releases) kernel->release_output();
}

void Specialization::rethrow_named(const Call& call) const {
  const std::string layer = call.layer < 0 ? "copy of an output" : network::describe(*network_.getLayer(call.layer));
  try {
    throw;
  } catch (const std::exception& e) {
    TORCHTRT_THROW_ERROR(layer << " failed: " << GetExceptionString(e));
  }
}

template <typename Around>
void Specialization::run_all(Around around) {
  const Call* current = calls_.data();
  const Call* const end = current + calls_.size();
  try {
    for (; current != end; ++current) around(*current);
  } catch (const std::exception&) {
    rethrow_named(*current);
  }
}

void Specialization::run(char* arena, const void* const* inputs, void* const* outputs) {
  bind(arena, inputs, outputs);
  run_all([this](const Call& call) { run_call(call); });
}

void Specialization::run_observed(const Plan& plan, TensorObserver& observer, char* arena, const void* const* inputs,
                                  void* const* outputs) {
  bind(arena, inputs, outputs);
  for (size_t i = 0; i < dims_.size(); ++i) {
    const network::ITensor& tensor = *network_.getInput(static_cast<int32_t>(i));
    observer.observe(plan, tensor, {tensor.getType(), dims_[i], tensor.format()}, inputs[i]);
  }
  run_all([&](const Call& call) {
    run_call(call);
    if (call.layer < 0) return;
    const LayerInstance& instance = schedule_.steps()[static_cast<size_t>(&call - calls_.data())].instance;
    for (size_t i = 0; i < instance.outputs.size(); ++i) {
      const network::ITensor& tensor = *instance.layer->getOutput(static_cast<int32_t>(i));
      observer.observe(plan, tensor, instance.outputs[i], pointers_[call.outputs + i]);
    }
  });
}

std::vector<double> Specialization::profile(char* arena, const void* const* inputs, void* const* outputs) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> microseconds(static_cast<size_t>(network_.getNbLayers()), 0.0);
  bind(arena, inputs, outputs);
  run_all([&](const Call& call) {
    const auto start = Clock::now();
    run_call(call);
    synchronize(target_);
    const std::chrono::duration<double, std::micro> passed = Clock::now() - start;
    if (call.layer >= 0) microseconds[static_cast<size_t>(call.layer)] += passed.count();
  });
  return microseconds;
}

}  // namespace torch_tensorrt::engine
