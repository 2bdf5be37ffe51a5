#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ReduceOperation;

std::vector<int64_t> dims_or_all(Var& arg) {
  if (is_none(arg)) return {};
  if (arg.isInt()) return {arg.unwrapToInt()};
  return int_vector(arg.unwrapToIntList());
}

ITensor* reduce_dims(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, ReduceOperation operation,
                     const std::vector<int64_t>& dims, bool keep) {
  const uint32_t axes = axes_mask(n, dims, rank(input));
  return ctx->net->addReduce(*input, operation, axes, keep)->getOutput(0);
}

// Sums and products of integers and bools are int64, unless a dtype is given; means must be of floats.
ITensor* accumulator(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, ReduceOperation operation,
                     std::optional<at::ScalarType> type) {
  if (type) return cast(ctx, input, *type);
  const auto own = scalar_type(input);
  if (at::isFloatingType(own)) return input;
  TORCHTRT_CHECK(operation != ReduceOperation::kAVG, util::node_info(n)
                                                         << ": the mean of " << own << " is not defined; give a dtype");
  return cast(ctx, input, at::kLong);
}

// (self, *, dtype)
OpConverter over_all(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = accumulator(ctx, n, args[0].ITensorOrFreeze(ctx), operation, optional_dtype(args[1]));
    return finish(ctx, n, reduce_dims(ctx, n, input, operation, {}, /*keep=*/false));
  };
}

// (self, dim, keepdim, *, dtype)
OpConverter over_dims(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = accumulator(ctx, n, args[0].ITensorOrFreeze(ctx), operation, optional_dtype(args[3]));
    return finish(ctx, n, reduce_dims(ctx, n, input, operation, dims_or_all(args[1]), args[2].unwrapToBool()));
  };
}

// Of nothing there is no extreme, not even where the result has no elements.
void check_not_empty(const torch::jit::Node* n, const ITensor* x, uint32_t axes) {
  const auto dims = x->getDimensions();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    TORCHTRT_CHECK(((axes >> i) & 1U) == 0 || dims.d[i] != 0,
                   util::node_info(n) << ": dimension " << i << " of " << nvinfer1::to_string(dims)
                                      << " has no elements, of which none is the best");
  }
}

ITensor* extreme_of(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, ReduceOperation operation,
                    const std::vector<int64_t>& dims, bool keep) {
  check_not_empty(n, x, axes_mask(n, dims, rank(x)));
  return reduce_dims(ctx, n, x, operation, dims, keep);
}

// (self)
OpConverter extreme(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return finish(ctx, n, extreme_of(ctx, n, args[0].ITensorOrFreeze(ctx), operation, {}, /*keep=*/false));
  };
}

// (self, dim, keepdim)
OpConverter extreme_over_dims(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = args[0].ITensorOrFreeze(ctx);
    return finish(ctx, n, extreme_of(ctx, n, input, operation, dims_or_all(args[1]), args[2].unwrapToBool()));
  };
}

// The best element along the dimension and its index, int64.
struct BestElement {
  ITensor* value;
  ITensor* index;
};
BestElement best_along(ConversionCtx* ctx, ITensor* x, nvinfer1::TopKOperation operation, int32_t dim, bool keep) {
  const bool is_bool = scalar_type(x) == at::kBool;
  auto* layer = ctx->net->addTopK(is_bool ? *cast(ctx, x, at::kInt) : *x, operation, 1, 1U << dim);
  layer->setIndicesType(nvinfer1::DataType::kINT64);
  auto* value = layer->getOutput(0);
  auto* index = layer->getOutput(1);
  if (!keep) {
    value = replace_dims(ctx, value, dim, dim + 1, {});
    index = replace_dims(ctx, index, dim, dim + 1, {});
  }
  return {is_bool ? cast(ctx, value, at::kBool) : value, index};
}

// (self, dim, keepdim) -> (values, indices); without a use of the indices a plain reduction.
OpConverter extreme_with_indices(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = args[0].ITensorOrFreeze(ctx);
    if (!n->outputs()[1]->hasUses()) {
      return finish(ctx, n, extreme_of(ctx, n, input, operation, dims_or_all(args[1]), args[2].unwrapToBool()));
    }
    const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(input));
    const bool is_scalar = rank(input) == 0;
    if (is_scalar) input = replace_dims(ctx, input, 0, 0, {1});
    check_not_empty(n, input, 1U << dim);
    const auto best =
        operation == ReduceOperation::kMAX ? nvinfer1::TopKOperation::kMAX : nvinfer1::TopKOperation::kMIN;
    const auto found = best_along(ctx, input, best, dim, args[2].unwrapToBool() && !is_scalar);
    finish(ctx, n, found.value, 0);
    return finish(ctx, n, found.index, 1);
  };
}

