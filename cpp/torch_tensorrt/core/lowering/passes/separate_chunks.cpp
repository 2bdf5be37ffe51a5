#include <set>

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// Whether the value is made by an operator that gives a new tensor, and read by one node alone.
bool is_private(const Value* value) {
  static const std::set<c10::Symbol> kMakers = {c10::aten::linear, c10::aten::addmm, c10::aten::matmul,
                                                c10::aten::mm,     c10::aten::bmm,   c10::aten::add};
  if (value->uses().size() != 1) return false;
  const Node* maker = value->node();
  if (maker->kind() == c10::aten::add_) return is_private(maker->input(0));
  return kMakers.count(maker->kind()) != 0;
}

bool gives_chunks(const Node* node) {
  static const std::set<c10::Symbol> kChunks = {c10::Symbol::aten("unsafe_chunk"), c10::Symbol::aten("unsafe_split")};
  return kChunks.count(node->kind()) != 0;
}

bool separate(Node* unpack) {
  if (unpack->kind() != c10::prim::ListUnpack || !gives_chunks(unpack->input()->node())) return false;
  const Node* chunks = unpack->input()->node();
  if (!is_private(chunks->input(0)) || unpack->input()->uses().size() != 1) return false;
  Node* place = unpack->next();
  auto* none = constant_before(place, torch::jit::IValue());
  for (Value* part : unpack->outputs()) {
    auto* copy = insert_before(place, c10::aten::clone, {part, none}, part->type());
    part->replaceAllUsesAfterNodeWith(copy, copy->output());
  }
  return true;
}

}  // namespace

bool separate_chunks(const GraphPtr& graph) {
  bool changed = false;
  for (Node* node : all_nodes(graph->block())) changed = (!is_marked(node) && separate(node)) || changed;
  return changed;
}

}  // namespace torch_tensorrt::core::lowering::passes
