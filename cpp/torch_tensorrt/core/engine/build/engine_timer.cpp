#include "torch_tensorrt/core/engine/build/engine_timer.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "torch_tensorrt/core/engine/build/candidate_timer.h"
#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"

namespace torch_tensorrt::engine {
namespace {

constexpr int kWarmUps = 5;
constexpr int kRuns = 30;

using Values = std::optional<network::ShapeValue>;

void write_values(void* memory, network::DataType type, const network::ShapeValue& values) {
  for (size_t i = 0; i < values.elements.size(); ++i) {
    network::store_integer(type, memory, static_cast<int64_t>(i), values.elements[i]);
  }
}

std::shared_ptr<void> made_up_input(const DeviceTarget& target, const TensorDesc& desc, const Values& values) {
  auto host = allocate_aligned(desc.bytes());
  fill_for_timing(host.get(), desc);
  if (values) write_values(host.get(), desc.dtype, *values);
  if (target.kind == DeviceTarget::Kind::kCPU) return host;
  auto memory = allocate_on(target, desc.bytes());
  copy_to(target, memory.get(), host.get(), desc.bytes());
  return memory;
}

// Elements of inputs that are used as shapes, at the opt values; one entry for each input.
std::vector<Values> opt_values(const Engine& engine) {
  std::vector<Values> values;
  if (engine.plan().network != nullptr) {
    values = network::profile_values(*engine.plan().network, &network::ProfileRange::opt_values);
  }
  values.resize(engine.inputs().size());
  return values;
}

// Gives memory of their own to outputs whose dims only the run can tell.
class KeepingAllocator final : public OutputAllocator {
 public:
  KeepingAllocator(const DeviceTarget& target, size_t count) : target_(target), blocks_(count), sizes_(count, 0) {}
  void* allocate(int32_t output, int64_t bytes) override {
    const auto i = static_cast<size_t>(output);
    if (blocks_[i] == nullptr || bytes > sizes_[i]) {
      blocks_[i] = allocate_on(target_, bytes);
      sizes_[i] = bytes;
    }
    return blocks_[i].get();
  }
  void set_dims(int32_t, const network::Dims&) override {}

 private:
  const DeviceTarget& target_;
  std::vector<std::shared_ptr<void>> blocks_;
  std::vector<int64_t> sizes_;
};

}  // namespace

double time_engine(const Engine& engine) {
  using Clock = std::chrono::steady_clock;
  const DeviceTarget& target = engine.target();
  const bool on_gpu = target.kind == DeviceTarget::Kind::kCUDA;
  std::optional<cuda::DeviceGuard> guard;
  if (on_gpu) guard.emplace(target.index);
  std::vector<network::Dims> dims;
  for (const IoTensor& input : engine.inputs()) dims.push_back(input.opt);
  const auto context = engine.create_context();
  const std::vector<Values> values = opt_values(engine);
  std::vector<const int64_t*> shape_values;
  for (const Values& one : values) shape_values.push_back(one ? one->elements.data() : nullptr);
  const auto output_dims = context->set_input_dims(dims, shape_values.data());
  std::vector<std::shared_ptr<void>> memory;
  std::vector<const void*> inputs;
  for (size_t i = 0; i < dims.size(); ++i) {
    const IoTensor& input = engine.inputs()[i];
    memory.push_back(made_up_input(target, {input.dtype, dims[i], input.format}, values[i]));
    inputs.push_back(memory.back().get());
  }
  std::vector<void*> outputs;
  for (size_t i = 0; i < output_dims.size(); ++i) {
    const IoTensor& output = engine.outputs()[i];
    memory.push_back(nullptr);
    if (output_dims[i].is_static()) {
      memory.back() = allocate_on(target, TensorDesc{output.dtype, output_dims[i], output.format}.bytes());
    }
    outputs.push_back(memory.back().get());
  }
  KeepingAllocator allocator(target, outputs.size());
  RunOptions options;
  options.allocator = &allocator;
  if (on_gpu) options.stream = require_cuda_access().current_stream(target.index);
  std::vector<double> times;
  for (int i = 0; i < kWarmUps + kRuns; ++i) {
    const auto start = Clock::now();
    context->run(inputs.data(), outputs.data(), options);
    synchronize(target);
    const std::chrono::duration<double, std::micro> passed = Clock::now() - start;
    if (i >= kWarmUps) times.push_back(passed.count());
  }
  std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
  return times[kRuns / 2];
}

}  // namespace torch_tensorrt::engine
