#pragma once

#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"
#include "torch_tensorrt/core/conversion/evaluators/evaluators.h"
#include "torch_tensorrt/core/util/macros.h"

// Defines an evaluator of two numbers outside of this library, at namespace scope. `operation` is an expression of a
// and b, the node's two inputs; `schemas` is a std::set<std::string>:
//   DEFINE_GENERIC_TWO_INPUT_EVALUATOR(lt, "aten::lt", a < b, std::set<std::string>({"aten::lt.int(int a, int b) ->
//   bool"}))
// The library itself does not use it: its evaluators of numbers run PyTorch's own operators.
namespace torch_tensorrt::core::conversion::evaluators::detail {

// Calls the function with both inputs converted to the type that can hold them: bool, int64_t, double or std::string.
template <typename Function>
torch::jit::IValue with_two_numbers(const torch::jit::Node* n, kwargs& args, const Function& function) {
  auto& a = args.at(n->input(0));
  auto& b = args.at(n->input(1));
  if (a.isBool() && b.isBool()) return function(a.unwrapToBool(), b.unwrapToBool());
  if (a.isInt() && b.isInt()) return function(a.unwrapToInt(), b.unwrapToInt());
  return function(a.unwrapToScalar().toDouble(), b.unwrapToScalar().toDouble());
}

template <typename Function>
torch::jit::IValue with_two_values(const torch::jit::Node* n, kwargs& args, const Function& function) {
  auto& a = args.at(n->input(0));
  auto& b = args.at(n->input(1));
  if (a.isString() && b.isString()) return function(a.unwrapToString(), b.unwrapToString());
  return with_two_numbers(n, args, function);
}

}  // namespace torch_tensorrt::core::conversion::evaluators::detail

#define TORCHTRT_REGISTER_EVALUATOR_(name, node_kind, schemas, value)                                            \
  static auto name##_registrations TORCHTRT_UNUSED =                                                             \
      torch_tensorrt::core::conversion::evaluators::RegisterNodeEvaluators().evaluator(                          \
          {c10::Symbol::fromQualString(node_kind),                                                               \
           [](torch_tensorrt::core::conversion::ConversionCtx*, const torch::jit::Node* n,                       \
              torch_tensorrt::core::conversion::evaluators::kwargs& args) -> c10::optional<torch::jit::IValue> { \
             return torch::jit::IValue(value);                                                                   \
           },                                                                                                    \
           torch_tensorrt::core::conversion::evaluators::EvalOptions().validSchemas(schemas)});

#define DEFINE_GENERIC_TWO_INPUT_EVALUATOR(name, node_kind, operation, schemas)                        \
  TORCHTRT_REGISTER_EVALUATOR_(name, node_kind, schemas,                                               \
                               (torch_tensorrt::core::conversion::evaluators::detail::with_two_values( \
                                   n, args, [](auto a, auto b) { return torch::jit::IValue(operation); })))

#define DEFINE_ARITHMATIC_TWO_INPUT_EVALUATOR(name, node_kind, operation, schemas)                      \
  TORCHTRT_REGISTER_EVALUATOR_(name, node_kind, schemas,                                                \
                               (torch_tensorrt::core::conversion::evaluators::detail::with_two_numbers( \
                                   n, args, [](auto a, auto b) { return torch::jit::IValue(operation); })))

#define DEFINE_TWO_INPUT_SIMPLE_EVALUATOR(node_kind, node_name, operation, type, schemas) \
  TORCHTRT_REGISTER_EVALUATOR_(node_kind, node_name, schemas, ([](type a, type b) {       \
                                 return operation;                                        \
                               }(args.at(n->input(0)).unwrapTo<type>(), args.at(n->input(1)).unwrapTo<type>())))
