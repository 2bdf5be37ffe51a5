#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/partitioning/roles.h"

namespace torch_tensorrt::core {

// An operator that PyTorch runs in a hybrid module. Uses with different reasons have a row each.
struct PyTorchRow {
  std::string op;
  std::string reason;
  std::string place;  // of the first use: "file.py:12"
  size_t uses = 0;
};

// The parts of a hybrid module, for its user.
struct HybridReport {
  std::string method;
  std::string why;               // why one engine would not do what the method does; empty if it would
  std::vector<size_t> segments;  // the number of operations of each engine
  std::vector<PyTorchRow> rows;  // the most used first; empty if PyTorch only joins the engines
};

HybridReport report_hybrid(const std::string& method, const torch::jit::Graph& graph, const partitioning::Roles& roles,
                           const std::vector<size_t>& segments, const std::string& why);

// "3 engines run 20 operations of forward": the first sentence of text_of.
std::string headline(const HybridReport& report);

// Lists the operators that PyTorch runs with their numbers, first lines and reasons, at most `most_rows` of them.
std::string text_of(const HybridReport& report, size_t most_rows);

// The message of a compilation: at most a screen.
std::string message_of(const HybridReport& report);

}  // namespace torch_tensorrt::core
