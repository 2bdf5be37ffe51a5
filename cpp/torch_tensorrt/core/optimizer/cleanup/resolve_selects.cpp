#include <optional>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ElementWiseOperation;
using network::ILayer;
using network::ITensor;

// Conditions are short chains; longer ones are not followed.
constexpr int kMaxDepth = 4;

std::optional<bool> known(const ITensor& condition, int depth);

// "false and x", "true or x": if one operand is `decisive`, the other does not matter.
std::optional<bool> joined(const ILayer& layer, bool decisive, int depth) {
  const auto a = known(*layer.getInput(0), depth - 1);
  const auto b = known(*layer.getInput(1), depth - 1);
  if (a == decisive || b == decisive) return decisive;
  return a && b ? std::optional<bool>(!decisive) : std::nullopt;
}

// The value of every element of the condition; empty if it is not known.
std::optional<bool> known(const ITensor& condition, int depth) {
  if (const auto value = uniform_value(condition)) return *value != 0;
  const ILayer& layer = *condition.producer();
  if (depth == 0 || !layer.epilogue().empty()) return std::nullopt;
  if (const auto* unary = network::layer_cast<network::IUnaryLayer>(&layer)) {
    if (unary->getOperation() != network::UnaryOperation::kNOT) return std::nullopt;
    const auto inner = known(*layer.getInput(0), depth - 1);
    return inner ? std::optional<bool>(!*inner) : std::nullopt;
  }
  const auto* elementwise = network::layer_cast<network::IElementWiseLayer>(&layer);
  if (elementwise == nullptr) return std::nullopt;
  if (elementwise->getOperation() == ElementWiseOperation::kAND) return joined(layer, /*decisive=*/false, depth);
  if (elementwise->getOperation() == ElementWiseOperation::kOR) return joined(layer, /*decisive=*/true, depth);
  return std::nullopt;
}

bool may_go(const ITensor& operand, const ITensor& result) {
  const bool is_taken = operand.isNetworkInput() || operand.isNetworkOutput() || is_constant(&operand);
  return operand.format() == result.format() && !(result.isNetworkOutput() && is_taken);
}

// Before: select(c, x, y) where c is always true (or always false): a constant, or the result of "and", "or" and "not"
// on constants.
// After: the readers of the select read x (or y).
class ResolveSelects final : public Pass {
 public:
  const char* name() const override { return "resolve-selects"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer) || layer->getType() != network::LayerType::kSELECT) continue;
      const auto condition = known(*layer->getInput(0), kMaxDepth);
      if (!condition || !layer->epilogue().empty()) continue;
      ITensor& chosen = *layer->getInput(*condition ? 1 : 2);
      // Only the operand may decide the size of the result.
      if (!network::have_same_dims(chosen, *layer->getOutput(0)) || !may_go(chosen, *layer->getOutput(0))) continue;
      rewriter.replace_all_uses(*layer->getOutput(0), chosen);
      rewriter.erase_if_dead(*layer);
    }
    return rewriter.changed();
  }
};

}  // namespace

std::unique_ptr<Pass> make_resolve_selects() { return std::make_unique<ResolveSelects>(); }

}  // namespace torch_tensorrt::optimizer
