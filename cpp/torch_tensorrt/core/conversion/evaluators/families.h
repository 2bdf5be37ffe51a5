#pragma once

#include <set>
#include <string>
#include <vector>

#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"

// The evaluators that come with the library.
namespace torch_tensorrt::core::conversion::evaluators {

using Registrations = std::vector<EvalRegistration>;
using Result = std::optional<torch::jit::IValue>;

// prim:: nodes: constants, lists, tuples.
Registrations prim_evaluators();
// Numbers that may be computed in the network (sizes of dynamic inputs, say).
Registrations scalar_evaluators();
// Lists whose elements may be network tensors.
Registrations list_evaluators();
// Dicts whose values may be network tensors.
Registrations dict_evaluators();
// What is known of a tensor without its elements: sizes, rank, dtype.
Registrations tensor_property_evaluators();
// Tensors made of numbers.
Registrations creation_evaluators();

// The evaluator of every operator that has no row: one that neither takes nor gives tensors, and does nothing but
// compute its result (numbers, strings, None, lists and tuples of them), is run by PyTorch itself. Null for other
// nodes.
NodeEvaluator plain_evaluator(const torch::jit::Node* n);

inline Registrations builtin_evaluators() {
  Registrations all;
  for (auto* family : {prim_evaluators, scalar_evaluators, list_evaluators, dict_evaluators, tensor_property_evaluators,
                       creation_evaluators}) {
    for (auto& registration : family()) all.push_back(std::move(registration));
  }
  return all;
}

inline c10::Symbol symbol(const char* name) { return c10::Symbol::fromQualString(name); }

// One row of a family: a kind of node, and which of its operators (all of them when there are no schemas).
inline EvalRegistration row(const char* kind, NodeEvaluator evaluator, std::set<std::string> schemas = {}) {
  return {symbol(kind), std::move(evaluator), EvalOptions().validSchemas(std::move(schemas))};
}

}  // namespace torch_tensorrt::core::conversion::evaluators
