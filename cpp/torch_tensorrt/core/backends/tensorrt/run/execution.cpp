#include "torch_tensorrt/core/backends/tensorrt/run/execution.h"

#include <algorithm>
#include <optional>

#include "torch_tensorrt/core/backends/tensorrt/prepare/host_values.h"
#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"
#include "torch_tensorrt/core/engine/cuda/graph_cache.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using engine::cuda::DeviceGuard;
using engine::cuda::Driver;
using engine::cuda::is_default_stream;
using nvinfer1::ExecutionContextAllocationStrategy;

constexpr int64_t kScratchBytes = 256;
constexpr double kMicroseconds = 1000;  // in a millisecond
// From this version on, a context tells the memory that its shapes need, and takes memory together with its size.
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

std::string ranges_of(const VendorTensor& input) {
  std::string text;
  for (const network::ProfileRange& range : input.ranges) {
    text += (text.empty() ? "" : " or ") + network::to_string(range.min) + " to " + network::to_string(range.max);
    if (!input.on_host) continue;
    text += " with the values " + text_of(range.min_values) + " to " + text_of(range.max_values);
  }
  return text;
}

class LayerTimes final : public nvinfer1::IProfiler {
 public:
  void reportLayerTime(const char* name, float milliseconds) noexcept override {
    times_.push_back({name, milliseconds * kMicroseconds});
  }
  std::vector<engine::LayerTime> take() { return std::move(times_); }

 private:
  std::vector<engine::LayerTime> times_;
};

}  // namespace

// Allocates one output while TensorRT runs.
class Execution::Allocator final : public nvinfer1::IOutputAllocator {
 public:
  // The index among the network's outputs.
  explicit Allocator(size_t index) : index_(static_cast<int32_t>(index)) {}

  void* reallocateOutputAsync(const char* /*name*/, void* /*current*/, uint64_t bytes, uint64_t /*alignment*/,
                              cudaStream_t /*stream*/) override {
    try {
      return memory->allocate(index_, static_cast<int64_t>(bytes));
    } catch (const std::exception& error) {
      LOG_ERROR("no memory for output " << index_ << " of a TensorRT engine: " << error.what());
      return nullptr;
    }
  }
  void notifyShape(const char* /*name*/, const nvinfer1::Dims& dims) noexcept override {
    memory->set_dims(index_, from_trt(dims));
  }

  engine::OutputAllocator* memory = nullptr;

 private:
  int32_t index_;
};

// One of TensorRT's contexts with its current dims, and the graphs recorded at these.
struct Execution::Slot {
  explicit Slot(int32_t device) : graphs(device) {}

  // A context never loses its profiler; without setEnqueueEmitsProfile the profiler gets no calls.
  LayerTimes times;
  std::unique_ptr<nvinfer1::IExecutionContext> context;
  engine::cuda::GraphCache graphs;
  bool user_managed = false;
  int32_t profile = 0;
  bool is_ready = false;  // the context has everything below
  std::vector<network::Dims> input_dims;
  std::vector<network::Dims> output_dims;
  std::vector<std::vector<int64_t>> values;       // values that the context is set to
  std::vector<std::vector<int64_t>> host_values;  // the same in the inputs' dtypes; TensorRT reads these
  bool is_for(const std::vector<network::Dims>& dims, const std::vector<std::vector<int64_t>>& given) const {
    return is_ready && input_dims == dims && values == given;
  }
  int64_t activation_bytes = 0;
  int64_t last_use = 0;
};

IoPlaces identity_places(size_t count) {
  IoPlaces places;
  places.count = count;
  for (size_t i = 0; i < count; ++i) places.of.push_back(i);
  return places;
}

bool IoPlaces::is_identity() const {
  bool is_identity = of.size() == count;
  for (size_t i = 0; is_identity && i < count; ++i) is_identity = of[i] == i;
  return is_identity;
}

Execution::Execution(const std::shared_ptr<const VendorEngine>& engine)
    : Execution(engine, identity_places(engine->inputs().size()), identity_places(engine->outputs().size())) {}

Execution::Execution(std::shared_ptr<const VendorEngine> engine, IoPlaces inputs, IoPlaces outputs, int32_t max_slots)
    : engine_(std::move(engine)),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      is_in_order_(inputs_.is_identity() && outputs_.is_identity()),
      max_slots_(std::max(1, max_slots)) {
  for (const size_t place : outputs_.of) allocators_.push_back(std::make_unique<Allocator>(place));
  reads_host_ = std::any_of(engine_->inputs().begin(), engine_->inputs().end(),
                            [](const VendorTensor& input) { return input.on_host; });
}

