#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"
#include "torch_tensorrt/core/conversion/var/Var.h"

// Evaluators compute nodes during conversion: numbers, lists, sizes. Their result is a known value or, if it depends on
// a dynamic input, a network tensor in a TensorContainer.
namespace torch_tensorrt::core::conversion::evaluators {

// The inputs of a node, by graph value.
using kwargs = std::map<const torch::jit::Value*, Var>;

// Whether every argument is known.
inline bool constTypesOnly(kwargs& args) {
  for (const auto& arg : args) {
    if (arg.second.isITensor()) return false;
  }
  return true;
}

// The value of the node's output (for several outputs: a tuple of the values); nothing if the node has no value.
using NodeEvaluator =
    std::function<std::optional<torch::jit::IValue>(ConversionCtx*, const torch::jit::Node*, kwargs&)>;

// Selects the nodes of its kind that an evaluator accepts.
struct EvalOptions {
  std::set<c10::TypePtr> blacklisted_output_types;
  std::vector<c10::OperatorName> valid_schemas;  // empty: all
  std::vector<std::string> supported_variants;   // the schemas as given
  EvalOptions() = default;
  EvalOptions& blacklistOutputTypes(std::set<c10::TypePtr> types);
  // A schema that cannot be parsed is logged as an error and matches no node.
  EvalOptions& validSchemas(std::set<std::string> schemas);
  bool use() const { return !blacklisted_output_types.empty() || !valid_schemas.empty(); }
};

struct EvalRegistration {
  torch::jit::NodeKind kind;
  NodeEvaluator evaluator;
  EvalOptions options;
  EvalRegistration() = default;
  EvalRegistration(torch::jit::NodeKind kind, NodeEvaluator evaluator) : kind(kind), evaluator(std::move(evaluator)) {}
  EvalRegistration(torch::jit::NodeKind kind, NodeEvaluator evaluator, EvalOptions options)
      : kind(kind), evaluator(std::move(evaluator)), options(std::move(options)) {}
};

// Throws Error naming the node if no evaluator accepts it or the evaluator fails.
std::optional<torch::jit::IValue> EvalNode(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args);
bool shouldEvalAtConversionTime(const torch::jit::Node* n);
std::vector<std::string> getEvaluatorList();

// The last registered evaluator that accepts a node is used; replacing one is logged. Thread-safe.
void register_node_evaluator(torch::jit::NodeKind node_kind, NodeEvaluator evaluator);
void register_node_evaluator(EvalRegistration registration);

// Its construction registers evaluators, as RegisterNodeConversionPatterns does for converters.
class RegisterNodeEvaluators {
 public:
  RegisterNodeEvaluators() = default;
  RegisterNodeEvaluators(const RegisterNodeEvaluators&) = delete;
  RegisterNodeEvaluators& operator=(const RegisterNodeEvaluators&) = delete;
  RegisterNodeEvaluators(RegisterNodeEvaluators&&) noexcept = default;
  RegisterNodeEvaluators& operator=(RegisterNodeEvaluators&&) noexcept = default;
  RegisterNodeEvaluators&& evaluator(EvalRegistration registration) &&;
};

}  // namespace torch_tensorrt::core::conversion::evaluators