// (self, dim, keepdim) -> index; without a dim of the flat tensor.
OpConverter index_of_extreme(nvinfer1::TopKOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    const int32_t x_rank = rank(x);
    TORCHTRT_CHECK(scalar_type(x) != at::kBool, util::node_info(n) << ": the tensor is of bools, must be of numbers");
    const bool keep = args[2].unwrapToBool();
    const int32_t dim = is_none(args[1]) ? 0 : wrap_dim(n, args[1].unwrapToInt(), x_rank);
    check_not_empty(n, x, is_none(args[1]) ? axes_mask(n, {}, x_rank) : 1U << dim);
    if (is_none(args[1]) || x_rank == 0) {
      auto* index = best_along(ctx, replace_dims(ctx, x, 0, x_rank, {-1}), operation, 0, /*keep=*/false).index;
      if (keep && x_rank > 0) index = replace_dims(ctx, index, 0, 0, std::vector<int64_t>(x_rank, 1));
      return finish(ctx, n, index);
    }
    return finish(ctx, n, best_along(ctx, x, operation, dim, keep).index);
  };
}

ITensor* truth_of_each(ConversionCtx* ctx, ITensor* x, at::ScalarType result) {
  auto* truth = cast(ctx, cast(ctx, x, at::kBool), result);
  return truth == x ? identity(ctx, x) : truth;
}

// Whether all, or any, of the elements are true (not 0): their product, or sum. uint8 stays uint8.
OpConverter truth(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    const auto result = scalar_type(x) == at::kByte ? at::kByte : at::kBool;
    const bool has_dims = args.size() > 1;
    const auto dims = has_dims ? optional_ints(args[1]) : std::vector<int64_t>();
    const bool keep = has_dims && args[2].unwrapToBool();
    // A list of no dims reduces none, unlike everywhere else.
    if (has_dims && !is_none(args[1]) && dims.empty()) return finish(ctx, n, truth_of_each(ctx, x, result));
    auto* bits = cast(ctx, cast(ctx, x, at::kBool), at::kLong);
    return finish(ctx, n, cast(ctx, cast(ctx, reduce_dims(ctx, n, bits, operation, dims, keep), at::kBool), result));
  };
}

bool count_nonzero(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* bits = cast(ctx, cast(ctx, args[0].ITensorOrFreeze(ctx), at::kBool), at::kLong);
  return finish(ctx, n, reduce_dims(ctx, n, bits, ReduceOperation::kSUM, optional_ints(args[1]), /*keep=*/false));
}

// ---- variance ---------------------------------------------------------------------------------------------------

using nvinfer1::ElementWiseOperation;
using nvinfer1::UnaryOperation;

struct Moments {
  ITensor* variance;
  ITensor* mean;
};
// The sum of squared distances from the mean over (count - correction, at least 0), as PyTorch has it.
Moments moments(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const std::vector<int64_t>& dims,
                const at::Scalar& correction, bool keep) {
  const uint32_t axes = axes_mask(n, dims, rank(x));
  auto* kept_mean = reduce(ctx, ReduceOperation::kAVG, x, axes, /*keep=*/true);
  auto* distance = apply(ctx, ElementWiseOperation::kSUB, x, kept_mean);
  auto* squares = apply(ctx, ElementWiseOperation::kPROD, distance, distance);
  auto* sum = reduce(ctx, ReduceOperation::kSUM, squares, axes, keep);
  const auto type = scalar_type(x);
  auto* count = apply(ctx, ElementWiseOperation::kSUB, count_along(ctx, x, axes, type), correction);
  count = apply(ctx, ElementWiseOperation::kMAX, count, at::Scalar(0.0));
  auto* mean = keep ? kept_mean : reduce(ctx, ReduceOperation::kAVG, x, axes, /*keep=*/false);
  return {apply(ctx, ElementWiseOperation::kDIV, sum, count), mean};
}

