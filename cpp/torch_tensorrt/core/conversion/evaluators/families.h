#pragma once

#include <set>
#include <string>
#include <vector>

#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"

// The built-in evaluators.
namespace torch_tensorrt::core::conversion::evaluators {

using Registrations = std::vector<EvalRegistration>;
using Result = std::optional<torch::jit::IValue>;

// prim:: nodes: constants, lists, tuples.
Registrations prim_evaluators();
// Numbers that may be computed in the network, for example sizes of dynamic inputs.
Registrations scalar_evaluators();
// Lists whose elements may be network tensors.
Registrations list_evaluators();
// Dicts whose values may be network tensors.
Registrations dict_evaluators();
// Properties of a tensor that do not depend on its elements: sizes, rank, dtype.
Registrations tensor_property_evaluators();
// Tensors made from numbers.
Registrations creation_evaluators();

inline Registrations builtin_evaluators() {
  Registrations all;
  for (auto* family : {prim_evaluators, scalar_evaluators, list_evaluators, dict_evaluators, tensor_property_evaluators,
                       creation_evaluators}) {
    for (auto& registration : family()) all.push_back(std::move(registration));
  }
  return all;
}

inline c10::Symbol symbol(const char* name) { return c10::Symbol::fromQualString(name); }

// One row of a family: a kind of node, and the schemas that the evaluator accepts (none given: all).
inline EvalRegistration row(const char* kind, NodeEvaluator evaluator, std::set<std::string> schemas = {}) {
  return {symbol(kind), std::move(evaluator), EvalOptions().validSchemas(std::move(schemas))};
}

}  // namespace torch_tensorrt::core::conversion::evaluators
