#include "torch_tensorrt/core/backends/tensorrt/run/execution.h"

#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/run/cuda_driver.h"
#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using nvinfer1::ExecutionContextAllocationStrategy;

constexpr int64_t kScratchBytes = 256;
// From this version on a context tells how much memory its shapes need, and takes it with its size.
constexpr Version kSizedMemory{10, 1, 0};

network::Dims from_trt(const nvinfer1::Dims& dims) { return {std::max(dims.nbDims, 0), dims.d}; }

nvinfer1::Dims to_trt_dims(const network::Dims& dims) {
  nvinfer1::Dims result;
  result.nbDims = dims.nbDims;
  std::copy(dims.d, dims.d + dims.nbDims, result.d);
  return result;
}

bool fits(const network::Dims& dims, const network::ProfileRange& range) {
  bool fits = dims.nbDims == range.min.nbDims;
  for (int32_t i = 0; fits && i < dims.nbDims; ++i) fits = range.min.d[i] <= dims.d[i] && dims.d[i] <= range.max.d[i];
  return fits;
}

std::string text_of(const VendorTensor& input) {
  std::string text;
  for (const network::ProfileRange& range : input.ranges) {
    text += (text.empty() ? "" : " or ") + network::to_string(range.min) + " to " + network::to_string(range.max);
  }
  return text;
}

class LayerTimes final : public nvinfer1::IProfiler {
 public:
  void reportLayerTime(const char* name, float milliseconds) noexcept override {
    times_.emplace_back(name, static_cast<double>(milliseconds));
  }
  std::vector<std::pair<std::string, double>> take() { return std::move(times_); }

 private:
  std::vector<std::pair<std::string, double>> times_;
};

}  // namespace

// Asks for the memory of one output while TensorRT runs.
class Execution::Allocator final : public nvinfer1::IOutputAllocator {
 public:
  explicit Allocator(int32_t index) : index_(index) {}

  void* reallocateOutputAsync(const char* /*name*/, void* /*current*/, uint64_t bytes, uint64_t /*alignment*/,
                              cudaStream_t stream) override {
    try {
      return memory->allocate(index_, static_cast<int64_t>(bytes), stream);
    } catch (const std::exception& error) {
      LOG_ERROR("no memory for output " << index_ << " of a TensorRT engine: " << error.what());
      return nullptr;
    }
  }
  void notifyShape(const char* /*name*/, const nvinfer1::Dims& dims) noexcept override {
    memory->set_dims(index_, from_trt(dims));
  }

  OutputMemory* memory = nullptr;

 private:
  int32_t index_;
};

// The context of one profile.
struct Execution::Slot {
  std::unique_ptr<nvinfer1::IExecutionContext> context;
  bool user_managed = false;
};

Execution::Execution(std::shared_ptr<const VendorEngine> engine)
    : engine_(std::move(engine)), slots_(static_cast<size_t>(engine_->profile_count())) {
  for (size_t i = 0; i < engine_->outputs().size(); ++i) {
    allocators_.push_back(std::make_unique<Allocator>(static_cast<int32_t>(i)));
  }
}

Execution::~Execution() {
  try {
    const DeviceGuard guard(engine_->device());
    slots_.clear();
    for (void* block : blocks_) CudaDriver::get().release(block);
  } catch (const Error& error) {  // the process ends, and the driver has gone before
    LOG_DEBUG(error.msg());
  }
}

void* Execution::allocate(int64_t bytes) {
  blocks_.push_back(CudaDriver::get().allocate(bytes));
  return blocks_.back();
}

void* Execution::scratch() {
  if (scratch_ == nullptr) scratch_ = allocate(kScratchBytes);
  return scratch_;
}

Execution::Slot& Execution::slot(int32_t profile) {
  auto& slot = slots_[static_cast<size_t>(profile)];
  if (slot != nullptr) return *slot;
  MessageGatherer messages;
  auto made = std::make_unique<Slot>();
  made->user_managed = !(engine_->library().version() < kSizedMemory);
  made->context.reset(engine_->engine().createExecutionContext(
      made->user_managed ? ExecutionContextAllocationStrategy::kUSER_MANAGED
                         : ExecutionContextAllocationStrategy::kON_PROFILE_CHANGE));
  if (made->context == nullptr) TORCHTRT_THROW_ERROR("TensorRT makes no context. " << messages.take_errors());
  if (engine_->profile_count() > 1) {
    const CudaDriver& driver = CudaDriver::get();
    void* stream = driver.create_stream();
    const bool chosen = made->context->setOptimizationProfileAsync(profile, static_cast<cudaStream_t>(stream));
    driver.synchronize(stream);
    driver.destroy_stream(stream);
    if (!chosen) TORCHTRT_THROW_ERROR("TensorRT does not take profile " << profile << ". " << messages.take_errors());
  }
  slot = std::move(made);
  return *slot;
}

int32_t Execution::choose_profile(const std::vector<network::Dims>& dims) const {
  const auto& inputs = engine_->inputs();
  if (dims.size() != inputs.size()) {
    TORCHTRT_THROW_ERROR("the engine has " << inputs.size() << " inputs, " << dims.size() << " were given");
  }
  const auto takes = [&](int32_t profile) {
    for (size_t i = 0; i < dims.size(); ++i) {
      if (!fits(dims[i], inputs[i].ranges[static_cast<size_t>(profile)])) return false;
    }
    return true;
  };
  if (current_ >= 0 && takes(current_)) return current_;
  for (int32_t profile = 0; profile < engine_->profile_count(); ++profile) {
    if (takes(profile)) return profile;
  }
  std::string reason;
  for (size_t i = 0; i < dims.size(); ++i) {
    reason += "\n  " + inputs[i].name + " is " + network::to_string(dims[i]) + ", may be " + text_of(inputs[i]);
  }
  TORCHTRT_THROW_ERROR("no profile of the engine takes these dims of its inputs:" << reason);
}

