#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// How far tensors are from zero (norms), from each other (distances), and from a target (losses).
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ActivationType;
using nvinfer1::ReduceOperation;
using nvinfer1::UnaryOperation;
using Operation = nvinfer1::ElementWiseOperation;

uint32_t all_axes(ITensor* x) { return (1U << rank(x)) - 1U; }

// (sum |x|^p)^(1/p); the largest or smallest |x| for infinite p; the number of nonzero elements for p = 0.
ITensor* plain_norm(ConversionCtx* ctx, ITensor* x, double p, uint32_t axes, bool keep) {
  auto* size = apply(ctx, UnaryOperation::kABS, x);
  if (std::isinf(p)) return reduce(ctx, p > 0 ? ReduceOperation::kMAX : ReduceOperation::kMIN, size, axes, keep);
  if (p == 0.0) {
    auto* bits = cast(ctx, cast(ctx, x, at::kBool), scalar_type(x));
    return reduce(ctx, ReduceOperation::kSUM, bits, axes, keep);
  }
  if (p == 1.0) return reduce(ctx, ReduceOperation::kSUM, size, axes, keep);
  if (p == 2.0) {
    auto* squares = apply(ctx, Operation::kPROD, x, x);
    return apply(ctx, UnaryOperation::kSQRT, reduce(ctx, ReduceOperation::kSUM, squares, axes, keep));
  }
  auto* powers = apply(ctx, Operation::kPOW, size, at::Scalar(p));
  auto* sum = reduce(ctx, ReduceOperation::kSUM, powers, axes, keep);
  return apply(ctx, Operation::kPOW, sum, at::Scalar(1.0 / p));
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
  Var* p = argument("p") != nullptr ? argument("p") : argument("ord");
  const Var* dim = argument("dim");
  Var* keep = argument("keepdim");
  const uint32_t axes = axes_mask(n, dim == nullptr ? std::vector<int64_t>() : optional_ints(*dim), rank(x));
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
  const auto [summed, compared] = size == 1.0 ? std::pair(row, column) : std::pair(column, row);
  auto* sums = reduce(ctx, ReduceOperation::kSUM, apply(ctx, UnaryOperation::kABS, x), 1U << summed, /*keep=*/true);
  auto* best =
      reduce(ctx, order > 0 ? ReduceOperation::kMAX : ReduceOperation::kMIN, sums, 1U << compared, /*keep=*/true);
  if (keep) return best;
  for (const int32_t dim : {std::max(row, column), std::min(row, column)})
    best = replace_dims(ctx, best, dim, dim + 1, {});
  return best;
}

// (self, ord: str, dim, keepdim, *, dtype)
bool linalg_named_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_operand(ctx, n, args[0], &args[4]);
  const auto name = args[1].unwrapToString();
  TORCHTRT_CHECK(name == "fro", util::node_info(n) << ": the matrix norm '" << name << "' needs singular values");
  return finish(ctx, n,
                vector_norm(ctx, x, 2.0, axes_mask(n, optional_ints(args[2]), rank(x)), args[3].unwrapToBool()));
}

// (self, p, dim, maxnorm): scales slices along the dimension down to maxnorm if their norm is larger.
bool renorm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_operand(ctx, n, args[0], nullptr);
  const auto type = scalar_type(x);
  x = cast(ctx, x, wide_type(type));
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  const at::Scalar most = args[3].unwrapToScalar();
  const uint32_t axes = all_axes(x) & ~(1U << dim);
  auto* size = vector_norm(ctx, x, args[1].unwrapToScalar().toDouble(), axes, /*keep=*/true);
  auto* factor = apply(ctx, Operation::kDIV, scalar_constant(ctx, most, scalar_type(x)),
                       apply(ctx, Operation::kSUM, size, at::Scalar(1e-7)));
  auto* is_large = apply(ctx, Operation::kGREATER, size, most);
  auto* factors = choose(ctx, is_large, factor, scalar_constant(ctx, 1.0, scalar_type(x)));
  return finish(ctx, n, cast(ctx, apply(ctx, Operation::kPROD, x, factors), type));
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
  const double order = order_or_two(args[1]);
  if (!has_order || dims.size() != 2) {
    return finish(ctx, n, vector_norm(ctx, x, order, axes_mask(n, dims, rank(x)), keep));
  }
  const int32_t row = wrap_dim(n, dims[0], rank(x));
  return finish(ctx, n, matrix_norm(ctx, n, x, order, row, wrap_dim(n, dims[1], rank(x)), keep));
}

