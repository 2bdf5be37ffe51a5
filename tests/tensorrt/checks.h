#pragma once

#include <vector>

namespace torch_tensorrt::tensorrt_test {

// What rows of the table do not show: dynamic shapes, profiles, refitting, caches, errors, threads.
struct Check {
  const char* name;
  void (*run)();  // throws Error with what is wrong
};
const std::vector<Check>& all_checks();
// Those of sizes that are values (in all_checks() too).
const std::vector<Check>& size_checks();

}  // namespace torch_tensorrt::tensorrt_test
