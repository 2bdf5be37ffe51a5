#include "torch_tensorrt/core/lowering/passes/kept_writes.h"

#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

// Tells our readers from the user's prints; passes that copy a node copy it too.
const auto kKeepsWrite = c10::Symbol::attr("keeps_write");

}  // namespace

KeptWrites::KeptWrites(GraphPtr graph) : graph_(std::move(graph)) {
  for (torch::jit::Node* node : all_nodes(graph_->block())) {
    if (node->outputs().empty() || written_arguments(node).empty()) continue;
    torch::jit::Node* reader = graph_->create(c10::prim::Print, node->outputs(), 0);
    reader->i_(kKeepsWrite, 1)->insertAfter(node);
  }
}

KeptWrites::~KeptWrites() {
  for (torch::jit::Node* node : all_nodes(graph_->block())) {
    if (node->kind() == c10::prim::Print && node->hasAttribute(kKeepsWrite)) node->destroy();
  }
}

}  // namespace torch_tensorrt::core::lowering::passes