// (self, ord, dim, keepdim, *, dtype); ord is a number or "fro", the 2-norm of the elements.
bool linalg_matrix_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto dims = optional_ints(args[2]);
  TORCHTRT_CHECK(dims.size() == 2, util::node_info(n) << ": dim has " << dims.size() << " entries, must have 2");
  return args[1].IValue()->isString() ? linalg_named_norm(ctx, n, args) : linalg_norm(ctx, n, args);
}

// ---- distances --------------------------------------------------------------------------------------------------

// Both tensors in their common dtype.
std::pair<ITensor*, ITensor*> read_pair(ConversionCtx* ctx, args& args) {
  const Operand x = read_operand(ctx, args[0]);
  const Operand target = read_operand(ctx, args[1]);
  const auto type = result_type({x, target});
  return {materialize(ctx, x, type), materialize(ctx, target, type)};
}

// The same in the wide type, for losses that PyTorch computes in one kernel, and the type of the loss.
struct WidePair {
  ITensor* x;
  ITensor* target;
  at::ScalarType type;
};

WidePair read_wide_pair(ConversionCtx* ctx, args& args) {
  const auto [x, target] = read_pair(ctx, args);
  const auto type = scalar_type(x);
  return {cast(ctx, x, wide_type(type)), cast(ctx, target, wide_type(type)), type};
}

ITensor* difference_of(ConversionCtx* ctx, args& args) {
  const auto [x, target] = read_pair(ctx, args);
  return apply(ctx, Operation::kSUB, x, target);
}

// (self, other, p): the norm of the difference of all elements.
bool distance(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* difference = difference_of(ctx, args);
  const double p = args[2].unwrapToScalar().toDouble();
  return finish(ctx, n, vector_norm(ctx, difference, p, all_axes(difference), /*keep=*/false));
}

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
    return apply(ctx, Operation::kDIV, x, apply(ctx, Operation::kMAX, length, eps));
  };
  auto* product = apply(ctx, Operation::kPROD, unit(a), unit(b));
  return finish(ctx, n, cast(ctx, reduce(ctx, ReduceOperation::kSUM, product, 1U << dim, /*keep=*/false), type));
}

ITensor* norm_of_last(ConversionCtx* ctx, ITensor* x, Var& p, bool keep = false) {
  return vector_norm(ctx, x, p.unwrapToScalar().toDouble(), 1U << (rank(x) - 1), keep);
}

// x1: ... P x M, x2: ... R x M -> ... P x R
bool cdist(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* a = args[0].ITensorOrFreeze(ctx);
  auto* b = args[1].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(a) >= 2 && rank(b) >= 2,
                 util::node_info(n) << ": ranks are " << rank(a) << " and " << rank(b) << ", must be 2 or more");
  a = replace_dims(ctx, a, rank(a) - 1, rank(a) - 1, {1});
  b = replace_dims(ctx, b, rank(b) - 2, rank(b) - 2, {1});
  return finish(ctx, n, norm_of_last(ctx, apply(ctx, Operation::kSUB, a, b), args[2]));
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
  return finish(ctx, n, norm_of_last(ctx, apply(ctx, Operation::kSUB, rows(0), rows(1)), args[1]));
}

bool pairwise_distance(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* difference = apply(ctx, Operation::kSUB, args[0].ITensorOrFreeze(ctx), args[1].ITensorOrFreeze(ctx));
  difference = apply(ctx, Operation::kSUM, as_float(ctx, difference), args[3].unwrapToScalar());
  return finish(ctx, n, norm_of_last(ctx, difference, args[2], args[4].unwrapToBool()));
}

// ---- losses --------------------------------------------------------------------------------------------------------

// The numbers of at::Reduction.
constexpr int64_t kMean = 1;
constexpr int64_t kSum = 2;

bool finish_loss(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* loss, int64_t reduction) {
  if (reduction != kMean && reduction != kSum) return finish(ctx, n, loss);
  if (rank(loss) == 0) return finish(ctx, n, identity(ctx, loss));
  const auto operation = reduction == kMean ? ReduceOperation::kAVG : ReduceOperation::kSUM;
  if (!at::isFloatingType(scalar_type(loss))) loss = cast(ctx, loss, at::kLong);  // as PyTorch sums integers
  return finish(ctx, n, reduce(ctx, operation, loss, all_axes(loss), /*keep=*/false));
}

// (self, target, reduction)
bool l1_loss(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish_loss(ctx, n, apply(ctx, UnaryOperation::kABS, difference_of(ctx, args)), args[2].unwrapToInt());
}

bool mse_loss(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const WidePair pair = read_wide_pair(ctx, args);
  auto* difference = apply(ctx, Operation::kSUB, pair.x, pair.target);
  auto* square = apply(ctx, Operation::kPROD, difference, difference);
  return finish_loss(ctx, n, cast(ctx, square, pair.type), args[2].unwrapToInt());
}

