#pragma once

#include <functional>
#include <string>
#include <vector>

#include "torch/csrc/jit/runtime/custom_operator.h"
#include "torch/csrc/jit/runtime/operator.h"

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/conversion/converters/Weights.h"
#include "torch_tensorrt/core/conversion/converters/converter_util.h"
#include "torch_tensorrt/core/conversion/var/Var.h"
#include "torch_tensorrt/core/util/decision.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/trt_util.h"

// Everything that a converter is written with.
namespace torch_tensorrt::core::conversion::converters {

// The arguments of a node, in the order of its schema.
using args = std::vector<Var>;

// Adds layers for a node to ctx->net and says what its outputs are (ctx->AssociateValueAndTensor). Returns whether it
// could; throws Error with the reason where it can give one.
using OpConverter = std::function<bool(ConversionCtx*, const torch::jit::Node*, args&)>;
// Asked before anything is converted: whether the converter handles this node, or why not.
using NodePredicate = std::function<Decision(const torch::jit::Node*)>;

// A converter with the schema that it is for, "aten::relu(Tensor self) -> Tensor".
struct ConversionPattern {
  std::string signature;
  OpConverter converter;
  NodePredicate supports = {};
};

// Adds a converter to the process-wide registry; the last one registered for a schema is used, so that a user's takes
// precedence over a built-in (both are logged). A schema is taken for an operator when name, overload, and number and
// types of the arguments agree; names of arguments, defaults and alias annotations do not matter. Throws Error when the
// signature cannot be read.
void register_node_converter(torch::jit::FunctionSchema* signature, OpConverter& converter);
void register_node_converter(std::string signature, OpConverter& converter);
void register_node_converter(ConversionPattern pattern);

// Registers converters where it is constructed:
//   static auto c = RegisterNodeConversionPatterns().pattern({"aten::relu(Tensor self) -> Tensor", convert_relu});
// A mistake in a signature is logged as an error and the pattern left out: a library that is being loaded must not
// terminate the process.
class RegisterNodeConversionPatterns {
 public:
  RegisterNodeConversionPatterns() = default;
  RegisterNodeConversionPatterns(const RegisterNodeConversionPatterns&) = delete;
  RegisterNodeConversionPatterns& operator=(const RegisterNodeConversionPatterns&) = delete;
  RegisterNodeConversionPatterns(RegisterNodeConversionPatterns&&) noexcept = default;
  RegisterNodeConversionPatterns& operator=(RegisterNodeConversionPatterns&&) noexcept = default;
  RegisterNodeConversionPatterns&& pattern(ConversionPattern pattern) &&;
};

// Whether (or why not) a converter takes the node.
Decision converter_decision(const torch::jit::Node* n);
// Whether its converter makes layers whose sizes depend on data, whatever the inputs are.
bool makes_late_sizes(const torch::jit::Node* n);
// Whether anything is registered for the operator (name and overload), whatever it takes.
bool has_converter(const c10::OperatorName& name);
bool node_is_convertable(const torch::jit::Node* n);
// Throws Error when there is none.
OpConverter get_node_converter_for(const torch::jit::FunctionSchema* signature);
// Signatures of all that are registered, sorted.
std::vector<std::string> get_converter_list();

}  // namespace torch_tensorrt::core::conversion::converters
