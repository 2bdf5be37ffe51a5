#include "torch_tensorrt/core/backends/tensorrt/support/whole_numbers.h"

#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::ILayer;
using network::ITensor;
using network::LayerType;

struct Search {
  std::unordered_set<const ILayer*> constant;  // decided on by constants alone
  std::unordered_set<const ILayer*> found;

  void visit(const ILayer& layer) {
    bool all_constant = layer.getType() != LayerType::kINPUT;
    bool all_known = true;
    bool any_found = false;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      const ITensor* input = layer.getInput(i);
      if (input == nullptr || constant.count(input->producer()) != 0) continue;
      all_constant = false;
      const bool is_found = found.count(input->producer()) != 0;
      any_found = any_found || is_found || (layer.getType() == LayerType::kCAST && is_integral(input->getType()));
      all_known = all_known && (is_found || !is_floating_point(input->getType()));
    }
    if (all_constant) {
      constant.insert(&layer);
      return;
    }
    if (any_found && all_known && is_floating_point(layer.getOutput(0)->getType())) found.insert(&layer);
  }
};

}  // namespace

std::unordered_set<const ILayer*> layers_on_whole_numbers(const network::INetworkDefinition& network) {
  Search search;
  for (const auto& layer : network.layers()) search.visit(*layer);
  return std::move(search.found);
}

}  // namespace torch_tensorrt::backends::tensorrt
