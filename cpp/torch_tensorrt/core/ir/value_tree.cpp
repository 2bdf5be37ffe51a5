#include "torch_tensorrt/core/ir/value_tree.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::ir {
namespace {

c10::TypePtr common_type(const std::vector<c10::TypePtr>& types) {
  c10::TypePtr common = c10::TensorType::get();
  for (size_t i = 0; i < types.size(); ++i) {
    if (i == 0) common = types[i];
    if (*types[i] == *common) continue;
    TORCHTRT_THROW_ERROR("a list of elements of different types: " << common->str() << " and " << types[i]->str());
  }
  return common;
}

}  // namespace

c10::TypePtr ValueTree::type() const {
  if (kind == Kind::kTensor) return c10::TensorType::get();
  std::vector<c10::TypePtr> types;
  for (const auto& child : children) types.push_back(child.type());
  if (kind == Kind::kList) return c10::ListType::create(common_type(types));
  return c10::TupleType::create(std::move(types));
}

size_t count_tensors(const ValueTree& tree) {
  return tree.kind == ValueTree::Kind::kTensor ? 1 : count_tensors(tree.children);
}

size_t count_tensors(const std::vector<ValueTree>& trees) {
  size_t count = 0;
  for (const auto& tree : trees) count += count_tensors(tree);
  return count;
}

}  // namespace torch_tensorrt::core::ir
