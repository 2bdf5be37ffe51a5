#include "torch_tensorrt/core/conversion/results.h"

#include <algorithm>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/block_converter.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"

namespace torch_tensorrt::core::conversion {
namespace {

using ir::ValueTree;
using Kind = ValueTree::Kind;
using Tensors = std::vector<nvinfer1::ITensor*>;

ValueTree collect(ConversionCtx& ctx, const torch::jit::IValue& value, const c10::TypePtr& type, Tensors& tensors);

c10::TypePtr without_optional(const c10::TypePtr& type) {
  const auto optional = type == nullptr ? nullptr : type->cast<c10::OptionalType>();
  return optional == nullptr ? type : optional->getElementType();
}

bool is_number(const c10::Type& type) {
  const auto kind = type.kind();
  return kind == c10::TypeKind::IntType || kind == c10::TypeKind::FloatType || kind == c10::TypeKind::BoolType ||
         kind == c10::TypeKind::NumberType;
}

// Removes the example's shapes from the types of a traced graph. Tuples keep the names of their fields.
c10::TypePtr without_shapes(const c10::TypePtr& type) {
  if (type->isSubtypeOf(*c10::TensorType::get())) return c10::TensorType::get();
  if (type->containedTypes().empty()) return type;
  std::vector<c10::TypePtr> parts;
  for (const auto& part : type->containedTypes()) parts.push_back(without_shapes(part));
  const auto is_same = [](const c10::TypePtr& a, const c10::TypePtr& b) { return *a == *b; };
  if (std::equal(parts.begin(), parts.end(), type->containedTypes().begin(), is_same)) return type;
  const auto tuple = type->cast<c10::TupleType>();
  if (tuple == nullptr || tuple->schema() == nullptr) return type->withContained(std::move(parts));
  std::vector<std::string> names;
  for (const auto& field : tuple->schema()->arguments()) names.push_back(field.name());
  return c10::TupleType::createNamed(tuple->name(), names, parts);
}

// The declared type of an element of a collection; null if there is none.
c10::TypePtr element_type(const c10::TypePtr& type, size_t place) {
  if (type == nullptr) return nullptr;
  if (const auto list = type->cast<c10::ListType>()) return list->getElementType();
  const auto tuple = type->cast<c10::TupleType>();
  return tuple != nullptr && place < tuple->elements().size() ? tuple->elements()[place] : nullptr;
}

ValueTree collect_elements(ConversionCtx& ctx, Kind kind, const std::vector<torch::jit::IValue>& elements,
                           const c10::TypePtr& type, Tensors& tensors) {
  ValueTree tree;
  tree.kind = kind;
  const auto wanted = kind == Kind::kList ? c10::TypeKind::ListType : c10::TypeKind::TupleType;
  if (type != nullptr && type->kind() == wanted) tree.declared = type;
  for (size_t i = 0; i < elements.size(); ++i) {
    tree.children.push_back(collect(ctx, elements[i], element_type(type, i), tensors));
  }
  return tree;
}

// A network tensor is a result itself, or holds a number, or a list of sizes.
ValueTree collect_tensor(ConversionCtx& ctx, nvinfer1::ITensor* tensor, const c10::TypePtr& type, Tensors& tensors) {
  ValueTree tree;
  if (type != nullptr && type->kind() == c10::TypeKind::ListType && tensor->getDimensions().is_static()) {
    std::vector<torch::jit::IValue> elements;
    for (int64_t i = 0; i < tensor->getDimensions().volume(); ++i) {
      elements.push_back(TensorContainer::wrap(evaluators::index_layer(&ctx, nullptr, tensor, i)));
    }
    return collect_elements(ctx, Kind::kList, elements, type, tensors);
  }
  if (type != nullptr && is_number(*type)) {
    tree.kind = Kind::kNumber;
    tree.declared = type;
  }
  tensors.push_back(tensor);
  return tree;
}

bool is_plain(const torch::jit::IValue& value) {
  return value.isNone() || value.isScalar() || value.isString() || value.isDevice();
}

ValueTree collect_known(ConversionCtx& ctx, const torch::jit::IValue& value, const c10::TypePtr& type,
                        Tensors& tensors) {
  const bool is_tensor_type = type != nullptr && type->isSubtypeOf(*c10::TensorType::get());
  if (value.isTensor() || (value.isScalar() && is_tensor_type)) {
    const auto tensor = value.isTensor() ? value.toTensor() : at::scalar_to_tensor(value.toScalar());
    tensors.push_back(converters::tensor_constant(&ctx, tensor));
    return {};
  }
  TORCHTRT_CHECK(is_plain(value), "a result holds a value of the type "
                                      << value.type()->annotation_str()
                                      << "; a compiled module returns tensors, numbers, strings, None, and tuples and "
                                      << "lists of them");
  ValueTree tree;
  tree.kind = Kind::kConstant;
  tree.constant = value;
  return tree;
}

ValueTree collect(ConversionCtx& ctx, const torch::jit::IValue& value, const c10::TypePtr& type, Tensors& tensors) {
  const auto wanted = without_optional(type);
  if (TensorContainer::is_in(value)) {
    return collect_tensor(ctx, value.toCustomClass<TensorContainer>()->tensor(), wanted, tensors);
  }
  if (value.isTuple()) {
    return collect_elements(ctx, Kind::kTuple, value.toTupleRef().elements().vec(), wanted, tensors);
  }
  if (value.isList()) return collect_elements(ctx, Kind::kList, value.toListRef().vec(), wanted, tensors);
  return collect_known(ctx, value, wanted, tensors);
}

// Makes the first known number a tensor, because an engine needs an output.
bool compute_first_number(ConversionCtx& ctx, std::vector<ValueTree>& trees, Tensors& tensors) {
  for (auto& tree : trees) {
    if (tree.kind == Kind::kConstant && tree.constant.isScalar()) {
      tree.kind = Kind::kNumber;
      tree.declared = tree.constant.type();
      const auto number = tree.constant.toScalar();  // Python's floats are doubles
      tensors.push_back(converters::tensor_constant(&ctx, at::scalar_tensor(number, at::dtype(number.type()))));
      return true;
    }
    if (compute_first_number(ctx, tree.children, tensors)) return true;
  }
  return false;
}

// Each output of an engine has its own buffer, so inputs, constants and tensors that are outputs already are copied.
nvinfer1::ITensor* as_output(ConversionCtx& ctx, nvinfer1::ITensor* tensor) {
  const bool constant = tensor->producer()->getType() == nvinfer1::LayerType::kCONSTANT;
  if (!tensor->isNetworkInput() && !tensor->isNetworkOutput() && !constant) return tensor;
  return ctx.net->addIdentity(*tensor)->getOutput(0);
}

}  // namespace

std::vector<ValueTree> mark_outputs(ConversionCtx& ctx, const torch::jit::Block* b) {
  Tensors tensors;
  std::vector<ValueTree> results;
  for (auto* value : b->outputs()) {
    const Var var = lookup(&ctx, value, b->return_node());
    const auto known = var.isITensor() ? TensorContainer::wrap(var.ITensor()) : *var.IValue();
    results.push_back(collect(ctx, known, without_shapes(value->type()), tensors));
  }
  const bool has_output = !tensors.empty() || compute_first_number(ctx, results, tensors);
  TORCHTRT_CHECK(has_output, "the method returns neither a tensor nor a number: an engine would compute nothing");
  for (auto* tensor : tensors) {
    auto* output = as_output(ctx, tensor);
    const std::string name = "output_" + std::to_string(ctx.num_outputs++);
    output->setName(name.c_str());
    ctx.net->markOutput(*output);
    LOG_INFO(ctx.logger, "Marking output " << name << " of shape " << output->getDimensions());
  }
  return results;
}

}  // namespace torch_tensorrt::core::conversion