// (self, target, reduction, beta or delta): d^2 / 2 below the limit, linear above; smooth_l1 divides it by the limit.
OpConverter bent_loss(bool divided) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const WidePair pair = read_wide_pair(ctx, args);
    auto* size = apply(ctx, UnaryOperation::kABS, apply(ctx, Operation::kSUB, pair.x, pair.target));
    const double limit = args[3].unwrapToScalar().toDouble();
    if (divided && limit == 0.0) return finish_loss(ctx, n, cast(ctx, size, pair.type), args[2].unwrapToInt());
    auto* square = apply(ctx, Operation::kPROD, size, size);
    square = apply(ctx, Operation::kPROD, square, at::Scalar(divided ? 0.5 / limit : 0.5));
    auto* line = apply(ctx, Operation::kSUB, size, at::Scalar(0.5 * limit));
    if (!divided) line = apply(ctx, Operation::kPROD, line, at::Scalar(limit));
    auto* is_small = apply(ctx, Operation::kLESS, size, at::Scalar(limit));
    auto* loss = choose(ctx, is_small, square, line);
    return finish_loss(ctx, n, cast(ctx, loss, pair.type), args[2].unwrapToInt());
  };
}

// log(1 + exp(-target x))
bool soft_margin_loss(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto [x, target] = read_pair(ctx, args);
  auto* product = apply(ctx, UnaryOperation::kNEG, apply(ctx, Operation::kPROD, x, target));
  return finish_loss(ctx, n, apply(ctx, ActivationType::kSOFTPLUS, product, 1.0, 1.0), args[2].unwrapToInt());
}

// (self, target, reduction, *, log_target): target (log target - x), 0 where the target is 0.
bool kl_div(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto [x, given] = read_pair(ctx, args);
  const bool is_log = args[3].unwrapToBool();
  auto* target = is_log ? apply(ctx, UnaryOperation::kEXP, given) : given;
  auto* logarithm = is_log ? given : apply(ctx, UnaryOperation::kLOG, given);
  auto* loss = apply(ctx, Operation::kPROD, target, apply(ctx, Operation::kSUB, logarithm, x));
  if (!is_log) {
    auto* zero = scalar_constant(ctx, 0.0, scalar_type(loss));
    auto* entropy = apply(ctx, Operation::kPROD, target, logarithm);
    entropy = choose(ctx, apply(ctx, Operation::kEQUAL, target, at::Scalar(0.0)), zero, entropy);
    loss = apply(ctx, Operation::kSUB, entropy, apply(ctx, Operation::kPROD, target, x));
  }
  return finish_loss(ctx, n, loss, args[2].unwrapToInt());
}

ITensor* weighted(ConversionCtx* ctx, ITensor* loss, Var& weight) {
  if (is_none(weight)) return loss;
  return apply(ctx, Operation::kPROD, loss, cast(ctx, weight.ITensorOrFreeze(ctx), scalar_type(loss)));
}

// (self, target, weight, reduction): clamps logarithms at -100, as PyTorch does.
bool binary_cross_entropy(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto [x, target, type] = read_wide_pair(ctx, args);
  const auto rest = [&](ITensor* p) {
    return apply(ctx, Operation::kSUB, scalar_constant(ctx, 1.0, scalar_type(p)), p);
  };
  const auto cut_log = [&](ITensor* p) {
    return apply(ctx, Operation::kMAX, apply(ctx, UnaryOperation::kLOG, p), at::Scalar(-100.0));
  };
  auto* loss = apply(ctx, Operation::kSUM, apply(ctx, Operation::kPROD, target, cut_log(x)),
                     apply(ctx, Operation::kPROD, rest(target), cut_log(rest(x))));
  loss = weighted(ctx, apply(ctx, UnaryOperation::kNEG, loss), args[2]);
  return finish_loss(ctx, n, cast(ctx, loss, type), args[3].unwrapToInt());
}

// (self, target, weight, pos_weight, reduction): (1 - target) x + (1 + (pos_weight - 1) target) log(1 + exp(-x))
bool binary_cross_entropy_with_logits(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto [x, target] = read_pair(ctx, args);
  auto* one = scalar_constant(ctx, 1.0, scalar_type(x));
  auto* soft = apply(ctx, ActivationType::kSOFTPLUS, apply(ctx, UnaryOperation::kNEG, x), 1.0, 1.0);
  if (!is_none(args[3])) {
    auto* more = apply(ctx, Operation::kSUB, args[3].ITensorOrFreeze(ctx), one);
    auto* factor = apply(ctx, Operation::kSUM, apply(ctx, Operation::kPROD, more, target), one);
    soft = apply(ctx, Operation::kPROD, soft, factor);
  }
  auto* linear = apply(ctx, Operation::kPROD, apply(ctx, Operation::kSUB, one, target), x);
  auto* loss = weighted(ctx, apply(ctx, Operation::kSUM, linear, soft), args[2]);
  return finish_loss(ctx, n, loss, args[4].unwrapToInt());
}

