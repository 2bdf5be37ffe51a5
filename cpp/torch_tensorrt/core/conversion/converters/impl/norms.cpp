#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/conversion/converters/impl/args.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Norms, and distances: norms of differences.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::ReduceOperation;
using nvinfer1::UnaryOperation;

// (sum |x|^p)^(1/p); the largest or smallest |x| for infinite p; the number of nonzero elements for p = 0.
ITensor* plain_norm(ConversionCtx* ctx, ITensor* x, double p, uint32_t axes, bool keep) {
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

// Computes float16 and bfloat16 in float32, because squares soon exceed their range.
ITensor* vector_norm(ConversionCtx* ctx, ITensor* x, double p, uint32_t axes, bool keep) {
  const auto type = scalar_type(x);
  return cast(ctx, plain_norm(ctx, cast(ctx, x, wide_type(type)), p, axes, keep), type);
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

// (self, p, dim, keepdim, *, dtype); some overloads omit the last arguments.
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

// A matrix norm by sums of rows or columns. Norms by singular values are left to PyTorch.
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

// (self, ord, dim, keepdim, *, dtype); ord is a number or "fro", the 2-norm of the elements.
bool linalg_matrix_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_operand(ctx, n, args[0], &args[4]);
  const auto dims = optional_ints(args[2]);
  TORCHTRT_CHECK(dims.size() == 2, util::node_info(n) << ": dim has " << dims.size() << " entries, must have 2");
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
  auto* difference = apply(ctx, ElementWiseOperation::kSUB, materialize(ctx, a, type), materialize(ctx, b, type));
  const uint32_t axes = (1U << rank(difference)) - 1U;
  return finish(ctx, n, vector_norm(ctx, difference, args[2].unwrapToScalar().toDouble(), axes, /*keep=*/false));
}

// (self, p, dim, maxnorm): scales slices along the dimension down to maxnorm if their norm is larger.
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

// Without an order: the 2-norm of all elements (along the dims). With an order: of a vector or a matrix.
bool linalg_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_operand(ctx, n, args[0], &args[4]);
  auto dims = optional_ints(args[2]);
  const bool keep = args[3].unwrapToBool();
  const bool has_order = !is_none(args[1]);
  if (has_order && dims.empty()) {
    TORCHTRT_CHECK(rank(x) == 1 || rank(x) == 2,
                   util::node_info(n) << ": rank is " << rank(x) << ", must be 1 or 2 if ord is given without dim");
    for (int32_t i = 0; i < rank(x); ++i) dims.push_back(i);
  }
  if (has_order && dims.size() == 2) {
    const int32_t row = wrap_dim(n, dims[0], rank(x));
    const int32_t column = wrap_dim(n, dims[1], rank(x));
    return finish(ctx, n, matrix_norm(ctx, n, x, args[1].unwrapToScalar().toDouble(), row, column, keep));
  }
  return finish(ctx, n, vector_norm(ctx, x, order_or_two(args[1]), axes_mask(n, dims, rank(x)), keep));
}

// max + log(sum(exp(x - max))); an infinite maximum is taken as 0.
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
  TORCHTRT_CHECK(at::isFloatingType(type), util::node_info(n)
                                               << ": the tensors are " << type << ", must be float tensors");
  const auto wide = wide_type(type);
  auto* a = cast(ctx, args[0].ITensorOrFreeze(ctx), wide);
  auto* b = cast(ctx, args[1].ITensorOrFreeze(ctx), wide);
  const int32_t joined_rank = std::max(rank(a), rank(b));
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), joined_rank);
  // A tensor that is repeated along the dimension is longer than its own elements.
  const auto size_along = [&](ITensor* x) {
    const int32_t own = dim - (joined_rank - rank(x));
    return own < 0 ? int64_t{1} : x->getDimensions().d[own];
  };
  if (size_along(a) < 0 || size_along(a) != size_along(b)) {
    const auto sizes = broadcast_sizes(ctx, n, {a, b});
    a = broadcast(ctx, n, a, sizes);
    b = broadcast(ctx, n, b, sizes);
  }
  const at::Scalar eps = args[3].unwrapToScalar();
  const auto unit = [&](ITensor* x) {
    auto* length = vector_norm(ctx, x, 2.0, 1U << (dim - (joined_rank - rank(x))), /*keep=*/true);
    return apply(ctx, ElementWiseOperation::kDIV, x, apply(ctx, ElementWiseOperation::kMAX, length, eps));
  };
  auto* product = apply(ctx, ElementWiseOperation::kPROD, unit(a), unit(b));
  return finish(ctx, n, cast(ctx, reduce(ctx, ReduceOperation::kSUM, product, 1U << dim, /*keep=*/false), type));
}

// x1: ... P x M, x2: ... R x M -> ... P x R
bool cdist(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* a = args[0].ITensorOrFreeze(ctx);
  auto* b = args[1].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(a) >= 2 && rank(b) >= 2,
                 util::node_info(n) << ": ranks are " << rank(a) << " and " << rank(b) << ", must be 2 or more");
  a = replace_dims(ctx, a, rank(a) - 1, rank(a) - 1, {1});
  b = replace_dims(ctx, b, rank(b) - 2, rank(b) - 2, {1});
  auto* difference = apply(ctx, ElementWiseOperation::kSUB, a, b);
  const uint32_t last = 1U << (rank(difference) - 1);
  return finish(ctx, n, vector_norm(ctx, difference, args[2].unwrapToScalar().toDouble(), last, /*keep=*/false));
}

// N x M, p -> the distances of all pairs of rows, the pairs of the first row first.
bool pdist(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_operand(ctx, n, args[0], nullptr);
  TORCHTRT_CHECK(rank(x) == 2, util::node_info(n) << ": the tensor has rank " << rank(x) << ", must be 2");
  const int64_t count = known_size(n, x, 0, "it gives the number of pairs");
  const auto pairs = at::triu_indices(count, count, 1);
  const auto rows = [&](int64_t side) {
    return ctx->net->addGather(*x, *tensor_constant(ctx, pairs[side].contiguous()), 0)->getOutput(0);
  };
  auto* difference = apply(ctx, ElementWiseOperation::kSUB, rows(0), rows(1));
  return finish(ctx, n, vector_norm(ctx, difference, args[1].unwrapToScalar().toDouble(), 0b10, /*keep=*/false));
}

bool pairwise_distance(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* difference = apply(ctx, ElementWiseOperation::kSUB, args[0].ITensorOrFreeze(ctx), args[1].ITensorOrFreeze(ctx));
  difference = apply(ctx, ElementWiseOperation::kSUM, as_float(ctx, difference), args[3].unwrapToScalar());
  const uint32_t last = 1U << (rank(difference) - 1);
  return finish(ctx, n,
                vector_norm(ctx, difference, args[2].unwrapToScalar().toDouble(), last, args[4].unwrapToBool()));
}

}  // namespace

Family norms_family() {
  return {
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
      {"aten::pdist", pdist},
      {"aten::_pdist_forward", pdist},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