Execution::~Execution() {
  try {
    const DeviceGuard guard(engine_->device());
    Driver::get().synchronize_device();  // a run may still be under way
    slots_.clear();
    side_event_.reset();
    side_stream_.reset();
    blocks_.release();
  } catch (const Error& error) {  // the process is ending, and the driver is gone
    LOG_DEBUG(error.msg());
  }
}

int64_t Execution::arena_bytes() const { return current_ == nullptr ? 0 : current_->activation_bytes; }

void* Execution::scratch() {
  if (scratch_ == nullptr) scratch_ = blocks_.add(kScratchBytes);
  return scratch_;
}

// ---- dims ----------------------------------------------------------------------------------------------------------

Execution::Slot& Execution::add_slot(int32_t profile) {
  MessageGatherer messages;
  auto made = std::make_unique<Slot>(engine_->device());
  made->profile = profile;
  made->user_managed = !(engine_->library().version() < kSizedMemory);
  made->context.reset(engine_->engine().createExecutionContext(
      made->user_managed ? ExecutionContextAllocationStrategy::kUSER_MANAGED
                         : ExecutionContextAllocationStrategy::kON_PROFILE_CHANGE));
  if (made->context == nullptr) TORCHTRT_THROW_ERROR("TensorRT makes no context. " << messages.take_errors());
  if (engine_->profile_count() > 1) {
    const engine::cuda::Stream stream;
    const bool chosen = made->context->setOptimizationProfileAsync(profile, static_cast<cudaStream_t>(stream.handle()));
    Driver::get().synchronize(stream.handle());
    if (!chosen) TORCHTRT_THROW_ERROR("TensorRT does not take profile " << profile << ". " << messages.take_errors());
  }
  slots_.push_back(std::move(made));
  return *slots_.back();
}

// The slot with these dims and values, if any. Else a slot of the profile to set to them: one without graphs to lose,
// or a new one, or the least recently used one.
Execution::Slot& Execution::slot_for(const std::vector<network::Dims>& dims, int32_t profile) {
  Slot* free_slot = nullptr;
  Slot* oldest = nullptr;
  for (const auto& slot : slots_) {
    if (slot->profile != profile) continue;
    if (slot->is_for(dims, values_)) return *slot;
    if (slot->graphs.empty()) free_slot = slot.get();
    if (oldest == nullptr || slot->last_use < oldest->last_use) oldest = slot.get();
  }
  if (free_slot != nullptr) return *free_slot;
  if (oldest == nullptr || specialization_count() < max_slots_) return add_slot(profile);
  oldest->graphs.clear();
  return *oldest;
}

int32_t Execution::choose_profile(const std::vector<network::Dims>& dims) const {
  const auto& inputs = engine_->inputs();
  if (dims.size() != inputs.size()) {
    TORCHTRT_THROW_ERROR("the engine has " << inputs.size() << " inputs, " << dims.size() << " were given");
  }
  const auto takes = [&](int32_t profile) {
    for (size_t i = 0; i < dims.size(); ++i) {
      const network::ProfileRange& range = inputs[i].ranges[static_cast<size_t>(profile)];
      if (!fits(dims[i], range) || (reads_host_ && !values_fit(values_[i], range))) return false;
    }
    return true;
  };
  if (current_ != nullptr && takes(current_->profile)) return current_->profile;
  for (int32_t profile = 0; profile < engine_->profile_count(); ++profile) {
    if (takes(profile)) return profile;
  }
  std::string reason;
  for (size_t i = 0; i < dims.size(); ++i) {
    const std::string values = inputs[i].on_host ? " with the values " + text_of(values_[i]) : std::string();
    reason +=
        "\n  " + inputs[i].name + " is " + network::to_string(dims[i]) + values + ", may be " + ranges_of(inputs[i]);
  }
  TORCHTRT_THROW_ERROR("no profile of the engine takes these dims of its inputs:" << reason);
}

void Execution::read_values(const std::vector<network::Dims>& dims, const int64_t* const* shape_values) {
  const auto& inputs = engine_->inputs();
  if (!reads_host_ || dims.size() != inputs.size()) return;
  values_.resize(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!inputs[i].on_host) continue;
    const int64_t* given = shape_values == nullptr ? nullptr : shape_values[i];
    const int64_t count = dims[i].volume();
    TORCHTRT_CHECK(given != nullptr || count == 0,
                   "input " << inputs[i].name << " decides on shapes, its values are needed on the host");
    values_[i].assign(given, given + count);
  }
}