// (log_probability, target, weight, reduction, ignore_index): the negative log probability of the target class, N x C x
// ... and N x ...; the mean is weighted.
bool finish_class_loss(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* log_probability, args& args) {
  const int64_t reduction = args[3].unwrapToInt();
  const int32_t dim = rank(log_probability) == 1 ? 0 : 1;
  const auto type = scalar_type(log_probability);
  auto* target = cast(ctx, args[1].ITensorOrFreeze(ctx), at::kLong);
  auto* ignored = apply(ctx, Operation::kEQUAL, target, at::Scalar(args[4].unwrapToInt()));
  auto* place = choose(ctx, ignored, scalar_constant(ctx, 0, at::kLong), target);
  auto* index = replace_dims(ctx, place, dim, dim, {1});
  auto* layer = ctx->net->addGatherV2(*log_probability, *index, nvinfer1::GatherMode::kELEMENT);
  layer->setGatherAxis(dim);
  auto* loss = apply(ctx, UnaryOperation::kNEG, replace_dims(ctx, layer->getOutput(0), dim, dim + 1, {}));
  ITensor* weight = scalar_constant(ctx, 1.0, type);
  if (!is_none(args[2])) weight = ctx->net->addGather(*args[2].ITensorOrFreeze(ctx), *place, 0)->getOutput(0);
  auto* zero = scalar_constant(ctx, 0.0, type);
  weight = choose(ctx, ignored, zero, weight);
  loss = choose(ctx, ignored, zero, apply(ctx, Operation::kPROD, loss, weight));
  if (reduction != kMean || rank(loss) == 0) {
    if (reduction == kMean) loss = apply(ctx, Operation::kDIV, loss, weight);
    return finish_loss(ctx, n, loss, reduction == kMean ? kSum : reduction);
  }
  auto* sum = reduce(ctx, ReduceOperation::kSUM, loss, all_axes(loss), /*keep=*/false);
  auto* total = reduce(ctx, ReduceOperation::kSUM, weight, all_axes(weight), /*keep=*/false);
  return finish(ctx, n, apply(ctx, Operation::kDIV, sum, total));
}

// (self, target, weight, reduction, ignore_index)
bool nll_loss(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish_class_loss(ctx, n, args[0].ITensorOrFreeze(ctx), args);
}

// (self, target, weight, reduction, ignore_index, label_smoothing)
bool cross_entropy(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(!at::isFloatingType(scalar_type(args[1].ITensorOrFreeze(ctx))),
                 util::node_info(n) << ": the target is probabilities; only class indices are converted");
  return finish_class_loss(ctx, n, softmax(ctx, x, rank(x) == 1 ? 0 : 1, /*log=*/true), args);
}

Decision no_smoothing(const torch::jit::Node* n) {
  const auto smoothing = torch::jit::toIValue(n->input(5));
  if (smoothing && smoothing->isDouble() && smoothing->toDouble() == 0.0) return Decision::yes();
  return Decision::no("label_smoothing is not 0; it is for training and is not converted");
}

}  // namespace

Family distances_family() {
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
      {"aten::cosine_similarity", cosine_similarity},
      {"aten::cdist", cdist},
      {"aten::pairwise_distance", pairwise_distance},
      {"aten::pdist", pdist},
      {"aten::_pdist_forward", pdist},
      {"aten::l1_loss", l1_loss},
      {"aten::mse_loss", mse_loss},
      {"aten::smooth_l1_loss", bent_loss(/*divided=*/true)},
      {"aten::huber_loss", bent_loss(/*divided=*/false)},
      {"aten::soft_margin_loss", soft_margin_loss},
      {"aten::kl_div", kl_div},
      {"aten::binary_cross_entropy", binary_cross_entropy},
      {"aten::binary_cross_entropy_with_logits", binary_cross_entropy_with_logits},
      {"aten::nll_loss", nll_loss},
      {"aten::nll_loss_nd", nll_loss},
      {"aten::nll_loss2d", nll_loss},
      {"aten::cross_entropy_loss", cross_entropy, Declines{"`label_smoothing` is not 0", no_smoothing}},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
