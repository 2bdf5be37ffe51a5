#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/network/attributes.h"
#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ILayer;
using network::ITensor;

uint64_t hash_with_inputs(const ILayer& layer) {
  uint64_t hash = network::hash_layer(layer, /*with_weight_values=*/true);
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    hash = hash * 0x9E3779B97F4A7C15ULL + reinterpret_cast<uintptr_t>(layer.getInput(i));
  }
  return hash;
}

bool same_inputs(const ILayer& a, const ILayer& b) {
  if (a.getNbInputs() != b.getNbInputs()) return false;
  for (int32_t i = 0; i < a.getNbInputs(); ++i) {
    if (a.getInput(i) != b.getInput(i)) return false;
  }
  return true;
}

bool same_formats(const ILayer& a, const ILayer& b) {
  for (int32_t i = 0; i < a.getNbOutputs(); ++i) {
    if (a.getOutput(i)->format() != b.getOutput(i)->format()) return false;
  }
  return true;
}

// Two outputs of the network must remain two tensors.
bool both_leave(const ILayer& a, const ILayer& b) {
  for (int32_t i = 0; i < a.getNbOutputs(); ++i) {
    if (a.getOutput(i)->isNetworkOutput() && b.getOutput(i)->isNetworkOutput()) return true;
  }
  return false;
}

bool can_replace(const ILayer& first, const ILayer& second) {
  return same_inputs(first, second) && first.precision() == second.precision() && same_formats(first, second) &&
         !both_leave(first, second) && network::same_attributes(first, second);
}

// Before: two layers of one kind with equal attributes, weights and inputs. After: all readers read the first one.
class CommonSubexpressions final : public Pass {
 public:
  const char* name() const override { return "common-subexpressions"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    std::unordered_map<uint64_t, std::vector<ILayer*>> seen;
    for (int32_t i = 0; i < network.getNbLayers();) {
      ILayer& layer = *network.getLayer(i);
      if (layer.getType() != network::LayerType::kINPUT && merge(rewriter, layer, seen)) continue;
      ++i;
    }
    return rewriter.changed();
  }

 private:
  // True if the layer was removed.
  static bool merge(network::Rewriter& rewriter, ILayer& layer,
                    std::unordered_map<uint64_t, std::vector<ILayer*>>& seen) {
    auto& alike = seen[hash_with_inputs(layer)];
    for (ILayer* first : alike) {
      if (!can_replace(*first, layer)) continue;
      for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
        rewriter.replace_all_uses(*layer.getOutput(i), *first->getOutput(i));
      }
      rewriter.erase(layer);
      return true;
    }
    alike.push_back(&layer);
    return false;
  }
};

}  // namespace

std::unique_ptr<Pass> make_common_subexpressions() { return std::make_unique<CommonSubexpressions>(); }

}  // namespace torch_tensorrt::optimizer