// TensorRT does not copy the values, and reads them while it runs.
void Execution::set_values(Slot& slot, size_t input) {
  const VendorTensor& tensor = engine_->inputs()[input];
  std::vector<int64_t>& kept = slot.host_values[input];
  kept = values_[input];
  if (kept.empty()) kept.push_back(0);              // an empty input needs an address, too
  if (tensor.dtype == network::DataType::kINT32) {  // packed in place, 32 bits each
    auto* packed = reinterpret_cast<int32_t*>(kept.data());
    for (size_t k = 0; k < values_[input].size(); ++k) packed[k] = static_cast<int32_t>(values_[input][k]);
  }
  if (slot.context->setInputTensorAddress(tensor.name.c_str(), kept.data())) return;
  TORCHTRT_THROW_ERROR("input " << tensor.name << ": TensorRT does not take the values " << text_of(values_[input])
                                << ". " << take_last_error());
}

void Execution::set_shapes(Slot& slot, const std::vector<network::Dims>& dims) {
  slot.host_values.resize(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    const VendorTensor& input = engine_->inputs()[i];
    if (!slot.context->setInputShape(input.name.c_str(), to_trt_dims(dims[i]))) {
      TORCHTRT_THROW_ERROR("input " << input.name << ": TensorRT does not take the dims " << network::to_string(dims[i])
                                    << ". " << take_last_error());
    }
    if (input.on_host) set_values(slot, i);
  }
}

void Execution::give_memory(Slot& slot) {
  if (!slot.user_managed) return;
  slot.activation_bytes = static_cast<int64_t>(slot.context->updateDeviceMemorySizeForShapes());
  const int64_t most = engine_->engine().getDeviceMemorySizeForProfileV2(slot.profile);
  void* memory = blocks_.at_least(slot.activation_bytes, most);
  slot.context->setDeviceMemoryV2(memory != nullptr ? memory : scratch(), blocks_.largest_bytes());
}

namespace {

template <typename T>
std::vector<T> picked(const T* values, const std::vector<size_t>& places) {
  std::vector<T> result;
  for (const size_t place : places) result.push_back(values[place]);
  return result;
}

}  // namespace

const std::vector<network::Dims>& Execution::set_input_dims(const std::vector<network::Dims>& dims,
                                                            const int64_t* const* shape_values) {
  TORCHTRT_CHECK(dims.size() == inputs_.count,
                 "the engine has " << inputs_.count << " inputs, but " << dims.size() << " are given");
  if (is_in_order_) return set_engine_dims(dims, shape_values);
  std::vector<const int64_t*> values;
  if (shape_values != nullptr) values = picked(shape_values, inputs_.of);
  const auto& found = set_engine_dims(picked(dims.data(), inputs_.of), values.empty() ? nullptr : values.data());
  output_dims_.resize(outputs_.count);
  for (size_t i = 0; i < found.size(); ++i) output_dims_[outputs_.of[i]] = found[i];
  return output_dims_;
}

const std::vector<network::Dims>& Execution::set_engine_dims(const std::vector<network::Dims>& dims,
                                                             const int64_t* const* shape_values) {
  read_values(dims, shape_values);
  if (current_ != nullptr && current_->is_for(dims, values_)) return current_->output_dims;
  const DeviceGuard guard(engine_->device());
  const CallErrors errors;
  Slot& slot = slot_for(dims, choose_profile(dims));
  slot.last_use = ++uses_;
  if (slot.is_for(dims, values_)) {
    current_ = &slot;
    return slot.output_dims;
  }
  // Leaves nothing to run unless all of this succeeds.
  current_ = nullptr;
  slot.is_ready = false;
  slot.graphs.clear();
  set_shapes(slot, dims);
  if (slot.context->inferShapes(0, nullptr) != 0) {
    TORCHTRT_THROW_ERROR("TensorRT finds no shapes for these dims. " << take_last_error());
  }
  slot.output_dims.clear();
  for (const VendorTensor& output : engine_->outputs()) {
    slot.output_dims.push_back(from_trt(slot.context->getTensorShape(output.name.c_str())));
  }
  give_memory(slot);
  slot.input_dims = dims;
  slot.values = values_;
  slot.is_ready = true;
  current_ = &slot;
  return slot.output_dims;
}

// ---- runs ----------------------------------------------------------------------------------------------------------

