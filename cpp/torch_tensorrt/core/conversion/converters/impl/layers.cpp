#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ATen/native/TypeProperties.h"
#include "ATen/ops/arange.h"
#include "ATen/ops/empty.h"
#include "ATen/ops/ones.h"
#include "ATen/ops/scalar_tensor.h"
#include "ATen/ops/tensor.h"
#include "c10/core/DefaultDtype.h"

#include "torch_tensorrt/core/conversion/converters/Weights.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"

namespace torch_tensorrt::core::conversion::converters {

using nvinfer1::ElementWiseOperation;

namespace {

// Whether the tensor is an argument of the current node that PyTorch defines as a number.
bool is_number_argument(const ConversionCtx* ctx, const ITensor* tensor) {
  if (ctx->current_node == nullptr || rank(tensor) != 0) return false;
  for (const auto* input : ctx->current_node->inputs()) {
    const auto found = ctx->value_tensor_map.find(input);
    if (found == ctx->value_tensor_map.end() || found->second != tensor) continue;
    return !input->type()->isSubtypeOf(*c10::TensorType::get());
  }
  return false;
}

}  // namespace

Operand read_operand(ConversionCtx* ctx, Var& arg) {
  if (arg.isITensor()) return {arg.ITensor(), {}, is_number_argument(ctx, arg.ITensor())};
  if (arg.isTensor()) {
    // A trace stores Python numbers as tensors that promote dtypes as numbers do.
    const at::Tensor value = arg.unwrapToTensor();
    if (value.dim() == 0 && value.unsafeGetTensorImpl()->is_wrapped_number()) return {nullptr, value.item()};
    return {arg.ITensorOrFreeze(ctx), {}};
  }
  return {nullptr, arg.unwrapToScalar()};
}

at::ScalarType result_type(const std::vector<Operand>& operands) {
  at::native::ResultTypeState state = {};
  for (const Operand& operand : operands) {
    if (operand.tensor == nullptr) {
      state = at::native::update_result_type_state(operand.number, state);
      continue;
    }
    const std::vector<int64_t> shape(rank(operand.tensor), 1);
    auto meta = at::empty(shape, at::TensorOptions().dtype(scalar_type(operand.tensor)).device(at::kMeta));
    if (operand.is_number) meta.unsafeGetTensorImpl()->set_wrapped_number(true);
    state = at::native::update_result_type_state(meta, state);
  }
  return at::native::result_type(state);
}

ITensor* materialize(ConversionCtx* ctx, const Operand& operand, at::ScalarType type) {
  if (operand.tensor != nullptr) return cast(ctx, operand.tensor, type);
  return scalar_constant(ctx, operand.number, type);
}

ITensor* cast(ConversionCtx* ctx, ITensor* tensor, at::ScalarType type) {
  if (scalar_type(tensor) == type) return tensor;
  return ctx->net->addCast(*tensor, util::ScalarTypeToTRTDataType(type))->getOutput(0);
}

ITensor* tensor_constant(ConversionCtx* ctx, const at::Tensor& value) {
  const Weights weights(ctx, value);
  return ctx->net->addConstant(value.dim() == 0 ? nvinfer1::Dims() : weights.shape, weights.data)->getOutput(0);
}

ITensor* scalar_constant(ConversionCtx* ctx, const at::Scalar& value, at::ScalarType type) {
  // A number out of the dtype's range wraps around or becomes infinite, as in PyTorch's operators.
  const auto number = at::scalar_tensor(value, at::TensorOptions().dtype(value.type()));
  return tensor_constant(ctx, number.to(type));
}

ITensor* index_constant(ConversionCtx* ctx, const std::vector<int64_t>& values) {
  return tensor_constant(ctx, at::tensor(values, at::TensorOptions().dtype(at::kLong)));
}

namespace {

// PyTorch's arithmetic on bools is logic.
ElementWiseOperation of_bools(ElementWiseOperation operation) {
  if (operation == ElementWiseOperation::kPROD || operation == ElementWiseOperation::kMIN)
    return ElementWiseOperation::kAND;
  const bool is_or = operation == ElementWiseOperation::kSUM || operation == ElementWiseOperation::kMAX;
  return is_or ? ElementWiseOperation::kOR : operation;
}

}  // namespace

ITensor* apply(ConversionCtx* ctx, ElementWiseOperation operation, ITensor* a, ITensor* b) {
  if (scalar_type(a) == at::kBool) operation = of_bools(operation);
  return ctx->net->addElementWise(*a, *b, operation)->getOutput(0);
}

ITensor* apply(ConversionCtx* ctx, ElementWiseOperation operation, ITensor* a, const at::Scalar& b) {
  return apply(ctx, operation, a, scalar_constant(ctx, b, scalar_type(a)));
}

ITensor* apply(ConversionCtx* ctx, nvinfer1::UnaryOperation operation, ITensor* x) {
  return ctx->net->addUnary(*x, operation)->getOutput(0);
}

ITensor* apply(ConversionCtx* ctx, nvinfer1::ActivationType type, ITensor* x, double alpha, double beta) {
  auto* layer = ctx->net->addActivation(*x, type);
  layer->setAlpha(alpha);
  layer->setBeta(beta);
  return layer->getOutput(0);
}

ITensor* reduce(ConversionCtx* ctx, nvinfer1::ReduceOperation operation, ITensor* x, uint32_t axes, bool keep) {
  return ctx->net->addReduce(*x, operation, axes, keep)->getOutput(0);
}

ITensor* choose(ConversionCtx* ctx, ITensor* condition, ITensor* then_input, ITensor* else_input) {
  return ctx->net->addSelect(*condition, *then_input, *else_input)->getOutput(0);
}

ITensor* identity(ConversionCtx* ctx, ITensor* x) { return ctx->net->addIdentity(*x)->getOutput(0); }

ITensor* matrix_product(ConversionCtx* ctx, ITensor* a, ITensor* b, bool transpose_b) {
  using nvinfer1::MatrixOperation;
  const auto of = [](ITensor* tensor, bool transposed) {
    if (rank(tensor) == 1) return MatrixOperation::kVECTOR;
    return transposed ? MatrixOperation::kTRANSPOSE : MatrixOperation::kNONE;
  };
  return ctx->net->addMatrixMultiply(*a, of(a, false), *b, of(b, transpose_b))->getOutput(0);
}

ITensor* join(ConversionCtx* ctx, const std::vector<ITensor*>& tensors, int32_t dim) {
  if (tensors.size() == 1) return tensors[0];
  auto* layer = ctx->net->addConcatenation(tensors.data(), static_cast<int32_t>(tensors.size()));
  layer->setAxis(dim);
  return layer->getOutput(0);
}

ITensor* softmax(ConversionCtx* ctx, ITensor* x, int32_t dim, bool log) {
  const bool is_scalar = rank(x) == 0;
  if (is_scalar) x = replace_dims(ctx, x, 0, 0, {1});
  auto* layer = ctx->net->addSoftMax(*x);
  layer->setAxes(1U << dim);
  layer->setLog(log);
  return is_scalar ? replace_dims(ctx, layer->getOutput(0), 0, 1, {}) : layer->getOutput(0);
}

ITensor* transpose(ConversionCtx* ctx, ITensor* tensor, const std::vector<int32_t>& order) {
  nvinfer1::Permutation permutation;
  std::copy(order.begin(), order.end(), permutation.order);
  auto* shuffle = ctx->net->addShuffle(*tensor);
  shuffle->setFirstTranspose(permutation);
  return shuffle->getOutput(0);
}

ITensor* swapped(ConversionCtx* ctx, ITensor* x, int32_t a, int32_t b) {
  std::vector<int32_t> order(rank(x));
  std::iota(order.begin(), order.end(), 0);
  if (!order.empty()) std::swap(order[a], order[b]);
  return transpose(ctx, x, order);
}

ITensor* slice_dim(ConversionCtx* ctx, ITensor* tensor, int32_t dim, int64_t start, int64_t size, int64_t step) {
  const auto dims = tensor->getDimensions();
  nvinfer1::Dims starts = dims;
  nvinfer1::Dims steps = dims;
  nvinfer1::Dims sizes = dims;
  std::fill(starts.d, starts.d + dims.nbDims, 0);
  std::fill(steps.d, steps.d + dims.nbDims, 1);
  starts.d[dim] = start;
  steps.d[dim] = step;
  sizes.d[dim] = size;
  auto* slice = ctx->net->addSlice(*tensor, starts, sizes, steps);
  if (sizes.is_static()) return slice->getOutput(0);
  std::vector<ITensor*> parts;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    parts.push_back(i == dim ? index_constant(ctx, {size}) : dim_size(ctx, tensor, i));
  }
  auto* computed = parts.size() == 1
                       ? parts[0]
                       : ctx->net->addConcatenation(parts.data(), static_cast<int32_t>(parts.size()))->getOutput(0);
  slice->setInput(2, *computed);
  return slice->getOutput(0);
}

