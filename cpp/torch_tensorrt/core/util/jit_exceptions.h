#pragma once

#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::util {

// An exception that a module raises itself, in a raise or an assert.
struct RaisedException {
  std::string source;   // "model.py:12: raise ValueError("too many rows")"; empty if unknown
  std::string message;  // with {} for what is only known in a call
};

// Adds the exceptions that the block and the blocks inside raise, and that the list does not have yet.
void add_exceptions(const torch::jit::Block* block, std::vector<RaisedException>& found);

void merge_exceptions(const std::vector<RaisedException>& more, std::vector<RaisedException>& found);

// One line for each exception, each behind a line break.
std::string list_exceptions(const std::vector<RaisedException>& exceptions);

}  // namespace torch_tensorrt::core::util
