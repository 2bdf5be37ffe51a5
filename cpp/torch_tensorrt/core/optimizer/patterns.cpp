#include "torch_tensorrt/core/optimizer/patterns.h"

#include <algorithm>
#include <unordered_set>

#include "torch_tensorrt/core/network/host/evaluate_elements.h"

namespace torch_tensorrt::optimizer {
namespace {

// Collects the addresses of all weights of a layer.
class WeightMemory final : public network::AttributeVisitor {
 public:
  void visit(const char*, bool&) override {}
  void visit(const char*, int64_t&) override {}
  void visit(const char*, double&) override {}
  void visit(const char*, std::optional<double>&) override {}
  void visit(const char*, std::string&) override {}
  void visit(const char*, network::Dims&) override {}
  void visit(const char*, std::vector<int64_t>&) override {}
  void visit(const char*, std::vector<double>&) override {}
  void visit(const char*, network::Weights& value) override { blocks_.insert(value.values); }
  void visit(const char*, network::Epilogue&) override {}
  void visit_enum(const char*, int32_t&, const network::EnumTable&) override {}

  bool refers_to(const void* block) const { return blocks_.count(block) != 0; }

 private:
  std::unordered_set<const void*> blocks_;
};

}  // namespace

const network::IConstantLayer* constant_of(const network::ITensor* tensor) {
  return tensor == nullptr
             ? nullptr
             : network::layer_cast<network::IConstantLayer>(static_cast<const network::ILayer*>(tensor->producer()));
}

std::optional<std::vector<double>> read_elements(const network::Weights& weights) {
  if (!network::has_elements(weights.type)) return std::nullopt;
  std::vector<double> elements;
  elements.reserve(static_cast<size_t>(weights.count));
  for (int64_t i = 0; i < weights.count; ++i) {
    elements.push_back(network::load_double(weights.type, weights.values, i));
  }
  return elements;
}

std::optional<double> uniform_value(const network::ITensor& tensor) {
  const auto* constant = constant_of(&tensor);
  if (constant == nullptr) return std::nullopt;
  const network::Weights& weights = constant->getWeights();
  if (weights.count == 0 || !network::has_elements(weights.type)) return std::nullopt;
  const double first = network::load_double(weights.type, weights.values, 0);
  for (int64_t i = 1; i < weights.count; ++i) {
    if (network::load_double(weights.type, weights.values, i) != first) return std::nullopt;
  }
  return first;
}

void release_unused(network::INetworkDefinition& network, const std::vector<const void*>& blocks) {
  if (blocks.empty()) return;
  WeightMemory used;
  for (const auto& layer : network.layers()) network::read_attributes(*layer, used);
  for (const void* block : blocks) {
    if (block != nullptr && !used.refers_to(block)) network.take(block);
  }
}

std::vector<network::ILayer*> layer_snapshot(const network::INetworkDefinition& network) {
  std::vector<network::ILayer*> layers;
  for (const auto& layer : network.layers()) layers.push_back(layer.get());
  return layers;
}

bool alive(const network::INetworkDefinition& network, const network::ILayer* layer) {
  const auto& layers = network.layers();
  return std::any_of(layers.begin(), layers.end(), [&](const auto& other) { return other.get() == layer; });
}

}  // namespace torch_tensorrt::optimizer
