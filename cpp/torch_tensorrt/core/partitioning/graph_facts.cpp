#include "torch_tensorrt/core/partitioning/graph_facts.h"

#include <algorithm>
#include <set>
#include <string>

namespace torch_tensorrt::core::partitioning {
namespace {

namespace prim = torch::jit::prim;
using c10::IValue;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

bool is_device(const c10::TypePtr& type) {
  if (const auto optional = type->cast<c10::OptionalType>()) return is_device(optional->getElementType());
  return type->kind() == c10::TypeKind::DeviceObjType;
}

void collect_reads(Node* node, const std::set<const Block*>& inside, std::vector<Value*>& reads) {
  for (auto* input : node->inputs()) {
    if (inside.count(input->node()->owningBlock()) == 0) reads.push_back(input);
  }
  for (auto* block : node->blocks()) {
    auto within = inside;
    within.insert(block);
    for (auto* inner : block->nodes()) collect_reads(inner, within, reads);
    for (auto* output : block->outputs()) {
      if (within.count(output->node()->owningBlock()) == 0) reads.push_back(output);
    }
  }
}

}  // namespace

bool is_tensor(const c10::TypePtr& type) { return type->isSubtypeOf(*c10::TensorType::get()); }

bool is_plain_number(const c10::TypePtr& type) {
  const auto kind = type->kind();
  return kind == c10::TypeKind::IntType || kind == c10::TypeKind::FloatType || kind == c10::TypeKind::BoolType;
}

std::vector<const Value*> written_values(const Node* node) {
  std::vector<const Value*> written;
  if (node->kind() == prim::SetAttr) written.push_back(node->input(0));
  for (const size_t place : lowering::passes::written_arguments(node)) written.push_back(node->input(place));
  return written;
}

bool has_effects(const Node* node) {
  if (node->kind() == prim::Constant) return false;
  if (!written_values(node).empty() || node->hasSideEffects()) return true;
  for (const auto* block : node->blocks()) {
    const auto nodes = block->nodes();
    if (std::any_of(nodes.begin(), nodes.end(), has_effects)) return true;
  }
  return false;
}

std::vector<Value*> values_read(Node* node) {
  std::vector<Value*> reads;
  collect_reads(node, {}, reads);
  return reads;
}

std::optional<IValue> known_device_fact(const Node* node, c10::Device device) {
  const std::string kind = node->kind().toQualString();
  if (kind == "prim::device" || kind == "aten::device") {
    return node->inputs().size() == 1 && is_tensor(node->input(0)->type()) ? std::optional<IValue>(device)
                                                                           : std::nullopt;
  }
  if (kind == "prim::is_cuda" || kind == "aten::is_cuda") return IValue(device.is_cuda());
  if (kind == "prim::is_cpu" || kind == "aten::is_cpu") return IValue(device.is_cpu());
  if (kind == "prim::is_meta" || kind == "aten::is_meta") return IValue(false);
  return std::nullopt;
}

bool moves_only(const Node* node) {
  return node->kind() == c10::Symbol::aten("cpu") || node->kind() == c10::Symbol::aten("cuda");
}

void put_device(const Node* node, std::vector<IValue>& arguments, c10::Device device) {
  const auto* schema = node->maybeSchema();
  const auto outputs = node->outputs();
  const bool makes_tensors =
      std::any_of(outputs.begin(), outputs.end(), [](const Value* v) { return holds_tensors(v->type()); });
  if (schema == nullptr || !makes_tensors) return;
  for (size_t i = 0; i < schema->arguments().size() && i < arguments.size(); ++i) {
    if (is_device(schema->arguments()[i].type())) arguments[i] = device;
  }
}

bool refuses_mixed_floats(const Node* node, const std::vector<IValue>& inputs) {
  // Products and convolutions take tensors of one dtype.
  static const std::set<std::string> kOne = {"conv1d",
                                             "conv2d",
                                             "conv3d",
                                             "convolution",
                                             "_convolution",
                                             "conv_transpose1d",
                                             "conv_transpose2d",
                                             "conv_transpose3d",
                                             "linear",
                                             "mm",
                                             "addmm",
                                             "matmul",
                                             "bmm",
                                             "baddbmm",
                                             "addbmm",
                                             "mv",
                                             "addmv",
                                             "dot",
                                             "einsum",
                                             "bilinear",
                                             "lstm",
                                             "gru",
                                             "rnn_tanh",
                                             "rnn_relu",
                                             "lstm_cell",
                                             "gru_cell",
                                             "prelu",
                                             "grid_sampler",
                                             "scaled_dot_product_attention"};
  // Norms also take 16-bit floats with float parameters.
  static const std::set<std::string> kNorms = {"batch_norm",    "layer_norm",        "group_norm",
                                               "instance_norm", "native_layer_norm", "native_group_norm"};
  if (node->kind().ns() != c10::namespaces::aten) return false;
  const std::string name = node->kind().toUnqualString();
  const bool is_norm = kNorms.count(name) != 0;
  if (!is_norm && kOne.count(name) == 0) return false;
  std::vector<at::ScalarType> found;
  const auto add = [&](const at::Tensor& tensor) {
    if (tensor.defined() && at::isFloatingType(tensor.scalar_type())) found.push_back(tensor.scalar_type());
  };
  for (const auto& input : inputs) {
    if (input.isTensor()) add(input.toTensor());
    if (input.isTensorList()) {
      for (const at::Tensor& tensor : input.toTensorVector()) add(tensor);
    }
  }
  if (is_norm && !found.empty() && at::elementSize(found[0]) == 2) {
    return std::any_of(found.begin() + 1, found.end(),
                       [&](auto dtype) { return dtype != at::kFloat && dtype != found[0]; });
  }
  return std::any_of(found.begin(), found.end(), [&](auto dtype) { return dtype != found[0]; });
}

}  // namespace torch_tensorrt::core::partitioning
