#pragma once

#include "torch_tensorrt/core/lowering/passes/passes.h"

namespace torch_tensorrt::core::lowering::passes {

// What PyTorch's passes do not see of memory, as nodes that they do see. Does nothing where no node writes.
// - They drop writes whose readers their alias analysis does not find: it takes what a loop hands on for the body's
//   result alone, and a loop of no rounds hands on what it was given. Each write gets a reader with a side effect.
// - They believe schemas, and that of atleast_2d or dropout does not say that the result may share the argument's
//   memory. trt::shares behind such a node says it.
void show_memory(torch::jit::Graph& graph);
// Takes those nodes away, and the prints by which the writer of exported programs keeps writes.
void hide_memory(torch::jit::Graph& graph);

// Shows the memory while it lives.
class ShownMemory {
 public:
  explicit ShownMemory(GraphPtr graph) : graph_(std::move(graph)) { show_memory(*graph_); }
  ~ShownMemory() { hide_memory(*graph_); }
  ShownMemory(const ShownMemory&) = delete;
  ShownMemory& operator=(const ShownMemory&) = delete;

 private:
  GraphPtr graph_;
};

}  // namespace torch_tensorrt::core::lowering::passes
