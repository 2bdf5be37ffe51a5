#include "torch_tensorrt/core/hybrid_tensors.h"

#include <map>
#include <set>

#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core {
namespace {

using c10::IValue;

const void* storage_of(const at::Tensor& tensor) {
  return tensor.defined() && tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr;
}

class Owner {
 public:
  explicit Owner(const torch::jit::Module& source) {
    IValue(source._ivalue()).visit([&](const IValue& part) {
      if (part.isTensor()) shared_.insert(storage_of(part.toTensor()));
      return false;
    });
    shared_.erase(nullptr);
  }

  bool is_shared(const IValue& value) const {
    bool found = false;
    value.visit([&](const IValue& part) {
      found = found || (part.isTensor() && shared_.count(storage_of(part.toTensor())) != 0);
      return found;
    });
    return found;
  }

  // The value with memory of its own.
  IValue own(const IValue& value) {
    if (!value.isTensor()) return value.deepcopy(copies_);
    const auto tensor = value.toTensor();
    if (tensor.layout() != at::kStrided || tensor.is_quantized()) return tensor.clone();
    const at::NoGradGuard no_grad;
    auto& storage = storages_[storage_of(tensor)];
    if (!storage.defined()) {
      auto bytes = at::empty({0}, tensor.options().dtype(at::kByte));
      const auto count = static_cast<int64_t>(tensor.storage().nbytes());
      storage = bytes.set_(tensor.storage(), /*storage_offset=*/0, {count}, {1}).clone();
    }
    auto copy = at::empty({0}, tensor.options());
    copy.set_(storage.storage(), tensor.storage_offset(), tensor.sizes(), tensor.strides());
    return copy.set_requires_grad(tensor.requires_grad());
  }

 private:
  std::set<const void*> shared_;
  std::map<const void*, at::Tensor> storages_;
  IValue::HashIdentityIValueMap copies_;
};

void own_constants(torch::jit::Graph& graph, Owner& owner) {
  for (auto* node : lowering::passes::all_nodes(graph.block())) {
    if (node->kind() != c10::prim::Constant) continue;
    const auto value = torch::jit::toIValue(node->output());
    if (!value || !owner.is_shared(*value)) continue;
    auto* copy = lowering::passes::constant_before(node, owner.own(*value));
    copy->copyMetadata(node->output());
    lowering::passes::replace_with(node, copy);
  }
}

}  // namespace

void own_tensors(torch::jit::Module& module, const std::vector<std::shared_ptr<torch::jit::Graph>>& graphs,
                 const torch::jit::Module& source) {
  Owner owner(source);
  for (const auto& graph : graphs) own_constants(*graph, owner);
  for (auto part : module.modules()) {
    for (const auto& attribute : part.named_attributes(/*recurse=*/false)) {
      if (attribute.value.isModule() || !owner.is_shared(attribute.value)) continue;
      part.setattr(attribute.name, owner.own(attribute.value));
    }
  }
}

}  // namespace torch_tensorrt::core
