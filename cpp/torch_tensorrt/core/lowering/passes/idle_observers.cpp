#include <optional>
#include <set>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using c10::IValue;
using torch::jit::Node;
using torch::jit::Value;

// A constant, or an attribute of the module, which is the graph's first input.
std::optional<IValue> stored_value(const Value* value, const torch::jit::Graph& graph, const IValue& module) {
  if (value == graph.inputs()[0]) return module;
  const auto* node = value->node();
  if (node->kind() != c10::prim::GetAttr) return torch::jit::toIValue(value);
  const auto object = stored_value(node->input(), graph, module);
  if (!object || !object->isObject()) return std::nullopt;
  return object->toObjectRef().getAttr(node->s(c10::attr::name));
}

// A flag of an observer: a tensor of one element. Unset if it is not known.
std::optional<bool> flag(const Value* value, const torch::jit::Graph& graph, const IValue& module) {
  const auto stored = stored_value(value, graph, module);
  if (!stored || !stored->isTensor() || stored->toTensor().numel() != 1) return std::nullopt;
  return stored->toTensor().cpu().item().toDouble() != 0;
}

// The fake quantization that the node computes while its observer is off.
Value* fake_quantization(Node* node, const Value* per_row) {
  const auto input = [node](const char* name) { return node->namedInput(name); };
  const bool has_axis = torch::jit::toIValue(per_row)->toBool();
  std::vector<torch::jit::NamedValue> arguments = {input("self"), input("scale"), input("zero_point")};
  if (has_axis) arguments.emplace_back(input("ch_axis"));
  arguments.emplace_back(input("quant_min"));
  arguments.emplace_back(input("quant_max"));
  return node->owningGraph()->insert(
      c10::Symbol::aten(has_axis ? "fake_quantize_per_channel_affine" : "fake_quantize_per_tensor_affine"), arguments);
}

}  // namespace

bool replace_idle_observers(const GraphPtr& graph, const IValue& module) {
  static const std::set<std::string> kKinds = {"aten::fused_moving_avg_obs_fake_quant",
                                               "aten::_fused_moving_avg_obs_fq_helper"};
  return rewrite_nodes(*graph, [&](Node* node) {
    if (kKinds.count(node->kind().toQualString()) == 0) return false;
    const auto observes = flag(node->namedInput("observer_on"), *graph, module);
    const auto rounds = flag(node->namedInput("fake_quant_on"), *graph, module);
    const auto* per_row = node->namedInput("per_row_fake_quant");
    const bool has_mask = node->outputs().size() > 1 && node->outputs()[1]->hasUses();
    if (!observes || *observes || !rounds || !torch::jit::toIValue(per_row) || has_mask) return false;
    const torch::jit::WithInsertPoint before(node);
    Value* result = *rounds ? fake_quantization(node, per_row) : node->namedInput("self");
    node->outputs()[0]->replaceAllUsesWith(result);
    node->destroy();
    return true;
  });
}

}  // namespace torch_tensorrt::core::lowering::passes