enum class Spread { kVariance, kDeviation };
// Every overload: (self, unbiased), (self, dim, unbiased, keepdim), (self, dim, *, correction, keepdim).
OpConverter spread(Spread what, bool with_mean) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    TORCHTRT_CHECK(at::isFloatingType(scalar_type(x)),
                   util::node_info(n) << ": the variance of " << scalar_type(x) << " is not defined");
    const bool whole = args.size() == 2;
    auto& correction_arg = args[whole ? 1 : 2];
    at::Scalar correction = 1;
    if (!is_none(correction_arg)) {
      correction = correction_arg.isBool() ? at::Scalar(int64_t{correction_arg.unwrapToBool()})
                                           : correction_arg.unwrapToScalar();
    }
    const auto dims = whole ? std::vector<int64_t>() : optional_ints(args[1]);
    const bool keep = !whole && args[3].unwrapToBool();
    auto [variance, mean] = moments(ctx, n, x, dims, correction, keep);
    if (what == Spread::kDeviation) variance = apply(ctx, UnaryOperation::kSQRT, variance);
    finish(ctx, n, variance, 0);
    return !with_mean || finish(ctx, n, mean, 1);
  };
}

// ---- norms ------------------------------------------------------------------------------------------------------

// (sum |x|^p)^(1/p); the largest and smallest |x| for infinities; how many are not 0 for 0.
ITensor* vector_norm(ConversionCtx* ctx, ITensor* x, double p, uint32_t axes, bool keep) {
  auto* size = apply(ctx, UnaryOperation::kABS, x);
  if (std::isinf(p)) {
    return reduce(ctx, p > 0 ? ReduceOperation::kMAX : ReduceOperation::kMIN, size, axes, keep);
  }
  if (p == 0.0) {
    auto* bits = cast(ctx, cast(ctx, x, at::kBool), scalar_type(x));
    return reduce(ctx, ReduceOperation::kSUM, bits, axes, keep);
  }
  if (p == 1.0) return reduce(ctx, ReduceOperation::kSUM, size, axes, keep);
  if (p == 2.0) {
    auto* squares = apply(ctx, ElementWiseOperation::kPROD, x, x);
    return apply(ctx, UnaryOperation::kSQRT, reduce(ctx, ReduceOperation::kSUM, squares, axes, keep));
  }
  auto* powers = apply(ctx, ElementWiseOperation::kPOW, size, at::Scalar(p));
  auto* sum = reduce(ctx, ReduceOperation::kSUM, powers, axes, keep);
  return apply(ctx, ElementWiseOperation::kPOW, sum, at::Scalar(1.0 / p));
}

ITensor* float_operand(ConversionCtx* ctx, const torch::jit::Node* n, Var& arg, const Var* type_arg) {
  auto* x = arg.ITensorOrFreeze(ctx);
  if (type_arg != nullptr && !is_none(*type_arg)) {
    x = cast(ctx, x, static_cast<at::ScalarType>(type_arg->IValue()->toInt()));
  }
  TORCHTRT_CHECK(at::isFloatingType(scalar_type(x)),
                 util::node_info(n) << ": the norm of " << scalar_type(x) << " is not defined; give a dtype");
  return x;
}

double order_or_two(Var& arg) { return is_none(arg) ? 2.0 : arg.unwrapToScalar().toDouble(); }

// (self, p, dim, keepdim, *, dtype) with the last ones left out in some overloads.
bool norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto& schema = n->schema();
  const auto argument = [&](const char* name) -> Var* {
    const auto index = schema.argumentIndexWithName(name);
    return index ? &args[*index] : nullptr;
  };
  auto* x = float_operand(ctx, n, args[0], argument("dtype"));
  Var* p = argument("p");
  if (p == nullptr) p = argument("ord");
  const Var* dim = argument("dim");
  Var* keep = argument("keepdim");
  const auto dims = dim == nullptr ? std::vector<int64_t>() : optional_ints(*dim);
  const uint32_t axes = axes_mask(n, dims, rank(x));
  const double order = p == nullptr ? 2.0 : order_or_two(*p);
  if (order < 0 || std::isinf(order)) check_not_empty(n, x, axes);
  return finish(ctx, n, vector_norm(ctx, x, order, axes, keep != nullptr && keep->unwrapToBool()));
}

