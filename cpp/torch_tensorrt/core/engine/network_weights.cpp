#include "torch_tensorrt/core/engine/network_weights.h"

namespace torch_tensorrt::engine {
namespace {

using network::Weights;

// Ignores everything but weights.
class WeightsVisitor final : public network::AttributeVisitor {
 public:
  explicit WeightsVisitor(const std::function<void(const char*, Weights&)>& visit) : visit_(visit) {}
  void visit(const char*, bool&) override {}
  void visit(const char*, int64_t&) override {}
  void visit(const char*, float&) override {}
  void visit(const char*, double&) override {}
  void visit(const char*, std::string&) override {}
  void visit(const char*, network::Dims&) override {}
  void visit(const char*, std::vector<int64_t>&) override {}
  void visit(const char*, std::vector<float>&) override {}
  void visit(const char* name, Weights& weights) override {
    if (weights.count > 0) visit_(name, weights);
  }
  void visit(const char*, network::Epilogue&) override {}
  void visit_enum(const char*, int32_t&, const network::EnumTable&) override {}

 private:
  const std::function<void(const char*, Weights&)>& visit_;
};

void put_plain(const std::shared_ptr<network::INetworkDefinition>& network, const std::string& key,
               const Weights& weights, WeightStore& store) {
  if (store.contains(key)) return;
  store.put(key, {"plain", weights.bytes(), std::shared_ptr<const void>(network, weights.values)});
}

}  // namespace

void for_each_weights(const network::ILayer& layer,
                      const std::function<void(const char* name, const Weights& weights)>& visit) {
  const std::function<void(const char*, Weights&)> reader = visit;
  WeightsVisitor visitor(reader);
  network::read_attributes(layer, visitor);
}

void change_weights(network::ILayer& layer, const std::function<void(const char* name, Weights& weights)>& change) {
  WeightsVisitor visitor(change);
  network::write_attributes(layer, visitor);
}

std::string input_key(int32_t layer_index, int32_t input) {
  return weight_key(layer_index, ("input" + std::to_string(input)).c_str());
}

void put_weights(const std::shared_ptr<network::INetworkDefinition>& network, WeightStore& store) {
  for (int32_t i = 0; i < network->getNbLayers(); ++i) {
    for_each_weights(*network->getLayer(i), [&](const char* name, const Weights& weights) {
      put_plain(network, weight_key(i, name), weights, store);
    });
  }
}

void put_constant_inputs(const std::shared_ptr<network::INetworkDefinition>& network, WeightStore& store) {
  for (int32_t i = 0; i < network->getNbLayers(); ++i) {
    const network::ILayer& layer = *network->getLayer(i);
    for (int32_t j = 0; j < layer.getNbInputs(); ++j) {
      const network::ITensor* input = layer.getInput(j);
      if (input == nullptr) continue;
      const auto* constant = network::layer_cast<network::IConstantLayer>(input->producer());
      if (constant == nullptr || constant->getWeights().count == 0) continue;
      put_plain(network, input_key(i, j), constant->getWeights(), store);
    }
  }
}

}  // namespace torch_tensorrt::engine
