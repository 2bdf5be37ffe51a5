#pragma once

#include <vector>

namespace torch_tensorrt::tensorrt_test {

// Checks beyond the rows of the table: dynamic shapes, profiles, refitting, caches, errors, threads.
struct Check {
  const char* name;
  void (*run)();  // throws Error naming the fault
};
const std::vector<Check>& all_checks();
// The checks of sizes that are values (also in all_checks()).
const std::vector<Check>& size_checks();

}  // namespace torch_tensorrt::tensorrt_test