at::ScalarType wide_type(at::ScalarType type) { return at::isReducedFloatingType(type) ? at::kFloat : type; }

void check_same_type(const torch::jit::Node* n, at::ScalarType type, ITensor* x) {
  TORCHTRT_CHECK(scalar_type(x) == type,
                 util::node_info(n) << ": a tensor is " << scalar_type(x) << ", must be " << type << " like the first");
}

ITensor* as_float(ConversionCtx* ctx, ITensor* x) {
  return at::isFloatingType(scalar_type(x)) ? x : cast(ctx, x, default_float());
}

ITensor* count_along(ConversionCtx* ctx, ITensor* x, uint32_t axes, at::ScalarType type) {
  const auto dims = x->getDimensions();
  int64_t known = 1;
  ITensor* computed = nullptr;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (((axes >> i) & 1U) == 0) continue;
    if (dims.d[i] >= 0) {
      known *= dims.d[i];
      continue;
    }
    auto* size = dim_size(ctx, x, i);
    computed = computed == nullptr ? size : apply(ctx, ElementWiseOperation::kPROD, computed, size);
  }
  if (computed == nullptr) return scalar_constant(ctx, known, type);
  computed = apply(ctx, ElementWiseOperation::kPROD, computed, at::Scalar(known));
  auto* shuffle = ctx->net->addShuffle(*computed);
  shuffle->setReshapeDimensions(nvinfer1::Dims{});
  return cast(ctx, shuffle->getOutput(0), type);
}

