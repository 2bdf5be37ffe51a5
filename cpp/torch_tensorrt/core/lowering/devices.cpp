#include "torch_tensorrt/core/lowering/devices.h"

#include <algorithm>
#include <map>
#include <vector>

#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/lowering/passes/fresh_tensors.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_module_copy.h"

namespace torch_tensorrt::core::lowering {
namespace {

using c10::IValue;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// Calls visit(tensor) for each tensor of the value, also in collections.
template <typename Visit>
void for_each_tensor(const IValue& value, const Visit& visit) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) visit(value.toTensor());
  } else if (value.isTuple()) {
    for (const auto& part : value.toTupleRef().elements()) for_each_tensor(part, visit);
  } else if (value.isTensorList() || value.isList()) {
    for (const IValue& part : value.toListRef()) for_each_tensor(part, visit);
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) for_each_tensor(entry.value(), visit);
  }
}

bool has_tensor(const IValue& value, const std::function<bool(const at::Tensor&)>& is_wanted) {
  bool found = false;
  for_each_tensor(value, [&](const at::Tensor& tensor) { found = found || is_wanted(tensor); });
  return found;
}

class Mover {
 public:
  explicit Mover(c10::Device device) : device_(device) {}

  bool is_elsewhere(const IValue& value) const {
    return has_tensor(value, [&](const at::Tensor& tensor) { return tensor.device() != device_; });
  }

  // The value itself if its tensors are on the device.
  IValue moved(const IValue& value) {
    if (!is_elsewhere(value)) return value;
    auto& there = moved_[value.internalToPointer()];
    if (there.isNone()) there = copy(value);
    return there;
  }

 private:
  IValue copy(const IValue& value) {
    if (value.isTensor()) {
      const auto& tensor = value.toTensor();
      return tensor.detach().to(device_).set_requires_grad(tensor.requires_grad());
    }
    if (value.isTuple()) {
      std::vector<IValue> parts;
      for (const auto& part : value.toTupleRef().elements()) parts.push_back(moved(part));
      return c10::ivalue::Tuple::createNamed(std::move(parts), value.toTupleRef().type());
    }
    if (value.isGenericDict()) {
      const auto from = value.toGenericDict();
      c10::impl::GenericDict dict(from.keyType(), from.valueType());
      for (const auto& entry : from) dict.insert(entry.key(), moved(entry.value()));
      return dict;
    }
    c10::impl::GenericList list(value.toList().elementType());
    for (const IValue& part : value.toListRef()) list.push_back(moved(part));
    return list;
  }

  c10::Device device_;
  std::map<const void*, IValue> moved_;
};

bool is_device(const c10::TypePtr& type) {
  if (const auto optional = type->cast<c10::OptionalType>()) return is_device(optional->getElementType());
  return type->kind() == c10::TypeKind::DeviceObjType;
}

}  // namespace

Module on_device(const Module& module, c10::Device device) {
  Mover mover(device);
  const auto owners = module.modules();
  bool is_elsewhere = false;
  for (const auto& owner : owners) {
    for (const auto& attribute : owner.named_attributes(/*recurse=*/false)) {
      is_elsewhere = is_elsewhere || mover.is_elsewhere(attribute.value);
    }
  }
  if (!is_elsewhere) return module;
  auto copy = util::copy_module(module);
  for (auto owner : copy.modules()) {
    for (const auto& attribute : owner.named_attributes(/*recurse=*/false)) {
      if (mover.is_elsewhere(attribute.value)) owner.setattr(attribute.name, mover.moved(attribute.value));
    }
  }
  return copy;
}

bool lives_elsewhere(const Module& module, torch::jit::Graph& graph, c10::Device device) {
  bool is_here = false;
  bool is_elsewhere = false;
  const auto look = [&](const IValue& value) {
    for_each_tensor(value, [&](const at::Tensor& tensor) {
      is_here = is_here || tensor.device() == device;
      is_elsewhere = is_elsewhere || tensor.device() != device;
    });
  };
  for (const auto& owner : module.modules()) {
    for (const auto& attribute : owner.named_attributes(/*recurse=*/false)) look(attribute.value);
  }
  for (const auto* node : passes::all_nodes(graph.block())) {
    if (node->kind() == c10::prim::Constant) look(torch::jit::toIValue(node->output()).value_or(IValue()));
  }
  return is_elsewhere && !is_here;
}

void make_on_device(torch::jit::Graph& graph, c10::Device device) {
  for (auto* node : passes::all_nodes(graph.block())) {
    const auto* schema = node->maybeSchema();
    const auto inputs = node->inputs();
    const auto is_tensor = [](const Value* input) { return passes::is_tensor_type(input->type()); };
    if (schema == nullptr || node->outputs().size() != 1 || !is_tensor(node->output())) continue;
    if (std::any_of(inputs.begin(), inputs.end(), is_tensor)) continue;
    for (size_t i = 0; i < schema->arguments().size() && i < inputs.size(); ++i) {
      const auto given = torch::jit::toIValue(node->input(i));
      if (!is_device(schema->arguments()[i].type()) || !given || given->isNone()) continue;
      node->replaceInput(i, passes::constant_before(node, IValue(device)));
    }
  }
}

void move_constants(torch::jit::Graph& graph, c10::Device device) {
  Mover mover(device);
  for (auto* node : passes::all_nodes(graph.block())) {
    if (node->kind() != c10::prim::Constant) continue;
    const auto value = torch::jit::toIValue(node->output());
    if (!value || !mover.is_elsewhere(*value)) continue;
    auto* moved = passes::constant_before(node, mover.moved(*value));
    moved->setType(node->output()->type());
    const auto uses = node->output()->uses();
    for (const auto& use : uses) {
      if (!passes::is_fresh(use.user)) use.user->replaceInput(use.offset, moved);
    }
  }
}

}  // namespace torch_tensorrt::core::lowering
