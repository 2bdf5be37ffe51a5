#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"

#include <algorithm>

#include "ATen/ATen.h"
#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/conversion/compile_time.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/util/jit_in_place.h"

namespace torch_tensorrt::core::conversion::evaluators {

nvinfer1::ITensor* index_layer(ConversionCtx* ctx, const torch::jit::Node* n, nvinfer1::ITensor* input_tensor,
                               int64_t index) {
  auto* place = converters::tensor_constant(ctx, at::scalar_tensor(index, at::TensorOptions().dtype(at::kLong)));
  auto* gather = ctx->net->addGather(*input_tensor, *place, 0);
  if (n != nullptr) gather->setName((util::node_info(n) + " [element " + std::to_string(index) + "]").c_str());
  return gather->getOutput(0);
}

c10::IValue dynamic_size_layer(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (args.at(n->input(0)).isTensor()) return *run_operator(n, args);
  auto* tensor = args.at(n->input(0)).ITensorOrFreeze(ctx);
  const auto dims = tensor->getDimensions();
  const int64_t dim = normalizeIndex(args.at(n->input(1)).unwrapToInt(), dims.nbDims);
  TORCHTRT_CHECK(dim >= 0 && dim < dims.nbDims,
                 util::node_info(n) << ": dimension " << dim << " is out of range for rank " << dims.nbDims);
  if (dims.d[dim] >= 0) return dims.d[dim];
  return number_or_tensor(index_layer(ctx, n, ctx->net->addShape(*tensor)->getOutput(0), dim));
}

std::optional<torch::jit::IValue> toIValue(const torch::jit::Value* v) { return torch::jit::toIValue(v); }

int64_t normalizeIndex(int64_t idx, int64_t list_size) { return idx < 0 ? idx + list_size : idx; }

bool holds_network_tensor(const torch::jit::IValue& value) {
  if (TensorContainer::is_in(value)) return true;
  if (value.isList()) {
    const auto list = value.toListRef();
    return std::any_of(list.begin(), list.end(), holds_network_tensor);
  }
  if (value.isTuple()) {
    const auto& elements = value.toTupleRef().elements();
    return std::any_of(elements.begin(), elements.end(), holds_network_tensor);
  }
  if (value.isGenericDict()) {
    const auto dict = value.toGenericDict();
    return std::any_of(dict.begin(), dict.end(), [](const auto& entry) { return holds_network_tensor(entry.value()); });
  }
  return false;
}

torch::jit::IValue argument(const torch::jit::Node* n, const kwargs& args, size_t place) {
  const Var& var = args.at(n->input(place));
  if (var.isITensor()) return TensorContainer::wrap(var.ITensor());
  return var.isIValue() ? *var.IValue() : torch::jit::IValue();
}

torch::jit::IValue number_or_tensor(nvinfer1::ITensor* tensor) { return decided_or_computed(tensor); }

namespace {

// The inputs that determine an argument which must be known.
std::string what_decides_argument(const torch::jit::IValue& value) {
  if (TensorContainer::is_in(value)) return what_decides(*value.toCustomClass<TensorContainer>()->tensor());
  const auto elements = value.isTuple() ? value.toTupleRef().elements().vec() : value.toListRef().vec();
  for (const auto& element : elements) {
    if (holds_network_tensor(element)) return what_decides_argument(element);
  }
  return "the inputs";
}

}  // namespace

std::optional<torch::jit::IValue> run_operator(const torch::jit::Node* n, const kwargs& args) {
  torch::jit::Stack stack;
  for (size_t i = 0; i < n->inputs().size(); ++i) {
    stack.push_back(argument(n, args, i));
    if (!holds_network_tensor(stack.back())) continue;
    TORCHTRT_THROW_ERROR(util::node_info(n)
                         << ": argument " << i << " depends on the inputs' values or dynamic sizes ("
                         << what_decides_argument(stack.back())
                         << "); it must be known while compiling: give one size instead of a range, or compute it from "
                         << "constants");
  }
  // A known tensor is a parameter of the model, which must not change.
  if (util::is_in_place(n)) stack[0] = stack[0].toTensor().clone();
  const size_t given = stack.size();
  const auto* schema = n->maybeSchema();
  if (schema != nullptr && schema->is_vararg()) stack.push_back(static_cast<int64_t>(given));
  n->getOperation()(stack);
  if (n->outputs().empty()) return std::nullopt;
  if (stack.size() == 1) return stack[0];
  return c10::ivalue::Tuple::create(std::move(stack));
}

}  // namespace torch_tensorrt::core::conversion::evaluators
