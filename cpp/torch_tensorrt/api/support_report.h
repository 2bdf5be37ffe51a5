#pragma once

#include <string>
#include <vector>

// Lists every operator that the library knows, for docs/supported_ops.md.
namespace torch_tensorrt::torchscript {

struct OperatorEntry {
  std::string op;    // the schema, or the kind of a node without one
  std::string how;   // "converted", "evaluated", "declined" or "rewritten"
  std::string note;  // when it is not converted; why it is declined; or the operators that replace it
};

// Sorted by `how`, then by `op`. An operator may have two entries: converted if its arguments depend on the inputs,
// evaluated if they are known.
std::vector<OperatorEntry> operator_table();
// [{"op", "how", "note"}]
std::string operator_table_json();

}  // namespace torch_tensorrt::torchscript
