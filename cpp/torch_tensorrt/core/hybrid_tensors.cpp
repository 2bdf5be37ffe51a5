#include "torch_tensorrt/core/hybrid_tensors.h"

#include <set>

#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_tensor_copies.h"

namespace torch_tensorrt::core {
namespace {

using c10::IValue;

class Owner {
 public:
  explicit Owner(const torch::jit::Module& source) {
    IValue(source._ivalue()).visit([&](const IValue& part) {
      if (part.isTensor()) shared_.insert(util::storage_of(part.toTensor()));
      return false;
    });
    shared_.erase(nullptr);
  }

  bool is_shared(const IValue& value) const {
    bool found = false;
    value.visit([&](const IValue& part) {
      found = found || (part.isTensor() && shared_.count(util::storage_of(part.toTensor())) != 0);
      return found;
    });
    return found;
  }

  // The value with memory of its own.
  IValue own(const IValue& value) { return copies_.copy(value); }

 private:
  std::set<const void*> shared_;
  util::TensorCopies copies_;
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