bool Execution::depends_on_data() const {
  return std::any_of(current_->output_dims.begin(), current_->output_dims.end(),
                     [](const network::Dims& dims) { return !dims.is_static(); });
}

void Execution::set_addresses(const void* const* inputs, void* const* outputs, engine::OutputAllocator* memory) {
  nvinfer1::IExecutionContext& context = *current_->context;
  bool taken = true;
  for (size_t i = 0; i < engine_->inputs().size(); ++i) {
    const VendorTensor& input = engine_->inputs()[i];
    if (input.on_host) continue;
    taken = taken && context.setInputTensorAddress(input.name.c_str(), inputs[i] != nullptr ? inputs[i] : scratch());
  }
  for (size_t i = 0; i < engine_->outputs().size(); ++i) {
    const char* name = engine_->outputs()[i].name.c_str();
    if (current_->output_dims[i].is_static()) {
      taken = taken && context.setOutputTensorAddress(name, outputs[i] != nullptr ? outputs[i] : scratch());
      continue;
    }
    TORCHTRT_CHECK(memory != nullptr, "the dims of output " << name << " depend on data: memory must be given for it");
    allocators_[i]->memory = memory;
    taken = taken && context.setOutputAllocator(name, allocators_[i].get());
  }
  if (!taken) TORCHTRT_THROW_ERROR("TensorRT does not take an address of a tensor. " << take_last_error());
}

void Execution::enqueue(void* stream) {
  if (is_default_stream(stream)) return enqueue_at_the_side(stream);
  if (current_->context->enqueueV3(static_cast<cudaStream_t>(stream))) return;
  TORCHTRT_THROW_ERROR("TensorRT does not run the engine \"" << engine_->name() << "\". " << take_last_error());
}

// On the default stream itself, TensorRT would wait for the device. Only recorded graphs can be launched there.
void Execution::enqueue_at_the_side(void* stream) {
  const Driver& driver = Driver::get();
  if (side_stream_ == nullptr) side_stream_ = std::make_unique<engine::cuda::Stream>();
  if (side_event_ == nullptr) side_event_ = std::make_unique<engine::cuda::Event>();
  void* side = side_stream_->handle();
  driver.wait(side, stream, side_event_->handle());
  enqueue(side);
  driver.wait(stream, side, side_event_->handle());
}

void Execution::run(const void* const* inputs, void* const* outputs, const engine::RunOptions& options) {
  if (is_in_order_) return run_in_order(inputs, outputs, options);
  input_addresses_.clear();  // keeps its memory
  output_addresses_.clear();
  for (const size_t place : inputs_.of) input_addresses_.push_back(inputs[place]);
  for (const size_t place : outputs_.of) output_addresses_.push_back(outputs[place]);
  run_in_order(input_addresses_.data(), output_addresses_.data(), options);
}

void Execution::run_in_order(const void* const* inputs, void* const* outputs, const engine::RunOptions& options) {
  TORCHTRT_CHECK(current_ != nullptr, "the dims of the inputs must be set before a run");
  const CallErrors errors;
  // The default stream belongs to the thread's current device.
  std::optional<DeviceGuard> guard;
  if (is_default_stream(options.stream)) guard.emplace(engine_->device());
  if (!options.use_graph || depends_on_data()) {
    set_addresses(inputs, outputs, options.allocator);
    enqueue(options.stream);
    return;
  }
  addresses_.assign(inputs, inputs + engine_->inputs().size());
  addresses_.insert(addresses_.end(), outputs, outputs + engine_->outputs().size());
  current_->graphs.run(addresses_, options.stream, [&](void* stream) {
    set_addresses(inputs, outputs, nullptr);
    enqueue(stream);
  });
}

std::vector<engine::LayerTime> Execution::profile(const void* const* inputs, void* const* outputs,
                                                  const engine::RunOptions& options) {
  TORCHTRT_CHECK(current_ != nullptr, "the dims of the inputs must be set before a run");
  const DeviceGuard guard(engine_->device());
  nvinfer1::IExecutionContext& context = *current_->context;
  LayerTimes& times = current_->times;
  context.setProfiler(&times);
  context.setEnqueueEmitsProfile(true);
  engine::RunOptions plain = options;
  plain.use_graph = false;
  try {
    run(inputs, outputs, plain);
    Driver::get().synchronize(options.stream);
  } catch (...) {
    context.setEnqueueEmitsProfile(false);
    throw;
  }
  context.setEnqueueEmitsProfile(false);
  return times.take();
}

}  // namespace torch_tensorrt::backends::tensorrt
