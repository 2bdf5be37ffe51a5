#include "torch_tensorrt/core/backends/tensorrt/run/executable.h"

#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/run/execution.h"
#include "torch_tensorrt/core/backends/tensorrt/run/inspector.h"
#include "torch_tensorrt/core/engine/plan/json.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using engine::IoTensor;

constexpr double kMicroseconds = 1000;  // in a millisecond
constexpr int64_t kAlignment = 256;     // required by TensorRT

// Widens a range of values by that of another profile: to smaller minima or larger maxima.
void widen(std::vector<int64_t>& values, const std::vector<int64_t>& more, bool to_larger) {
  for (size_t i = 0; i < values.size() && i < more.size(); ++i) {
    values[i] = to_larger ? std::max(values[i], more[i]) : std::min(values[i], more[i]);
  }
}

// The smallest and the largest dims (and values) of all profiles; opt dims are those of the first profile.
IoTensor io_tensor(const VendorTensor& tensor) {
  IoTensor io{
      tensor.name, tensor.dtype, tensor.dims, tensor.dims, tensor.dims, tensor.dims, network::TensorFormat::kLINEAR};
  io.is_shape = tensor.on_host && !tensor.ranges.empty();  // an output on the host has no ranges
  for (size_t profile = 0; profile < tensor.ranges.size(); ++profile) {
    const network::ProfileRange& range = tensor.ranges[profile];
    if (profile == 0) {
      io.min = range.min;
      io.opt = range.opt;
      io.max = range.max;
      io.min_values = range.min_values;
      io.max_values = range.max_values;
    }
    widen(io.min_values, range.min_values, /*to_larger=*/false);
    widen(io.max_values, range.max_values, /*to_larger=*/true);
    for (int32_t i = 0; i < io.dims.nbDims; ++i) {
      io.min.d[i] = std::min(io.min.d[i], range.min.d[i]);
      io.max.d[i] = std::max(io.max.d[i], range.max.d[i]);
    }
  }
  return io;
}

// An input that no layer reads, so that TensorRT may have dropped it.
IoTensor unread_tensor(const network::ITensor& tensor) {
  const network::Dims dims = tensor.getDimensions();
  return {tensor.getName(), tensor.getType(), dims, dims, dims, dims, network::TensorFormat::kLINEAR};
}

// Inputs (or outputs) in the order of the built network, and the index there of each of the engine's. A plan that plain
// TensorRT built has no network and keeps the engine's order.
struct IoOrder {
  std::vector<IoTensor> tensors;
  std::vector<size_t> places;
  bool is_engines = true;  // places[i] is i
};

IoOrder order_of(const std::vector<VendorTensor>& tensors, const std::vector<network::ITensor*>& wanted) {
  IoOrder order;
  order.places.assign(tensors.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto found = std::find_if(tensors.begin(), tensors.end(),
                                    [&](const VendorTensor& tensor) { return tensor.name == wanted[i]->getName(); });
    if (found == tensors.end()) {
      order.tensors.push_back(unread_tensor(*wanted[i]));
      continue;
    }
    order.tensors.push_back(io_tensor(*found));
    if (wanted[i]->isNetworkInput()) order.tensors.back().argument = wanted[i]->producer()->getName();
    order.places[static_cast<size_t>(found - tensors.begin())] = i;
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (order.places[i] < wanted.size()) continue;
    TORCHTRT_CHECK(wanted.empty(),
                   "the engine has a tensor \"" << tensors[i].name << "\" that its network does not have");
    order.places[i] = i;
    order.tensors.push_back(io_tensor(tensors[i]));
  }
  order.is_engines = order.tensors.size() == tensors.size();
  for (size_t i = 0; order.is_engines && i < tensors.size(); ++i) order.is_engines = order.places[i] == i;
  return order;
}

template <typename T>
std::vector<T> picked(const T* values, const std::vector<size_t>& places) {
  std::vector<T> result;
  for (const size_t place : places) result.push_back(values[place]);
  return result;
}

// Shared by an executable and its contexts.
struct Loaded {
  std::shared_ptr<VendorEngine> engine;
  IoOrder inputs;
  IoOrder outputs;
  bool is_in_order() const { return inputs.is_engines && outputs.is_engines; }
};

class Bridge final : public OutputMemory {
 public:
  Bridge(engine::OutputAllocator& allocator, const std::vector<size_t>& places)
      : allocator_(allocator), places_(places) {}
  void* allocate(int32_t index, int64_t bytes) override { return allocator_.allocate(place(index), bytes); }
  void set_dims(int32_t index, const network::Dims& dims) override { allocator_.set_dims(place(index), dims); }

 private:
  int32_t place(int32_t index) const { return static_cast<int32_t>(places_[static_cast<size_t>(index)]); }

