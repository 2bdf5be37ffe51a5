#include "torch_tensorrt/core/engine/plan/network_weights.h"

namespace torch_tensorrt::engine {
namespace {

using network::Weights;

// Visits weights and ignores all other attributes.
class WeightsVisitor final : public network::AttributeVisitor {
 public:
  explicit WeightsVisitor(const std::function<void(const char*, Weights&)>& visit) : visit_(visit) {}
  void visit(const char*, bool&) override {}
  void visit(const char*, int64_t&) override {}
  void visit(const char*, double&) override {}
  void visit(const char*, std::optional<double>&) override {}
  void visit(const char*, std::string&) override {}
  void visit(const char*, network::Dims&) override {}
  void visit(const char*, std::vector<int64_t>&) override {}
  void visit(const char*, std::vector<double>&) override {}
  void visit(const char* name, Weights& weights) override {
    if (weights.count > 0) visit_(name, weights);
  }
  void visit(const char*, network::Epilogue&) override {}
  void visit_enum(const char*, int32_t&, const network::EnumTable&) override {}

 private:
  const std::function<void(const char*, Weights&)>& visit_;
};

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

void WeightPutter::put_plain(const std::string& key, const Weights& weights) {
  if (store_.contains(key)) return;
  auto& owner = owners_[weights.values];
  if (owner == nullptr) owner = network_->take(weights.values);
  if (owner == nullptr) owner = std::shared_ptr<const void>(network_, weights.values);
  store_.put(key, {"plain", weights.bytes(), owner});
}

void WeightPutter::put_attributes() {
  for (int32_t i = 0; i < network_->getNbLayers(); ++i) {
    for_each_weights(*network_->getLayer(i),
                     [&](const char* name, const Weights& weights) { put_plain(weight_key(i, name), weights); });
  }
}

void WeightPutter::put_constant_inputs() {
  for (int32_t i = 0; i < network_->getNbLayers(); ++i) {
    const network::ILayer& layer = *network_->getLayer(i);
    for (int32_t j = 0; j < layer.getNbInputs(); ++j) {
      const network::ITensor* input = layer.getInput(j);
      if (input == nullptr) continue;
      const auto* constant = network::layer_cast<network::IConstantLayer>(input->producer());
      if (constant != nullptr && constant->getWeights().count > 0) put_plain(input_key(i, j), constant->getWeights());
    }
  }
}

}  // namespace torch_tensorrt::engine
