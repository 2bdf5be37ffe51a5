#pragma once

#include <functional>
#include <string>
#include <vector>

#include "torch/csrc/jit/runtime/custom_operator.h"
#include "torch/csrc/jit/runtime/operator.h"

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/conversion/var/Var.h"
#include "torch_tensorrt/core/util/decision.h"
#include "torch_tensorrt/core/util/jit_types.h"
#include "torch_tensorrt/core/util/jit_util.h"

// The interface for writing converters.
namespace torch_tensorrt::core::conversion::converters {

// The arguments of a node, in the order of its schema.
using args = std::vector<Var>;

// Adds a node's layers to ctx->net and associates the node's outputs with them (ctx->AssociateValueAndTensor). Returns
// false if the node cannot be converted, or throws Error with the reason.
using OpConverter = std::function<bool(ConversionCtx*, const torch::jit::Node*, args&)>;
// Called before conversion: whether the converter handles this node, else the reason.
using NodePredicate = std::function<Decision(const torch::jit::Node*)>;

// Predicates of rows (BuiltinConverter::supports, ConversionPattern::supports) that also describe in words which nodes
// they decline, so that the list of operators can be generated from the registry. A plain function works as predicate
// too, but the list then has no description.

// Declines some nodes. `what` completes "not converted when ..." and uses the names of the arguments.
struct Declines {
  const char* what;
  Decision (*decide)(const torch::jit::Node*);
  Decision operator()(const torch::jit::Node* n) const { return decide(n); }
};

// Accepts every node, but its layers have data-dependent sizes, which not every backend supports. `what`: as above.
struct MakesLateSizes {
  const char* what;
  Decision operator()(const torch::jit::Node*) const { return Decision::yes(); }
};

// Declines every node; the row only gives the reason.
struct DeclinesAll {
  const char* reason;
  Decision operator()(const torch::jit::Node*) const { return Decision::no(reason); }
};

// A converter with its schema, "aten::relu(Tensor self) -> Tensor".
struct ConversionPattern {
  std::string signature;
  OpConverter converter;
  NodePredicate supports = {};
};

// Adds a converter to the process-wide registry. The last converter registered for a schema is used, so a user's
// converter replaces a built-in one (both are logged). A schema matches an operator if name, overload, and the number
// and types of the arguments are equal; names of arguments, defaults and alias annotations do not matter. Throws Error
// if the signature cannot be parsed.
void register_node_converter(torch::jit::FunctionSchema* signature, OpConverter& converter);
void register_node_converter(std::string signature, OpConverter& converter);
void register_node_converter(ConversionPattern pattern);

// Its construction registers converters:   static auto c =
// RegisterNodeConversionPatterns().pattern({"aten::relu(Tensor self) -> Tensor", convert_relu}); An invalid signature
// is logged as an error and its pattern is skipped, because a library that is being loaded must not terminate the
// process.
class RegisterNodeConversionPatterns {
 public:
  RegisterNodeConversionPatterns() = default;
  RegisterNodeConversionPatterns(const RegisterNodeConversionPatterns&) = delete;
  RegisterNodeConversionPatterns& operator=(const RegisterNodeConversionPatterns&) = delete;
  RegisterNodeConversionPatterns(RegisterNodeConversionPatterns&&) noexcept = default;
  RegisterNodeConversionPatterns& operator=(RegisterNodeConversionPatterns&&) noexcept = default;
  RegisterNodeConversionPatterns&& pattern(ConversionPattern pattern) &&;
};

// Whether a converter accepts the node, else the reason.
Decision converter_decision(const torch::jit::Node* n);
// Whether the node's converter makes layers with data-dependent sizes, whatever the inputs are.
bool makes_late_sizes(const torch::jit::Node* n);
// Whether a converter is registered for the operator (name and overload), whatever arguments it accepts.
bool has_converter(const c10::OperatorName& name);
bool node_is_convertable(const torch::jit::Node* n);
// Throws Error if there is none.
OpConverter get_node_converter_for(const torch::jit::FunctionSchema* signature);
// The signatures of all registered converters, sorted.
std::vector<std::string> get_converter_list();

struct ConverterEntry {
  std::string signature;
  std::string declines;  // when the operator is not converted, or why never
  bool never = false;    // registered only to give the reason
};

// Every registration, by signature.
std::vector<ConverterEntry> list_converters();

}  // namespace torch_tensorrt::core::conversion::converters
