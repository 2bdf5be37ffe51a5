#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/partitioning/roles.h"

namespace torch_tensorrt::core {

// The parts of a hybrid module, for its user.
struct HybridReport {
  std::string text;
  bool pytorch_computes = false;  // PyTorch runs operators, not only what joins the engines
};

// Lists the operators that PyTorch runs with their numbers, first lines and reasons: at most a screen. `segments`: the
// number of operations of each engine; `why`: the reason if one engine would not do what the method does, else empty.
HybridReport report_hybrid(const std::string& method, const torch::jit::Graph& graph, const partitioning::Roles& roles,
                           const std::vector<size_t>& segments, const std::string& why);

}  // namespace torch_tensorrt::core
