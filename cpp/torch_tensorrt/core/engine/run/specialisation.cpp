#include "torch_tensorrt/core/engine/run/specialisation.h"

#include <chrono>
#include <cstring>

#include "torch_tensorrt/core/engine/build/tactic_choice.h"
#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/plan/input_range.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
Specialisation::Specialisation(const Plan& plan, const std::vector<const Tactic*>& preferred,
                               const std::vector<network::Dims>& dims, const ShapeValues& values)
    : network_(*plan.network),
      target_(plan.target),
      weights_(*plan.weights),
      dims_(dims),
      values_(values),
      schedule_(network_, infer_for_call(network_, dims, values)) {
  prepare_kernels(plan, preferred);
  lay_out_calls();
}

bool Specialisation::is_for(const std::vector<network::Dims>& dims, const ShapeValues& values) const {
  if (dims != dims_ || values.size() != values_.size()) return false;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].has_value() != values_[i].has_value()) return false;
    if (values[i] && values[i]->elements != values_[i]->elements) return false;
  }
  return true;
}

void Specialisation::prepare_kernels(const Plan& plan, const std::vector<const Tactic*>& preferred) {
  std::vector<StepNeeds> needs;
  for (Step& step : schedule_.steps()) {
    const Tactic* chosen = preferred[static_cast<size_t>(step.layer)];
    const Tactic& tactic = tactic_for(step.instance, chosen, plan.target);
    const PackingTactic* packed_by = chosen == nullptr || chosen == &tactic ? nullptr : as_packing(*chosen);
    if (packed_by != nullptr) unpack_weights(step, *packed_by);
    kernels_.push_back(prepare_kernel(tactic, step.instance, *plan.weights, plan.target));
    needs.push_back({kernels_.back()->workspace_bytes(), tactic.in_place_input(step.instance)});
  }
  schedule_.plan_memory(needs);
}

// Another tactic replaces the plan's, which does not take these dims. It needs the plain elements of weights that the
// plan has packed.
void Specialisation::unpack_weights(Step& step, const PackingTactic& packed_by) {
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

void Specialisation::add_pointer(int32_t number) {
  const size_t place = pointers_.size();
  pointers_.push_back(nullptr);
  if (number < 0) return;
  const Storage& storage = schedule_.storage(number);
  switch (storage.kind) {
    case Storage::Kind::kNone:
      return;
    case Storage::Kind::kInput:
      input_patches_.push_back({place, storage.number});
      return;
    case Storage::Kind::kOutput:
      output_patches_.push_back({place, storage.number});
      return;
    case Storage::Kind::kConstant:
      pointers_[place] = const_cast<void*>(on_target(storage));  // inputs are only read
      return;
    case Storage::Kind::kArena:
      arena_patches_.push_back({place, storage.offset});
      return;
  }
}

// The elements of a constant where the kernels can read them. All specializations share the network's own elements;
// those of known shapes live as long as this specialization.
const void* Specialisation::on_target(const Storage& constant) {
  if (target_.kind == DeviceTarget::Kind::kCPU) return constant.data;
  const auto upload = [&] {
    auto memory = allocate_on(target_, constant.bytes);
    require_cuda_access().upload(target_.index, memory.get(), constant.data, constant.bytes);
    return memory;
  };
  if (!constant.is_known_value) return weights_.on_device(constant.data, upload);
  uploaded_.push_back(upload());
  return uploaded_.back().get();
}

void Specialisation::copy(void* to, const void* from, int64_t bytes) const {
  if (target_.kind == DeviceTarget::Kind::kCPU) {
    std::memcpy(to, from, static_cast<size_t>(bytes));
    return;
  }
  require_cuda_access().copy(target_.index, to, from, bytes);
}

void Specialisation::lay_out_calls() {
  for (size_t i = 0; i < schedule_.steps().size(); ++i) {
    const Step& step = schedule_.steps()[i];
    Call call;
    call.layer = step.layer;
    call.inputs = pointers_.size();
    for (const int32_t input : step.inputs) add_pointer(input);
    call.outputs = pointers_.size();
    for (const int32_t output : step.outputs) add_pointer(output);
    call.workspace = pointers_.size();
    pointers_.push_back(nullptr);
    if (step.layer < 0) {
      call.copy_bytes = schedule_.storage(step.outputs[0]).bytes;
    } else {
      call.kernel = kernels_[i].get();
      if (call.kernel->workspace_bytes() > 0) arena_patches_.push_back({call.workspace, step.workspace_offset});
    }
    calls_.push_back(call);
  }
}

void Specialisation::bind(char* arena, const void* const* inputs, void* const* outputs) {
  if (arena != bound_arena_) {
    for (const Patch& patch : arena_patches_) pointers_[patch.place] = arena + patch.value;
    bound_arena_ = arena;
  }
  for (const Patch& patch : input_patches_) pointers_[patch.place] = const_cast<void*>(inputs[patch.value]);
  for (const Patch& patch : output_patches_) pointers_[patch.place] = outputs[patch.value];
}

void Specialisation::run_call(const Call& call) {
  void* const* table = pointers_.data();
  if (call.kernel == nullptr) {
    copy(table[call.outputs], table[call.inputs], call.copy_bytes);
    return;
  }
  call.kernel->run(table + call.inputs, table + call.outputs, table[call.workspace]);
}

void Specialisation::rethrow_named(const Call& call) const {
  const std::string layer = call.layer < 0 ? "copy of an output" : network::describe(*network_.getLayer(call.layer));
  try {
    throw;
  } catch (const std::exception& e) {
    TORCHTRT_THROW_ERROR(layer << " failed: " << GetExceptionString(e));
  }
}

template <typename Around>
void Specialisation::run_all(Around around) {
  const Call* current = calls_.data();
  const Call* const end = current + calls_.size();
  try {
    for (; current != end; ++current) around(*current);
  } catch (const std::exception&) {
    rethrow_named(*current);
  }
}

void Specialisation::run(char* arena, const void* const* inputs, void* const* outputs) {
  bind(arena, inputs, outputs);
  run_all([this](const Call& call) { run_call(call); });
}

std::vector<double> Specialisation::profile(char* arena, const void* const* inputs, void* const* outputs) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> microseconds(static_cast<size_t>(network_.getNbLayers()), 0.0);
  bind(arena, inputs, outputs);
  run_all([&](const Call& call) {
    const auto start = Clock::now();
    run_call(call);
    if (target_.kind == DeviceTarget::Kind::kCUDA) require_cuda_access().synchronize(target_.index);
    const std::chrono::duration<double, std::micro> passed = Clock::now() - start;
    if (call.layer >= 0) microseconds[static_cast<size_t>(call.layer)] += passed.count();
  });
  return microseconds;
}

}  // namespace torch_tensorrt::engine
