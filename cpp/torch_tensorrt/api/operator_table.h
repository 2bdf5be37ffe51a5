#pragma once

#include <string>
#include <vector>

// Every operator that the library knows, for docs/supported_ops.md.
namespace torch_tensorrt::torchscript {

struct OperatorEntry {
  std::string op;    // the schema, or the kind of a node without one
  std::string how;   // "converted", "evaluated", "declined" or "rewritten"
  std::string note;  // when it is not converted; why it is declined; what it is rewritten to
};

// By `how`, then by `op`. An operator can be in it twice: converted where its arguments depend on the inputs, evaluated
// where they are known.
std::vector<OperatorEntry> operator_table();
// [{"op", "how", "note"}]
std::string operator_table_json();

}  // namespace torch_tensorrt::torchscript
