#include "torch_tensorrt/core/engine/build/kernel_timer.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>

#include "torch_tensorrt/core/engine/build/cold_cache.h"
#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/engine.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;

// Longer runs start with the caches as they are.
constexpr double kLongMicroseconds = 5000.0;

// Always the same numbers. Zeros and denormals can take the machine a different time, and hide errors.
class MadeUp {
 public:
  // In [-1, 1).
  double next() {
    state_ = state_ * 1664525 + 1013904223;
    return static_cast<double>(static_cast<int32_t>(state_)) / 2147483648.0;
  }

 private:
  uint32_t state_ = 12345;
};

bool is_float(DataType type) { return network::is_floating_point(type) && network::has_elements(type); }

bool is_byte(DataType type) { return type == DataType::kINT8 || type == DataType::kUINT8; }

// So many elements are made up; they are repeated. Not a multiple of any usual dimension.
constexpr int64_t kMadeUpElements = 65521;

// Fills the memory with copies of its first `made` bytes.
void repeat(void* memory, int64_t made, int64_t all) {
  auto* bytes = static_cast<char*>(memory);
  for (int64_t done = made; made > 0 && done < all; done += made) {
    std::memcpy(bytes + done, bytes, static_cast<size_t>(std::min(made, all - done)));
  }
}

}  // namespace

void fill_for_timing(void* memory, const TensorDesc& desc, bool is_divisor) {
  const int64_t count = std::min(desc.dims.volume(), kMadeUpElements);
  MadeUp numbers;
  if (is_divisor && network::has_elements(desc.dtype) && !is_float(desc.dtype)) {
    for (int64_t i = 0; i < count; ++i) network::store_integer(desc.dtype, memory, i, 1);
  } else if (is_float(desc.dtype)) {
    for (int64_t i = 0; i < count; ++i) network::store_double(desc.dtype, memory, i, numbers.next());
  } else if (is_byte(desc.dtype)) {
    const double middle = desc.dtype == DataType::kINT8 ? 0 : 128;
    for (int64_t i = 0; i < count; ++i)
      network::store_integer(desc.dtype, memory, i, static_cast<int64_t>(middle + 127.0 * numbers.next()));
  } else {
    std::memset(memory, 0, static_cast<size_t>(desc.bytes()));
    return;
  }
  repeat(memory, count * network::element_size(desc.dtype), desc.bytes());
}

double time_run(const DeviceTarget& target, const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  synchronize(target);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

namespace {

void put_weights_of(const LayerInstance& instance, WeightStore& store) {
  const auto borrow = [](const void* memory) { return std::shared_ptr<const void>(std::shared_ptr<void>(), memory); };
  const int32_t index = layer_index(*instance.layer);
  for_each_weights(*instance.layer, [&](const char* name, const network::Weights& weights) {
    store.put(weight_key(index, name), {"plain", weights.bytes(), borrow(weights.values)});
  });
  for (size_t i = 0; i < instance.constants.size(); ++i) {
    if (instance.constants[i] == nullptr) continue;
    const std::string key = input_key(index, static_cast<int32_t>(i));
    store.put(key, {"plain", instance.inputs[i].bytes(), borrow(instance.constants[i])});
  }
}

}  // namespace

KernelTrial::KernelTrial(const Candidate& candidate, const LayerInstance& instance, const DeviceTarget& target,
                         const ColdCache* cold)
    : target_(target), cold_(cold) {
  put_weights_of(instance, weights_);
  kernel_ = prepare_kernel(candidate, instance, weights_, target);
  workspace_ = allocate_on(target, kernel_->workspace_bytes());
  owns_output_ = !target.is_cpu() && kernel_->can_own_output();
  for (size_t i = 0; i < instance.inputs.size(); ++i) inputs_.push_back(input(instance, i));
  for (const TensorDesc& desc : instance.outputs) {
    blocks_.push_back(allocate_on(target, desc.bytes()));
    outputs_.push_back(blocks_.back().get());
  }
  if (owns_output_) kernel_->own_output();  // as in most runs of an engine
  if (!target.is_cpu()) stream_ = require_cuda_access().current_stream(target.gpu_id);
}

const void* KernelTrial::input(const LayerInstance& instance, size_t i) {
  if (!instance.present[i]) return nullptr;
  const TensorDesc& desc = instance.inputs[i];
  const bool on_host = target_.is_cpu();
  if (on_host && instance.constants[i] != nullptr) return instance.constants[i];
  std::shared_ptr<void> host;
  if (instance.constants[i] == nullptr) {
    host = allocate_aligned(desc.bytes());
    const bool is_divisor = i == 1 && instance.layer->getType() == network::LayerType::kELEMENTWISE;
    fill_for_timing(host.get(), desc, is_divisor);
  }
  if (on_host) {
    blocks_.push_back(host);
    activations_.push_back({host.get(), desc.bytes()});
    return host.get();
  }
  const void* from = host != nullptr ? host.get() : instance.constants[i];
  blocks_.push_back(allocate_on(target_, desc.bytes()));
  copy_to(target_, blocks_.back().get(), from, desc.bytes());
  return blocks_.back().get();
}

// Long runs displace what they read themselves.
void KernelTrial::displace_weights() const {
  if (cold_ == nullptr || last_run_ > kLongMicroseconds) return;
  cold_->displace();
  for (const Activation& activation : activations_) ColdCache::load(activation.memory, activation.bytes);
}

double KernelTrial::run() {
  core::util::tick();
  displace_weights();
  last_run_ = time_run(target_, [this] {
    kernel_->run({inputs_.data(), outputs_.data(), workspace_.get(), stream_});
    if (owns_output_) kernel_->release_output();
  });
  return last_run_;
}

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
  if (target.is_cpu()) return host;
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
  const DeviceTarget& target = engine.target();
  const bool on_gpu = !target.is_cpu();
  std::optional<cuda::DeviceGuard> guard;
  if (on_gpu) guard.emplace(target.gpu_id);
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
  if (on_gpu) options.stream = require_cuda_access().current_stream(target.gpu_id);
  std::vector<double> times;
  for (int i = 0; i < kWarmUps + kRuns; ++i) {
    core::util::report("timing the engine " + engine.plan().name, i, kWarmUps + kRuns);
    const double passed = time_run(target, [&] { context->run(inputs.data(), outputs.data(), options); });
    if (i >= kWarmUps) times.push_back(passed);
  }
  std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
  return times[kRuns / 2];
}

}  // namespace torch_tensorrt::engine