// The norm of a matrix by sums of its rows or columns; those by singular values are left to PyTorch.
ITensor* matrix_norm(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, double order, int32_t row,
                     int32_t column, bool keep) {
  const double size = std::abs(order);
  TORCHTRT_CHECK(size == 1.0 || std::isinf(order),
                 util::node_info(n) << ": the matrix norm of order " << order << " needs singular values");
  const int32_t summed = size == 1.0 ? row : column;
  const int32_t compared = size == 1.0 ? column : row;
  auto* sums = reduce(ctx, ReduceOperation::kSUM, apply(ctx, UnaryOperation::kABS, x), 1U << summed, /*keep=*/true);
  auto* best =
      reduce(ctx, order > 0 ? ReduceOperation::kMAX : ReduceOperation::kMIN, sums, 1U << compared, /*keep=*/true);
  if (keep) return best;
  for (const int32_t dim : {std::max(row, column), std::min(row, column)})
    best = replace_dims(ctx, best, dim, dim + 1, {});
  return best;
}

// (self, ord, dim, keepdim, *, dtype), ord a number or "fro", the 2-norm of the elements.
bool linalg_matrix_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_operand(ctx, n, args[0], &args[4]);
  const auto dims = optional_ints(args[2]);
  TORCHTRT_CHECK(dims.size() == 2, util::node_info(n) << ": " << dims.size() << " dims, a matrix has 2");
  const int32_t row = wrap_dim(n, dims[0], rank(x));
  const int32_t column = wrap_dim(n, dims[1], rank(x));
  const bool keep = args[3].unwrapToBool();
  if (args[1].IValue()->isString()) {
    const auto name = args[1].unwrapToString();
    TORCHTRT_CHECK(name == "fro", util::node_info(n) << ": the matrix norm '" << name << "' needs singular values");
    return finish(ctx, n, vector_norm(ctx, x, 2.0, (1U << row) | (1U << column), keep));
  }
  return finish(ctx, n, matrix_norm(ctx, n, x, args[1].unwrapToScalar().toDouble(), row, column, keep));
}

// (self, ord: str, dim, keepdim, *, dtype)
bool linalg_named_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_operand(ctx, n, args[0], &args[4]);
  const auto name = args[1].unwrapToString();
  TORCHTRT_CHECK(name == "fro", util::node_info(n) << ": the matrix norm '" << name << "' needs singular values");
  return finish(ctx, n,
                vector_norm(ctx, x, 2.0, axes_mask(n, optional_ints(args[2]), rank(x)), args[3].unwrapToBool()));
}

// (self, other, p): the norm of the difference of all elements.
bool distance(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand a = read_operand(ctx, args[0]);
  const Operand b = read_operand(ctx, args[1]);
  const auto type = result_type({a, b});
  auto* difference = apply(ctx, ElementWiseOperation::kSUB, materialise(ctx, a, type), materialise(ctx, b, type));
  const uint32_t axes = (1U << rank(difference)) - 1U;
  return finish(ctx, n, vector_norm(ctx, difference, args[2].unwrapToScalar().toDouble(), axes, /*keep=*/false));
}

// (self, p, dim, maxnorm): slices along the dimension whose norm is larger are scaled to maxnorm.
bool renorm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_operand(ctx, n, args[0], nullptr);
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  const at::Scalar most = args[3].unwrapToScalar();
  const uint32_t axes = ((1U << rank(x)) - 1U) & ~(1U << dim);
  auto* size = vector_norm(ctx, x, args[1].unwrapToScalar().toDouble(), axes, /*keep=*/true);
  auto* factor = apply(ctx, ElementWiseOperation::kDIV, scalar_constant(ctx, most, scalar_type(x)),
                       apply(ctx, ElementWiseOperation::kSUM, size, at::Scalar(1e-7)));
  auto* is_large = apply(ctx, ElementWiseOperation::kGREATER, size, most);
  return finish(ctx, n,
                apply(ctx, ElementWiseOperation::kPROD, x,
                      choose(ctx, is_large, factor, scalar_constant(ctx, 1.0, scalar_type(x)))));
}

