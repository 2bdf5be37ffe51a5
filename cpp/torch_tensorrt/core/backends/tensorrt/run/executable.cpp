#include "torch_tensorrt/core/backends/tensorrt/run/executable.h"

#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/run/execution.h"
#include "torch_tensorrt/core/backends/tensorrt/run/inspector.h"
#include "torch_tensorrt/core/engine/plan/json.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using engine::IoTensor;

constexpr int64_t kAlignment = 256;  // required by TensorRT

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

// Inputs (or outputs) in the order of the built network. A plan that plain TensorRT built has no network and keeps the
// engine's order.
struct IoOrder {
  std::vector<IoTensor> tensors;
  IoPlaces places;  // of the engine's
};

IoOrder order_of(const std::vector<VendorTensor>& tensors, const std::vector<network::ITensor*>& wanted) {
  IoOrder order;
  std::vector<size_t>& places = order.places.of;
  places.assign(tensors.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto found = std::find_if(tensors.begin(), tensors.end(),
                                    [&](const VendorTensor& tensor) { return tensor.name == wanted[i]->getName(); });
    if (found == tensors.end()) {
      order.tensors.push_back(unread_tensor(*wanted[i]));
      continue;
    }
    order.tensors.push_back(io_tensor(*found));
    if (wanted[i]->isNetworkInput()) order.tensors.back().argument = wanted[i]->producer()->getName();
    places[static_cast<size_t>(found - tensors.begin())] = i;
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (places[i] < wanted.size()) continue;
    TORCHTRT_CHECK(wanted.empty(),
                   "the engine has a tensor \"" << tensors[i].name << "\" that its network does not have");
    places[i] = i;
    order.tensors.push_back(io_tensor(tensors[i]));
  }
  order.places.count = order.tensors.size();
  return order;
}

class VendorExecutable final : public engine::Executable {
 public:
  VendorExecutable(std::shared_ptr<const VendorEngine> engine, IoOrder inputs, IoOrder outputs)
      : engine_(std::move(engine)), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {}

  const std::vector<IoTensor>& inputs() const override { return inputs_.tensors; }
  const std::vector<IoTensor>& outputs() const override { return outputs_.tensors; }
  int64_t input_alignment() const override { return kAlignment; }
  std::unique_ptr<engine::Context> create_context(int32_t max_specializations) const override {
    return std::make_unique<Execution>(engine_, inputs_.places, outputs_.places, max_specializations);
  }
  void inspect(engine::JsonWriter& json) const override { write_layers(engine_->inspect_json(), json); }

 private:
  std::shared_ptr<const VendorEngine> engine_;
  IoOrder inputs_;
  IoOrder outputs_;
};

}  // namespace

std::shared_ptr<engine::Executable> load_executable(const engine::Plan& plan) {
  TORCHTRT_CHECK(!plan.target.is_cpu(), "engine \"" << plan.name << "\" is for the CPU, where TensorRT does not run");
  const std::string_view payload = engine::payload_of(plan);
  auto engine = VendorEngine::load(payload.data(), payload.size(), plan.target.gpu_id, plan.target.used_dla_core());
  const bool has_network = plan.network != nullptr;
  if (!has_network) engine->check_plain_tensors();
  const std::vector<network::ITensor*> none;
  IoOrder inputs = order_of(engine->inputs(), has_network ? plan.network->inputs() : none);
  IoOrder outputs = order_of(engine->outputs(), has_network ? plan.network->outputs() : none);
  return std::make_shared<VendorExecutable>(std::move(engine), std::move(inputs), std::move(outputs));
}

}  // namespace torch_tensorrt::backends::tensorrt
