#pragma once

#include <functional>
#include <string>

#include "gtest/gtest.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"

namespace torch_tensorrt::core::lowering {

// The graph before and after a pass; equal texts mean that the pass must not change it. passes_test.cpp runs it.
struct PassCase {
  const char* name;
  std::function<bool(const passes::GraphPtr&)> run;
  std::string before;
  std::string after;  // empty: unchanged
};
inline std::ostream& operator<<(std::ostream& os, const PassCase& test) { return os << test.name; }

class Pass : public testing::TestWithParam<PassCase> {};

}  // namespace torch_tensorrt::core::lowering