// Without an order the 2-norm of all elements (of the dims); with one, of a vector or a matrix.
bool linalg_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_operand(ctx, n, args[0], &args[4]);
  auto dims = optional_ints(args[2]);
  const bool keep = args[3].unwrapToBool();
  const bool has_order = !is_none(args[1]);
  if (has_order && dims.empty()) {
    TORCHTRT_CHECK(rank(x) == 1 || rank(x) == 2,
                   util::node_info(n) << ": an order without dims needs a vector or a matrix, the rank is " << rank(x));
    for (int32_t i = 0; i < rank(x); ++i) dims.push_back(i);
  }
  if (has_order && dims.size() == 2) {
    const int32_t row = wrap_dim(n, dims[0], rank(x));
    const int32_t column = wrap_dim(n, dims[1], rank(x));
    return finish(ctx, n, matrix_norm(ctx, n, x, args[1].unwrapToScalar().toDouble(), row, column, keep));
  }
  return finish(ctx, n, vector_norm(ctx, x, order_or_two(args[1]), axes_mask(n, dims, rank(x)), keep));
}

// max + log(sum(exp(x - max))), the maximum taken as 0 where it is infinite.
bool log_sum_exp(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = as_float(ctx, args[0].ITensorOrFreeze(ctx));
  const auto given = optional_ints(args[1]);
  const bool keep = args[2].unwrapToBool();
  TORCHTRT_CHECK(!given.empty() || keep || rank(x) == 0, util::node_info(n) << ": no dims are given");
  const uint32_t axes = axes_mask(n, given, rank(x));
  const auto dims = x->getDimensions();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const bool is_empty = ((axes >> i) & 1U) != 0 && dims.d[i] == 0;
    if (!is_empty) continue;
    auto* none = reduce(ctx, ReduceOperation::kSUM, x, axes, keep);  // zeros
    return finish(ctx, n, apply(ctx, UnaryOperation::kLOG, none));
  }
  const auto shift = [&](bool kept) {
    auto* largest = reduce(ctx, ReduceOperation::kMAX, x, axes, kept);
    return choose(ctx, apply(ctx, UnaryOperation::kISINF, largest), scalar_constant(ctx, 0.0, scalar_type(x)), largest);
  };
  auto* powers = apply(ctx, UnaryOperation::kEXP, apply(ctx, ElementWiseOperation::kSUB, x, shift(true)));
  auto* sum = reduce(ctx, ReduceOperation::kSUM, powers, axes, keep);
  return finish(ctx, n, apply(ctx, ElementWiseOperation::kSUM, apply(ctx, UnaryOperation::kLOG, sum), shift(keep)));
}

// ---- distances --------------------------------------------------------------------------------------------------

bool cosine_similarity(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto type = result_type({read_operand(ctx, args[0]), read_operand(ctx, args[1])});
  TORCHTRT_CHECK(at::isFloatingType(type), util::node_info(n) << ": the tensors are " << type << ", must be floats");
  const auto wide = wide_type(type);
  auto* a = cast(ctx, args[0].ITensorOrFreeze(ctx), wide);
  auto* b = cast(ctx, args[1].ITensorOrFreeze(ctx), wide);
  const int32_t joined_rank = std::max(rank(a), rank(b));
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), joined_rank);
  const at::Scalar eps = args[3].unwrapToScalar();
  const auto unit = [&](ITensor* x) {
    auto* length = vector_norm(ctx, x, 2.0, 1U << (dim - (joined_rank - rank(x))), /*keep=*/true);
    return apply(ctx, ElementWiseOperation::kDIV, x, apply(ctx, ElementWiseOperation::kMAX, length, eps));
  };
  TORCHTRT_CHECK(rank(a) == rank(b) || dim >= joined_rank - std::min(rank(a), rank(b)),
                 util::node_info(n) << ": dimension " << dim << " is one that only one of the tensors has");
  auto* product = apply(ctx, ElementWiseOperation::kPROD, unit(a), unit(b));
  return finish(ctx, n, cast(ctx, reduce(ctx, ReduceOperation::kSUM, product, 1U << dim, /*keep=*/false), type));
}

// x1: ... P x M, x2: ... R x M -> ... P x R
bool cdist(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* a = args[0].ITensorOrFreeze(ctx);
  auto* b = args[1].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(a) >= 2 && rank(b) >= 2, util::node_info(n) << ": both tensors must have rank 2 or more");
  a = replace_dims(ctx, a, rank(a) - 1, rank(a) - 1, {1});
  b = replace_dims(ctx, b, rank(b) - 2, rank(b) - 2, {1});
  auto* difference = apply(ctx, ElementWiseOperation::kSUB, a, b);
  const uint32_t last = 1U << (rank(difference) - 1);
  return finish(ctx, n, vector_norm(ctx, difference, args[2].unwrapToScalar().toDouble(), last, /*keep=*/false));
}

