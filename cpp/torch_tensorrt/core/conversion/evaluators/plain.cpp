#include "torch_tensorrt/core/conversion/evaluators/families.h"

namespace torch_tensorrt::core::conversion::evaluators {
namespace {

bool holds_tensors(const c10::Type& type) {
  switch (type.kind()) {
    case c10::TypeKind::TensorType:
    case c10::TypeKind::AnyType:
    case c10::TypeKind::ClassType:
    case c10::TypeKind::InterfaceType:
    case c10::TypeKind::FutureType:
    case c10::TypeKind::VarType:
      return true;
    default:  // c10's enum may grow: check the contained types
      break;
  }
  for (const auto& inner : type.containedTypes()) {
    if (holds_tensors(*inner)) return true;
  }
  return false;
}

bool has_only_plain_values(at::ArrayRef<const torch::jit::Value*> values) {
  for (const auto* value : values) {
    if (holds_tensors(*value->type())) return false;
  }
  return true;
}

}  // namespace

NodeEvaluator plain_evaluator(const torch::jit::Node* n) {
  const bool is_plain = n->maybeOperator() != nullptr && n->blocks().empty() && !n->hasSideEffects() &&
                        !n->isNondeterministic() && !n->outputs().empty() && has_only_plain_values(n->inputs()) &&
                        has_only_plain_values(n->outputs());
  if (!is_plain) return {};
  return [](ConversionCtx*, const torch::jit::Node* node, kwargs& args) { return run_operator(node, args); };
}

}  // namespace torch_tensorrt::core::conversion::evaluators