ITensor* positions(ConversionCtx* ctx, ITensor* x, int32_t dim) {
  const int64_t size = x->getDimensions().d[dim];
  if (size >= 0) return tensor_constant(ctx, at::arange(size, at::TensorOptions().dtype(at::kLong)));
  return count_up(ctx, dim_size(ctx, x, dim));
}

// Subtracts one from running sums of ones.
ITensor* count_up(ConversionCtx* ctx, ITensor* count) {
  auto* one = tensor_constant(ctx, at::ones({1}, at::TensorOptions().dtype(at::kLong)));
  auto* ones = ctx->net->addSlice(*one, nvinfer1::Dims{0}, nvinfer1::Dims{-1}, nvinfer1::Dims{0});
  ones->setInput(2, *replace_dims(ctx, count, 0, rank(count), {1}));
  auto* counted = ctx->net->addCumulative(*ones->getOutput(0), nvinfer1::CumulativeOperation::kSUM, 0)->getOutput(0);
  return apply(ctx, ElementWiseOperation::kSUB, counted, at::Scalar(1));
}

ITensor* broadcast(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const SizeList& sizes) {
  const auto wanted = static_cast<int32_t>(sizes.values.size());
  TORCHTRT_CHECK(wanted >= rank(x), util::node_info(n)
                                        << ": " << wanted << " sizes are given for a tensor of rank " << rank(x));
  if (wanted == 0) return x;
  if (wanted > rank(x)) x = replace_dims(ctx, x, 0, 0, std::vector<int64_t>(wanted - rank(x), 1));
  const auto dims = x->getDimensions();
  nvinfer1::Dims start = dims;
  nvinfer1::Dims stride = dims;
  // A slice with stride 0 along a dimension of size 1 repeats it.
  std::vector<Size> strides;
  bool is_stride_known = true;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    start.d[i] = 0;
    stride.d[i] = dims.d[i] == 1 ? 0 : 1;
    // A dynamic dimension that may differ from the wanted size is repeated if it is 1 at run time.
    const auto* wanted_size = sizes.computed[i];
    const bool same = wanted_size != nullptr && nvinfer1::is_size_of(*wanted_size, 0, *x, i);
    const bool may_repeat = dims.d[i] < 0 && !same;
    is_stride_known = is_stride_known && !may_repeat;
    strides.push_back(may_repeat ? smaller(ctx, minus(ctx, size_of(ctx, x, i), 1), 1) : Size(stride.d[i]));
    TORCHTRT_CHECK(dims.d[i] < 0 || dims.d[i] == 1 || sizes.values[i] < 0 || dims.d[i] == sizes.values[i],
                   util::node_info(n) << ": dimension " << i << " of size " << dims.d[i] << " cannot be expanded to "
                                      << sizes.values[i]);
  }
  auto* slice = ctx->net->addSlice(*x, start, sizes.dims(), stride);
  if (!sizes.is_known()) slice->setInput(2, *size_tensor(ctx, sizes));
  if (is_stride_known) return slice->getOutput(0);
  SizeList all;
  for (const Size& one : strides) append(all, one);
  slice->setInput(3, *size_tensor(ctx, all));
  return slice->getOutput(0);
}

