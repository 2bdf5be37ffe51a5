#include "torch_tensorrt/core/util/jit_in_place.h"

#include <vector>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::util {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

void append(at::ArrayRef<const Value*> values, std::vector<const Value*>& reads) {
  reads.insert(reads.end(), values.begin(), values.end());
}

void collect_reads(const Block* block, std::vector<const Value*>& reads) {
  for (const auto* node : block->nodes()) {
    append(node->inputs(), reads);
    for (const auto* inner : node->blocks()) collect_reads(inner, reads);
  }
  append(block->outputs(), reads);
}

// Collects the values that are read after the node, in its block and in the blocks around it.
void collect_later_reads(const Node* n, std::vector<const Value*>& reads) {
  const Block* block = n->owningBlock();
  for (const auto* later = n->next(); later != block->return_node(); later = later->next()) {
    append(later->inputs(), reads);
    for (const auto* inner : later->blocks()) collect_reads(inner, reads);
  }
  append(block->outputs(), reads);
  if (block->owningNode() != nullptr) collect_later_reads(block->owningNode(), reads);
}

// Inside a loop, nodes before this one also run after it: only a tensor made anew in each iteration is safe.
bool may_be_carried_round(const Node* n) {
  const bool is_inside = n->owningBlock()->owningNode() != nullptr;
  const auto* producer = n->input(0)->node();
  return is_inside && (producer->kind() == c10::prim::Param || producer->owningBlock() != n->owningBlock());
}

// Results of the nodes whose blocks enclose this one are made after everything inside has run.
bool is_made_later(const Value* value, const Node* n) {
  const auto* producer = value->node();
  if (producer->kind() == c10::prim::Param) return false;
  for (const auto* owner = n->owningBlock()->owningNode(); owner != nullptr;
       owner = owner->owningBlock()->owningNode()) {
    if (owner == producer) return true;
  }
  return producer->isAfter(n);
}

}  // namespace

bool is_in_place(const Node* n) {
  const auto* schema = n->maybeSchema();
  if (schema == nullptr || schema->arguments().empty() || n->outputs().size() != 1) return false;
  const auto& self = schema->arguments()[0];
  const bool writes = self.alias_info() != nullptr && self.alias_info()->isWrite();
  return writes && self.type()->kind() == c10::TypeKind::TensorType;
}

bool write_is_seen_elsewhere(const Node* n, const torch::jit::AliasDb& aliases, SelfName self_name) {
  if (may_be_carried_round(n)) return true;
  auto* self = const_cast<Value*>(n->input(0));
  std::vector<const Value*> reads;
  collect_later_reads(n, reads);
  for (const auto* read : reads) {
    auto* value = const_cast<Value*>(read);
    if (value == n->output()) continue;
    if (value == self && self_name == SelfName::kIsRedirected) continue;
    // Values made after the write come from the node's result, or from another value checked here.
    if (!is_made_later(value, n) && aliases.mayContainAlias(value, self)) return true;
  }
  return false;
}

void check_written_dtype(at::ScalarType result, at::ScalarType self) {
  if (c10::canCast(result, self)) return;
  TORCHTRT_THROW_ERROR(
      "a result of dtype "
      << result << " cannot be written in place to a tensor of dtype " << self
      << ", to which PyTorch does not cast it; convert the tensor first, or use the out-of-place form of the operator");
}

void check_written_shape(at::IntArrayRef result, at::IntArrayRef self) {
  bool fits = result.size() == self.size();
  for (size_t i = 0; fits && i < self.size(); ++i) fits = result[i] < 0 || self[i] < 0 || result[i] == self[i];
  if (fits) return;
  TORCHTRT_THROW_ERROR(
      "a result of shape "
      << result << " cannot be written in place to a tensor of shape " << self
      << ", which keeps its shape; expand the tensor first, or use the out-of-place form of the operator");
}

void check_places(const at::Tensor& places) {
  const auto unique = std::get<0>(at::_unique(places));
  if (unique.numel() == places.numel()) return;
  TORCHTRT_THROW_ERROR("a view whose elements overlap in memory is written in place ("
                       << places.numel() << " elements in " << unique.numel()
                       << " places), for example one made by expand() or unfold(); write to a clone() of it");
}

}  // namespace torch_tensorrt::core::util