void Execution::set_shapes(Slot& slot, const std::vector<network::Dims>& dims, const int64_t* const* shape_values) {
  host_values_.assign(dims.size(), {});
  for (size_t i = 0; i < dims.size(); ++i) {
    const VendorTensor& input = engine_->inputs()[i];
    if (!slot.context->setInputShape(input.name.c_str(), to_trt_dims(dims[i]))) {
      TORCHTRT_THROW_ERROR("input " << input.name << ": TensorRT does not take the dims " << network::to_string(dims[i])
                                    << ". " << take_last_error());
    }
    if (!input.on_host) continue;
    const int64_t* values = shape_values == nullptr ? nullptr : shape_values[i];
    TORCHTRT_CHECK(values != nullptr,
                   "input " << input.name << " decides on shapes, its values are needed on the host");
    host_values_[i].assign(values, values + dims[i].volume());
    if (input.dtype == network::DataType::kINT32) {  // packed in place: 32 bits each
      auto* packed = reinterpret_cast<int32_t*>(host_values_[i].data());
      for (int64_t k = 0; k < dims[i].volume(); ++k) packed[k] = static_cast<int32_t>(values[k]);
    }
    slot.context->setInputTensorAddress(input.name.c_str(), host_values_[i].data());
  }
}

void Execution::give_memory(Slot& slot) {
  if (!slot.user_managed) return;
  activation_bytes_ = static_cast<int64_t>(slot.context->updateDeviceMemorySizeForShapes());
  if (activation_bytes_ > largest_bytes_) {
    largest_ = allocate(activation_bytes_);
    largest_bytes_ = activation_bytes_;
  }
  slot.context->setDeviceMemoryV2(largest_bytes_ > 0 ? largest_ : scratch(), std::max<int64_t>(largest_bytes_, 0));
}

const std::vector<network::Dims>& Execution::set_input_dims(const std::vector<network::Dims>& dims,
                                                            const int64_t* const* shape_values) {
  if (current_ >= 0 && shape_values == nullptr && dims == input_dims_) return output_dims_;
  const DeviceGuard guard(engine_->device());
  const int32_t profile = choose_profile(dims);
  Slot& chosen = slot(profile);
  input_dims_.clear();  // until all has succeeded
  set_shapes(chosen, dims, shape_values);
  if (const int32_t missing = chosen.context->inferShapes(0, nullptr); missing != 0) {
    TORCHTRT_THROW_ERROR("TensorRT finds no shapes for these dims. " << take_last_error());
  }
  output_dims_.clear();
  for (const VendorTensor& output : engine_->outputs()) {
    output_dims_.push_back(from_trt(chosen.context->getTensorShape(output.name.c_str())));
  }
  give_memory(chosen);
  current_ = profile;
  input_dims_ = dims;
  return output_dims_;
}

void Execution::run(const void* const* inputs, void* const* outputs, void* stream, OutputMemory* memory) {
  TORCHTRT_CHECK(current_ >= 0, "the dims of the inputs must be set before a run");
  nvinfer1::IExecutionContext& context = *slots_[static_cast<size_t>(current_)]->context;
  bool taken = true;
  for (size_t i = 0; i < engine_->inputs().size(); ++i) {
    const VendorTensor& input = engine_->inputs()[i];
    if (input.on_host) continue;
    taken = taken && context.setInputTensorAddress(input.name.c_str(), inputs[i] != nullptr ? inputs[i] : scratch());
  }
  for (size_t i = 0; i < engine_->outputs().size(); ++i) {
    const char* name = engine_->outputs()[i].name.c_str();
    const bool by_data = !output_dims_[i].is_static();
    if (!by_data) {
      taken = taken && context.setOutputTensorAddress(name, outputs[i] != nullptr ? outputs[i] : scratch());
      continue;
    }
    TORCHTRT_CHECK(memory != nullptr, "the dims of output " << name << " depend on data: memory must be given for it");
    allocators_[i]->memory = memory;
    taken = taken && context.setOutputAllocator(name, allocators_[i].get());
  }
  if (!taken || !context.enqueueV3(static_cast<cudaStream_t>(stream))) {
    TORCHTRT_THROW_ERROR("TensorRT does not run the engine \"" << engine_->name() << "\". " << take_last_error());
  }
}

std::vector<std::pair<std::string, double>> Execution::profile(const void* const* inputs, void* const* outputs,
                                                               void* stream) {
  TORCHTRT_CHECK(current_ >= 0, "the dims of the inputs must be set before a run");
  const DeviceGuard guard(engine_->device());
  nvinfer1::IExecutionContext& context = *slots_[static_cast<size_t>(current_)]->context;
  LayerTimes times;
  context.setProfiler(&times);
  context.setEnqueueEmitsProfile(true);
  run(inputs, outputs, stream, nullptr);
  CudaDriver::get().synchronize(stream);
  context.setProfiler(nullptr);
  return times.take();
}

}  // namespace torch_tensorrt::backends::tensorrt
