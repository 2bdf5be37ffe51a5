#include "torch_tensorrt/core/ir/value_tree.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::ir {
namespace {

c10::TypePtr common_type(const std::vector<c10::TypePtr>& types) {
  c10::TypePtr common = c10::TensorType::get();
  for (size_t i = 0; i < types.size(); ++i) {
    if (i == 0) common = types[i];
    if (*types[i] == *common) continue;
    TORCHTRT_THROW_ERROR("all elements of a list must have one type, found " << common->str() << " and "
                                                                             << types[i]->str());
  }
  return common;
}

}  // namespace

c10::TypePtr ValueTree::type() const {
  if (declared != nullptr) return declared;
  if (kind == Kind::kTensor) return c10::TensorType::get();
  if (kind == Kind::kNumber) return c10::NumberType::get();
  if (kind == Kind::kConstant) return constant.type();
  std::vector<c10::TypePtr> types;
  for (const auto& child : children) types.push_back(child.type());
  if (kind == Kind::kList) return c10::ListType::create(common_type(types));
  return c10::TupleType::create(std::move(types));
}

size_t count_tensors(const ValueTree& tree) {
  using Kind = ValueTree::Kind;
  return tree.kind == Kind::kTensor || tree.kind == Kind::kNumber ? 1 : count_tensors(tree.children);
}

size_t count_tensors(const std::vector<ValueTree>& trees) {
  size_t count = 0;
  for (const auto& tree : trees) count += count_tensors(tree);
  return count;
}

}  // namespace torch_tensorrt::core::ir
