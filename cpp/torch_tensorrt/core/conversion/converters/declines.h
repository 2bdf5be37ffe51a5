#pragma once

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/util/decision.h"

// Predicates of rows (BuiltinConverter::supports, ConversionPattern::supports) that also say in words which nodes they
// decline, so that a list of operators can be made of the registry. An own predicate works too; the list then says
// nothing of it.
namespace torch_tensorrt::core::conversion::converters {

// Declines some nodes: `what` completes "not converted when ...", by the names of the arguments.
struct Declines {
  const char* what;
  Decision (*decide)(const torch::jit::Node*);
  Decision operator()(const torch::jit::Node* n) const { return decide(n); }
};

// Takes every node, and makes layers of it whose sizes depend on data: not every backend takes those. `what` as above.
struct MakesLateSizes {
  const char* what;
  Decision operator()(const torch::jit::Node*) const { return Decision::yes(); }
};

// Declines every node: the row is there to give the reason.
struct DeclinesAll {
  const char* reason;
  Decision operator()(const torch::jit::Node*) const { return Decision::no(reason); }
};

}  // namespace torch_tensorrt::core::conversion::converters
