#pragma once

#include "torch_tensorrt/core/lowering/passes/passes.h"

namespace torch_tensorrt::core::lowering::passes {

// While it lives, PyTorch's passes keep every write of the graph. They drop those whose readers their alias analysis
// does not find: it takes what a loop hands on for the body's result alone, and a loop of no rounds hands on what it
// was given. Each write gets a reader with a side effect, which the destructor takes away.
class KeptWrites {
 public:
  explicit KeptWrites(GraphPtr graph);
  ~KeptWrites();
  KeptWrites(const KeptWrites&) = delete;
  KeptWrites& operator=(const KeptWrites&) = delete;

 private:
  GraphPtr graph_;
};

}  // namespace torch_tensorrt::core::lowering::passes