bool pairwise_distance(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* difference = apply(ctx, ElementWiseOperation::kSUB, args[0].ITensorOrFreeze(ctx), args[1].ITensorOrFreeze(ctx));
  difference = apply(ctx, ElementWiseOperation::kSUM, difference, args[3].unwrapToScalar());
  const uint32_t last = 1U << (rank(difference) - 1);
  return finish(ctx, n,
                vector_norm(ctx, difference, args[2].unwrapToScalar().toDouble(), last, args[4].unwrapToBool()));
}

}  // namespace

Family reduce_family() {
  return {
      {"aten::mean", over_all(ReduceOperation::kAVG)},
      {"aten::mean.dim", over_dims(ReduceOperation::kAVG)},
      {"aten::sum", over_all(ReduceOperation::kSUM)},
      {"aten::sum.dim_IntList", over_dims(ReduceOperation::kSUM)},
      {"aten::prod", over_all(ReduceOperation::kPROD)},
      {"aten::prod.dim_int", over_dims(ReduceOperation::kPROD)},
      {"aten::max", extreme(ReduceOperation::kMAX)},
      {"aten::min", extreme(ReduceOperation::kMIN)},
      {"aten::amax", extreme_over_dims(ReduceOperation::kMAX)},
      {"aten::amin", extreme_over_dims(ReduceOperation::kMIN)},
      {"aten::max.dim", extreme_with_indices(ReduceOperation::kMAX)},
      {"aten::min.dim", extreme_with_indices(ReduceOperation::kMIN)},
      {"aten::argmax", index_of_extreme(nvinfer1::TopKOperation::kMAX)},
      {"aten::argmin", index_of_extreme(nvinfer1::TopKOperation::kMIN)},
      {"aten::all", truth(ReduceOperation::kPROD)},
      {"aten::all.dim", truth(ReduceOperation::kPROD)},
      {"aten::all.dims", truth(ReduceOperation::kPROD)},
      {"aten::any", truth(ReduceOperation::kSUM)},
      {"aten::any.dim", truth(ReduceOperation::kSUM)},
      {"aten::any.dims", truth(ReduceOperation::kSUM)},
      {"aten::count_nonzero", count_nonzero},
      {"aten::count_nonzero.dim_IntList", count_nonzero},
      {"aten::var", spread(Spread::kVariance, false)},
      {"aten::var.dim", spread(Spread::kVariance, false)},
      {"aten::var.correction", spread(Spread::kVariance, false)},
      {"aten::std", spread(Spread::kDeviation, false)},
      {"aten::std.dim", spread(Spread::kDeviation, false)},
      {"aten::std.correction", spread(Spread::kDeviation, false)},
      {"aten::var_mean", spread(Spread::kVariance, true)},
      {"aten::var_mean.dim", spread(Spread::kVariance, true)},
      {"aten::var_mean.correction", spread(Spread::kVariance, true)},
      {"aten::std_mean", spread(Spread::kDeviation, true)},
      {"aten::std_mean.dim", spread(Spread::kDeviation, true)},
      {"aten::std_mean.correction", spread(Spread::kDeviation, true)},
      {"aten::norm.Scalar", norm},
      {"aten::norm.ScalarOpt_dim", norm},
      {"aten::norm.ScalarOpt_dtype", norm},
      {"aten::norm.ScalarOpt_dim_dtype", norm},
      {"aten::frobenius_norm.dim", norm},
      {"aten::linalg_vector_norm", norm},
      {"aten::linalg_norm", linalg_norm},
      {"aten::linalg_norm.ord_str", linalg_named_norm},
      {"aten::linalg_matrix_norm", linalg_matrix_norm},
      {"aten::linalg_matrix_norm.str_ord", linalg_matrix_norm},
      {"aten::dist", distance},
      {"aten::renorm", renorm},
      {"aten::logsumexp", log_sum_exp},
      {"aten::cosine_similarity", cosine_similarity},
      {"aten::cdist", cdist},
      {"aten::pairwise_distance", pairwise_distance},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
