#pragma once

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/util/decision.h"

// Predicates of rows (BuiltinConverter::supports, ConversionPattern::supports) that also describe in words which nodes
// they decline, so that the list of operators can be generated from the registry. A plain function works as predicate
// too, but the list then has no description.
namespace torch_tensorrt::core::conversion::converters {

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

}  // namespace torch_tensorrt::core::conversion::converters
