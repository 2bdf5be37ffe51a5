#pragma once

#include "torch_tensorrt/core/lowering/passes/passes.h"

namespace torch_tensorrt::core::lowering::passes {

// Whether the graph may write memory that the result of an operator shares with its argument although the schema does
// not say so. PyTorch may run such a graph wrongly if its loops were unrolled: it merges reads before and after a
// write.
bool hides_writes(const GraphPtr& graph);

// Adds nodes that show PyTorch's passes the memory effects they would miss. Does nothing if no node writes.
// - Alias analysis takes a loop's result for the body's result alone, but a loop without rounds passes on its input.
//   It then drops writes whose readers it does not find. Each write gets a reader with a side effect.
// - The analysis trusts schemas, but those of atleast_2d or dropout do not say that the result may share the memory of
//   the argument. A trt::shares after such a node shows it.
void show_memory(torch::jit::Graph& graph);
// Removes those nodes, and the prints with which the writer of exported programs keeps writes alive.
void hide_memory(torch::jit::Graph& graph);

// Calls show_memory now and hide_memory at the end of its life.
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
