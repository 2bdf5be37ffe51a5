#include <algorithm>
#include <map>
#include <vector>

#include "torch/csrc/jit/ir/constants.h"
#include "torch/csrc/jit/passes/constant_propagation.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/quantized_tensors.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/shown_memory.h"
#include "torch_tensorrt/core/util/jit_quantization.h"
#include "torch_tensorrt/core/util/macros.h"

// Passes that make, move and combine constants.
namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::IValue;
using torch::jit::Node;

bool on_another_device(const at::Tensor& tensor) { return tensor.defined() && !tensor.is_cpu(); }

// Copies each tensor once, so that a tensor with two names stays one tensor.
class CpuCopies {
 public:
  at::Tensor of(const at::Tensor& tensor) {
    if (!on_another_device(tensor)) return tensor;
    auto& copy = copies_[tensor.unsafeGetTensorImpl()];
    if (!copy.defined()) copy = tensor.detach().cpu();
    return copy;
  }

  // Copies tensors, and tensors in lists and tuples. Returns other values unchanged.
  IValue of(const IValue& value) {
    if (value.isTensor()) return of(value.toTensor());
    if (value.isTuple()) {
      std::vector<IValue> elements;
      for (const auto& element : value.toTupleRef().elements()) elements.push_back(of(element));
      return c10::ivalue::Tuple::create(std::move(elements));
    }
    if (!value.isList()) return value;
    c10::impl::GenericList list(value.toList().elementType());
    for (const auto& element : value.toListRef()) list.push_back(of(element));
    return list;
  }

 private:
  std::map<const c10::TensorImpl*, at::Tensor> copies_;
};

bool holds_tensor_elsewhere(const IValue& value) {
  const auto any = [](const auto& elements) {
    return std::any_of(elements.begin(), elements.end(), holds_tensor_elsewhere);
  };
  if (value.isTensor()) return on_another_device(value.toTensor());
  if (value.isTuple()) return any(value.toTupleRef().elements());
  return value.isList() && any(value.toListRef());
}

bool move_constant(Node* node, CpuCopies& copies) {
  const auto value = torch::jit::toIValue(node->output());
  if (!value || !holds_tensor_elsewhere(*value)) return false;
  auto* constant = constant_before(node, copies.of(*value));
  constant->setType(node->output()->type());
  return replace_with(node, constant);
}

bool is_device(const c10::TypePtr& type) {
  if (const auto optional = type->cast<c10::OptionalType>()) return is_device(optional->getElementType());
  return type->kind() == c10::TypeKind::DeviceObjType;
}

bool gives_tensor(const Node* node) {
  const auto outputs = node->outputs();
  return std::any_of(outputs.begin(), outputs.end(), [](const torch::jit::Value* output) {
    return output->type()->isSubtypeOf(*c10::TensorType::get());
  });
}

// Sets the `device` argument of an operator that makes or moves a tensor to the CPU.
bool move_made_tensor(Node* node) {
  const auto* schema = node->maybeSchema();
  if (schema == nullptr || !gives_tensor(node)) return false;
  bool changed = false;
  for (size_t i = 0; i < schema->arguments().size() && i < node->inputs().size(); ++i) {
    if (!is_device(schema->arguments()[i].type())) continue;
    const auto given = torch::jit::toIValue(node->input(i));
    if (given && (given->isNone() || given->toDevice().is_cpu())) continue;
    node->replaceInput(i, constant_before(node, IValue(at::Device(at::kCPU))));
    changed = true;
  }
  return changed;
}

}  // namespace

bool move_constants_to_cpu(const GraphPtr& graph, std::vector<IValue>& params) {
  CpuCopies copies;
  bool changed = false;
  for (auto& param : params) {
    if (!holds_tensor_elsewhere(param)) continue;
    param = copies.of(param);
    changed = true;
  }
  changed |= rewrite_nodes(*graph, [&](Node* node) {
    return node->kind() == c10::prim::Constant ? move_constant(node, copies) : move_made_tensor(node);
  });
  return changed;
}

// A constant keeps the input's name ("fc1.bias"), because people search for this name in a dump.
bool fold_parameters(const GraphPtr& graph, std::vector<torch::jit::IValue>& params) {
  TORCHTRT_CHECK(params.size() <= graph->inputs().size(), "the graph has " << graph->inputs().size() << " inputs, but "
                                                                           << params.size()
                                                                           << " parameters were given");
  const size_t first = graph->inputs().size() - params.size();
  bool changed = false;
  torch::jit::WithInsertPoint guard(*graph->nodes().begin());
  for (size_t i = params.size(); i-- > 0;) {
    auto* input = graph->inputs()[first + i];
    const auto constant = torch::jit::tryInsertConstant(*graph, params[i]);
    if (!constant) continue;
    const std::string name = input->hasDebugName() ? input->debugName() : std::string();  // "%0" has no debug name
    input->replaceAllUsesWith(*constant);
    graph->eraseInput(first + i);
    if (!name.empty()) (*constant)->setDebugName(name);
    params.erase(params.begin() + static_cast<std::ptrdiff_t>(i));
    changed = true;
  }
  return changed;
}

void hide_quantizations(torch::jit::Graph& graph) {
  static const auto kHidden = c10::Symbol::fromQualString("trt::hidden");
  for (Node* node : all_nodes(graph.block())) {
    auto* input = util::quantized_tensor(node);
    if (input == nullptr) continue;
    node->replaceInputWith(input, insert_before(node, kHidden, {input}, input->type())->output());
  }
}

void show_quantizations(torch::jit::Graph& graph) {
  static const auto kHidden = c10::Symbol::fromQualString("trt::hidden");
  for (Node* node : all_nodes(graph.block())) {
    if (node->kind() == kHidden) replace_with(node, node->input());
  }
}

void propagate_constants(const GraphPtr& graph) {
  hide_quantizations(*graph);
  {
    const ShownMemory shown(graph);
    GraphPtr propagated = graph;
    torch::jit::ConstantPropagation(propagated);
  }
  show_quantizations(*graph);
}

}  // namespace torch_tensorrt::core::lowering::passes