  engine::OutputAllocator& allocator_;
  const std::vector<size_t>& places_;
};

class VendorContext final : public engine::Context {
 public:
  VendorContext(std::shared_ptr<const Loaded> loaded, int32_t max_specializations)
      : loaded_(std::move(loaded)), execution_(loaded_->engine, max_specializations) {}

  const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                   const int64_t* const* shape_values) override {
    const auto& places = loaded_->inputs.places;
    TORCHTRT_CHECK(dims.size() == loaded_->inputs.tensors.size(),
                   "the engine has " << loaded_->inputs.tensors.size() << " inputs, " << dims.size() << " were given");
    if (loaded_->is_in_order()) return execution_.set_input_dims(dims, shape_values);
    std::vector<const int64_t*> values;
    if (shape_values != nullptr) values = picked(shape_values, places);
    const auto& found =
        execution_.set_input_dims(picked(dims.data(), places), values.empty() ? nullptr : values.data());
    output_dims_.resize(found.size());
    for (size_t i = 0; i < found.size(); ++i) output_dims_[loaded_->outputs.places[i]] = found[i];
    return output_dims_;
  }

  void run(const void* const* inputs, void* const* outputs, const engine::RunOptions& options) override {
    with_engine_order(inputs, outputs, options,
                      [&](auto in, auto out, const Execution::RunOptions& own) { execution_.run(in, out, own); });
  }

  std::vector<engine::LayerTime> profile(const void* const* inputs, void* const* outputs,
                                         const engine::RunOptions& options) override {
    std::vector<engine::LayerTime> times;
    with_engine_order(inputs, outputs, options, [&](auto in, auto out, const Execution::RunOptions& own) {
      for (auto& [name, milliseconds] : execution_.profile(in, out, own)) {
        times.push_back({name, milliseconds * kMicroseconds});
      }
    });
    return times;
  }

  int64_t arena_bytes() const override { return execution_.activation_bytes(); }
  int64_t arena_lower_bound_bytes() const override { return 0; }
  int32_t specialization_count() const override { return execution_.slot_count(); }

 private:
  template <typename F>
  void with_engine_order(const void* const* inputs, void* const* outputs, const engine::RunOptions& options, F run) {
    inputs_.clear();  // keeps its memory
    outputs_.clear();
    for (const size_t place : loaded_->inputs.places) inputs_.push_back(inputs[place]);
    for (const size_t place : loaded_->outputs.places) outputs_.push_back(outputs[place]);
    if (options.allocator == nullptr) {
      run(inputs_.data(), outputs_.data(), {options.stream, nullptr, options.use_graph});
      return;
    }
    Bridge bridge(*options.allocator, loaded_->outputs.places);
    run(inputs_.data(), outputs_.data(), {options.stream, &bridge, options.use_graph});
  }

  std::shared_ptr<const Loaded> loaded_;
  Execution execution_;
  std::vector<network::Dims> output_dims_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
};

class VendorExecutable final : public engine::Executable {
 public:
  explicit VendorExecutable(std::shared_ptr<const Loaded> loaded) : loaded_(std::move(loaded)) {}

  const std::vector<IoTensor>& inputs() const override { return loaded_->inputs.tensors; }
  const std::vector<IoTensor>& outputs() const override { return loaded_->outputs.tensors; }
  int64_t input_alignment() const override { return kAlignment; }
  std::unique_ptr<engine::Context> create_context(int32_t max_specializations) const override {
    return std::make_unique<VendorContext>(loaded_, max_specializations);
  }
  void inspect(engine::JsonWriter& json) const override { write_layers(loaded_->engine->inspect_json(), json); }

 private:
  std::shared_ptr<const Loaded> loaded_;
};

}  // namespace

std::shared_ptr<engine::Executable> load_executable(const engine::Plan& plan) {
  TORCHTRT_CHECK(plan.target.kind == engine::DeviceTarget::Kind::kCUDA,
                 "engine \"" << plan.name << "\" is for the CPU, where TensorRT does not run");
  const std::string_view payload = engine::payload_of(plan);
  auto loaded = std::make_shared<Loaded>();
  loaded->engine = VendorEngine::load(payload.data(), payload.size(), plan.target.index, plan.target.dla_core);
  const bool has_network = plan.network != nullptr;
  if (!has_network) loaded->engine->check_plain_tensors();
  const std::vector<network::ITensor*> none;
  loaded->inputs = order_of(loaded->engine->inputs(), has_network ? plan.network->inputs() : none);
  loaded->outputs = order_of(loaded->engine->outputs(), has_network ? plan.network->outputs() : none);
  return std::make_shared<VendorExecutable>(std::move(loaded));
}

}  // namespace torch_tensorrt::backends::tensorrt