// Takes the known size that is not 1, else the computed size (the maximum if two computed sizes may differ).
void append_broadcast(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& tensors, int32_t back,
                      SizeList& sizes) {
  int64_t known = 1;
  ITensor* computed = nullptr;
  for (auto* tensor : tensors) {
    const int32_t dim = rank(tensor) - back;
    if (dim < 0) continue;
    const int64_t size = tensor->getDimensions().d[dim];
    if (size == 1) continue;
    if (size < 0) {
      if (computed == nullptr) {
        computed = dim_size(ctx, tensor, dim);
      } else if (!nvinfer1::is_size_of(*computed, 0, *tensor, dim)) {
        computed = apply(ctx, ElementWiseOperation::kMAX, computed, dim_size(ctx, tensor, dim));
      }
      continue;
    }
    TORCHTRT_CHECK(known == 1 || known == size,
                   util::node_info(n) << ": sizes " << known << " and " << size << " do not broadcast together");
    known = size;
  }
  const bool is_known = known != 1 || computed == nullptr;
  sizes.values.push_back(is_known ? known : nvinfer1::ShapeValue::kUnknown);
  sizes.computed.push_back(is_known ? nullptr : computed);
}

SizeList broadcast_sizes(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& tensors) {
  int32_t width = 0;
  for (auto* tensor : tensors) width = std::max(width, rank(tensor));
  SizeList sizes;
  for (int32_t back = width; back > 0; --back) append_broadcast(ctx, n, tensors, back, sizes);
  return sizes;
}

ITensor* along(ConversionCtx* ctx, ITensor* vector, int32_t dim, int32_t rank) {
  if (dim + 1 < rank) vector = replace_dims(ctx, vector, 1, 1, std::vector<int64_t>(rank - dim - 1, 1));
  return vector;
}

ITensor* repeated_in_a_row(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const Var& dim,
                           const Size& repeats) {
  int32_t axis = 0;
  if (is_none(dim)) {
    x = replace_dims(ctx, x, 0, rank(x), {-1});
  } else {
    axis = wrap_dim(n, Var(dim).unwrapToInt(), rank(x));
    if (rank(x) == 0) x = replace_dims(ctx, x, 0, 0, {1});
  }
  // In an empty tensor, a -1 would be ambiguous.
  if (repeats.is_known() && repeats.value == 0) return slice_dim(ctx, x, axis, 0, 0);
  auto* spread = replace_dims(ctx, x, axis + 1, axis + 1, {1});
  auto sizes = sizes_of(ctx, spread);
  sizes.values[axis + 1] = repeats.is_known() ? repeats.value : nvinfer1::ShapeValue::kUnknown;
  sizes.computed[axis + 1] = repeats.computed;
  return replace_dims(ctx, broadcast(ctx, n, spread, sizes), axis, axis + 2, {-1});
}

bool is_rounded_by(at::ScalarType type, const Operand& operand) {
  if (!at::isReducedFloatingType(type)) return false;
  if (operand.tensor != nullptr) return rank(operand.tensor) == 0 && scalar_type(operand.tensor) != type;
  const double exact = operand.number.toDouble();
  const double rounded = at::scalar_tensor(exact, at::TensorOptions().dtype(at::kDouble)).to(type).item().toDouble();
  return !std::isnan(exact) && rounded != exact;
}

at::ScalarType default_float() { return c10::get_default_dtype_as_scalartype(); }

Centered centered(ConversionCtx* ctx, ITensor* x, uint32_t axes) {
  const auto mean_of = [&](ITensor* values) {
    return reduce(ctx, nvinfer1::ReduceOperation::kAVG, values, axes, /*keep=*/true);
  };
  auto* mean = mean_of(x);
  auto* distances = apply(ctx, ElementWiseOperation::kSUB, x, mean);
  auto* rest = mean_of(distances);
  return {apply(ctx, ElementWiseOperation::kSUB, distances, rest), apply(ctx, ElementWiseOperation::kSUM, mean, rest)};
}

}  // namespace torch_tensorrt::core::conversion::converters
