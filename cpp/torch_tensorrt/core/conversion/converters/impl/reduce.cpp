#include "torch_tensorrt/core/conversion/converters/impl/args.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Operations over dimensions, without regard to the order of elements: sums, extremes, variances, softmax.
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

// Sums and products of integers and bools are int64 unless a dtype is given; a mean needs floats.
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

// The best element along the dimension and its int64 index.
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

// (self, dim, keepdim) -> (values, indices); a plain reduction if the indices are unused.
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

// (self, dim, keepdim) -> index; without a dim, the index in the flattened tensor.
OpConverter index_of_extreme(nvinfer1::TopKOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    const int32_t x_rank = rank(x);
    TORCHTRT_CHECK(scalar_type(x) != at::kBool, util::node_info(n)
                                                    << ": the tensor is Bool, must be a tensor of numbers");
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

// Whether all, or any, elements are true (nonzero), computed as their product, or sum. uint8 stays uint8.
OpConverter truth(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    const auto result = scalar_type(x) == at::kByte ? at::kByte : at::kBool;
    const bool has_dims = args.size() > 1;
    const auto dims = has_dims ? optional_ints(args[1]) : std::vector<int64_t>();
    const bool keep = has_dims && args[2].unwrapToBool();
    // Unlike in other operators, an empty list of dims reduces no dims.
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
// The sum of squared distances from the mean, divided by max(count - correction, 0), as in PyTorch. Computes float16
// and bfloat16 in float32.
Moments moments(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const std::vector<int64_t>& dims,
                const at::Scalar& correction, bool keep) {
  const uint32_t axes = axes_mask(n, dims, rank(x));
  const auto type = wide_type(scalar_type(x));
  const Centered center = centered(ctx, cast(ctx, x, type), axes);
  auto* squares = apply(ctx, ElementWiseOperation::kPROD, center.distances, center.distances);
  auto* sum = reduce(ctx, ReduceOperation::kSUM, squares, axes, keep);
  auto* count = apply(ctx, ElementWiseOperation::kSUB, count_along(ctx, x, axes, type), correction);
  count = apply(ctx, ElementWiseOperation::kMAX, count, at::Scalar(0.0));
  auto* mean = keep ? center.mean : reduce(ctx, ReduceOperation::kAVG, center.mean, axes, /*keep=*/false);
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
    finish(ctx, n, cast(ctx, variance, scalar_type(x)), 0);
    return !with_mean || finish(ctx, n, cast(ctx, mean, scalar_type(x)), 1);
  };
}

// (self, *, dim, keepdim) -> (min, max)
bool aminmax(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const uint32_t axes = axes_mask(n, optional_ints(args[1]), rank(x));
  const bool keep = args[2].unwrapToBool();
  finish(ctx, n, reduce(ctx, ReduceOperation::kMIN, x, axes, keep), 0);
  return finish(ctx, n, reduce(ctx, ReduceOperation::kMAX, x, axes, keep), 1);
}

// (self, dim, keepdim, *, dtype); ignores NaN elements.
OpConverter without_nan(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    if (const auto type = optional_dtype(args[3])) x = cast(ctx, x, *type);
    const uint32_t axes = axes_mask(n, optional_ints(args[1]), rank(x));
    const bool keep = args[2].unwrapToBool();
    if (!at::isFloatingType(scalar_type(x))) {
      TORCHTRT_CHECK(operation == ReduceOperation::kSUM,
                     util::node_info(n) << ": the mean of " << scalar_type(x) << " is not defined; give a dtype");
      return finish(ctx, n, reduce(ctx, operation, cast(ctx, x, at::kLong), axes, keep));
    }
    auto* is_nan = apply(ctx, UnaryOperation::kISNAN, x);
    auto* sum =
        reduce(ctx, ReduceOperation::kSUM, choose(ctx, is_nan, scalar_constant(ctx, 0, scalar_type(x)), x), axes, keep);
    if (operation == ReduceOperation::kSUM) return finish(ctx, n, sum);
    auto* numbers = cast(ctx, apply(ctx, UnaryOperation::kNOT, is_nan), scalar_type(x));
    auto* count = reduce(ctx, ReduceOperation::kSUM, numbers, axes, keep);
    return finish(ctx, n, apply(ctx, ElementWiseOperation::kDIV, sum, count));
  };
}

// ---- softmax -------------------------------------------------------------------------------------------------------

// (self, dim, dtype)
OpConverter softmax_of(bool log) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    if (const auto type = optional_dtype(args[2])) x = cast(ctx, x, *type);
    return finish(ctx, n, softmax(ctx, x, wrap_dim(n, args[1].unwrapToInt(), rank(x)), log));
  };
}

// (self, dim, half_to_float)
OpConverter raw_softmax(bool log) {
  const auto same = arranged(softmax_of(log), {0, 1, torch::jit::IValue()});
  const auto to_float = arranged(softmax_of(log), {0, 1, torch::jit::IValue(static_cast<int64_t>(at::kFloat))});
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return args[2].unwrapToBool() ? to_float(ctx, n, args) : same(ctx, n, args);
  };
}

// (self, dim, dtype): zeros if all elements are minus infinity.
bool safe_softmax(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (const auto type = optional_dtype(args[2])) x = cast(ctx, x, *type);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  auto* weights = softmax(ctx, x, dim);
  if (rank(x) == 0) return finish(ctx, n, weights);
  auto* largest = reduce(ctx, ReduceOperation::kMAX, x, 1U << dim, /*keep=*/true);
  auto* is_hidden =
      apply(ctx, ElementWiseOperation::kEQUAL, largest, at::Scalar(-std::numeric_limits<double>::infinity()));
  return finish(ctx, n, choose(ctx, is_hidden, scalar_constant(ctx, 0.0, scalar_type(x)), weights));
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
      {"aten::aminmax", aminmax},
      {"aten::nansum", without_nan(ReduceOperation::kSUM)},
      {"aten::nanmean", without_nan(ReduceOperation::kAVG)},
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
      {"aten::softmax.int", softmax_of(/*log=*/false)},
      {"aten::log_softmax.int", softmax_of(/*log=*/true)},
      {"aten::_softmax", raw_softmax(/*log=*/false)},
      {"aten::_log_softmax", raw_softmax(/*log=*/true)},
      {"aten::_safe_softmax", safe_softmax},
      {"aten::logsumexp", log_sum_exp},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
