#include <algorithm>
#include <cmath>
#include <limits>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Reductions that sort elements, ignore NaN, or return indices along a dimension.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::CumulativeOperation;
using nvinfer1::ElementWiseOperation;
using nvinfer1::ReduceOperation;
using nvinfer1::TopKOperation;
using nvinfer1::UnaryOperation;

ITensor* not_a_number(ConversionCtx* ctx, ITensor* x) {
  return scalar_constant(ctx, std::numeric_limits<double>::quiet_NaN(), scalar_type(x));
}

// Whether any element along the axes is NaN; keeps the axes as dimensions of 1.
ITensor* has_nan(ConversionCtx* ctx, ITensor* x, uint32_t axes) {
  auto* bits = cast(ctx, apply(ctx, UnaryOperation::kISNAN, x), at::kInt);
  return cast(ctx, reduce(ctx, ReduceOperation::kMAX, bits, axes, /*keep=*/true), at::kBool);
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

// ---- by order ---------------------------------------------------------------------------------------------------

struct Sorted {
  ITensor* values;
  ITensor* indices;
  int64_t size;
};

// The smallest `count` elements (-1: all) along the dimension in order, NaN last.
Sorted sorted(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim, int64_t count = -1) {
  const int64_t size = known_size(n, x, dim, "it is sorted");
  auto* layer = ctx->net->addTopK(*x, TopKOperation::kMIN, count < 0 ? size : count, 1U << dim);
  layer->setIndicesType(nvinfer1::DataType::kINT64);
  layer->setStable(count >= 0);
  return {layer->getOutput(0), layer->getOutput(1), size};
}

ITensor* without_dim(ConversionCtx* ctx, ITensor* x, int32_t dim, bool keep) {
  return keep ? x : replace_dims(ctx, x, dim, dim + 1, {});
}

// The tensor with at least one dimension. The result for a 0-d tensor is always 0-d.
struct Line {
  ITensor* tensor;
  bool was_scalar;
};
Line at_least_1d(ConversionCtx* ctx, ITensor* x) {
  if (rank(x) > 0) return {x, false};
  return {replace_dims(ctx, x, 0, 0, {1}), true};
}

// The k-th smallest element (counted from 1) and its place; keeps the dimension.
struct Found {
  ITensor* value;
  ITensor* index;
};
Found kth_smallest(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim, int64_t k) {
  const Sorted order = sorted(ctx, n, x, dim, k);
  TORCHTRT_CHECK(k >= 1 && k <= order.size, util::node_info(n)
                                                << ": k is " << k << ", must be from 1 to " << order.size);
  return {slice_dim(ctx, order.values, dim, k - 1, 1), slice_dim(ctx, order.indices, dim, k - 1, 1)};
}

// (self, k, dim, keepdim)
bool kthvalue(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Line line = at_least_1d(ctx, args[0].ITensorOrFreeze(ctx));
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), rank(line.tensor));
  const bool keep = args[3].unwrapToBool() && !line.was_scalar;
  const Found found = kth_smallest(ctx, n, line.tensor, dim, args[1].unwrapToInt());
  finish(ctx, n, without_dim(ctx, found.value, dim, keep), 0);
  return finish(ctx, n, without_dim(ctx, found.index, dim, keep), 1);
}

// The lower of two middle elements; if there is a NaN, NaN and its place.
Found middle(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim) {
  const int64_t size = known_size(n, x, dim, "its median is taken");
  TORCHTRT_CHECK(size > 0, util::node_info(n) << ": dimension " << dim << " has no elements and so no median");
  Found found = kth_smallest(ctx, n, x, dim, (size - 1) / 2 + 1);
  if (!at::isFloatingType(scalar_type(x))) return found;
  auto* spoiled = has_nan(ctx, x, 1U << dim);
  auto* bits = cast(ctx, apply(ctx, UnaryOperation::kISNAN, x), at::kInt);
  auto* first = ctx->net->addTopK(*bits, TopKOperation::kMAX, 1, 1U << dim);
  first->setIndicesType(nvinfer1::DataType::kINT64);
  return {choose(ctx, spoiled, not_a_number(ctx, x), found.value),
          choose(ctx, spoiled, first->getOutput(1), found.index)};
}

// (self), or (self, dim, keepdim) with places
bool median(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (args.size() == 1) {
    auto* flat = replace_dims(ctx, x, 0, rank(x), {rank(x) == 0 ? 1 : -1});
    return finish(ctx, n, without_dim(ctx, middle(ctx, n, flat, 0).value, 0, /*keep=*/false));
  }
  const Line line = at_least_1d(ctx, x);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(line.tensor));
  const bool keep = args[2].unwrapToBool() && !line.was_scalar;
  const Found found = middle(ctx, n, line.tensor, dim);
  finish(ctx, n, without_dim(ctx, found.value, dim, keep), 0);
  return finish(ctx, n, without_dim(ctx, found.index, dim, keep), 1);
}

// Sorted along the first dimension.
bool msort(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Line line = at_least_1d(ctx, args[0].ITensorOrFreeze(ctx));
  return finish(ctx, n, without_dim(ctx, sorted(ctx, n, line.tensor, 0).values, 0, !line.was_scalar));
}

// The two ranks of the sorted elements to interpolate, and the weight of the upper one.
struct Ranks {
  at::Tensor lower;
  at::Tensor upper;
  at::Tensor share;
};
Ranks ranks_of(const torch::jit::Node* n, const at::Tensor& q, int64_t size, const std::string& interpolation) {
  TORCHTRT_CHECK(q.dim() <= 1 && q.ge(0).logical_and(q.le(1)).all().item<bool>(),
                 util::node_info(n) << ": q must be numbers from 0 to 1");
  const at::Tensor ranks = q.reshape({-1}) * (size - 1);
  at::Tensor lower = ranks.floor();
  at::Tensor upper = ranks.ceil();
  at::Tensor share = ranks - lower;
  if (interpolation == "lower") {
    upper = lower;
  } else if (interpolation == "higher") {
    lower = upper;
  } else if (interpolation == "nearest") {
    lower = upper = ranks.round();
  } else if (interpolation == "midpoint") {
    share = at::full_like(share, 0.5);
  } else {
    TORCHTRT_CHECK(interpolation == "linear", util::node_info(n)
                                                  << ": interpolation is '" << interpolation
                                                  << "', must be linear, lower, higher, midpoint or nearest");
  }
  return {lower.to(at::kLong), upper.to(at::kLong), share};
}

// (self, q, dim, keepdim, *, interpolation): if q has a dimension, it comes first in the result.
bool quantile(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto options = at::TensorOptions().dtype(scalar_type(x));
  TORCHTRT_CHECK(!args[1].isITensor(), util::node_info(n) << ": q must be known while compiling");
  const at::Tensor q = args[1].isTensor() ? args[1].unwrapToTensor() : at::full({}, args[1].unwrapToDouble(), options);
  const bool keep = args[3].unwrapToBool();
  const int32_t own_rank = rank(x);
  const bool whole = is_none(args[2]) || own_rank == 0;
  const int32_t dim = whole ? 0 : wrap_dim(n, args[2].unwrapToInt(), own_rank);
  if (whole) x = replace_dims(ctx, x, 0, own_rank, {own_rank == 0 ? 1 : -1});
  const Sorted order = sorted(ctx, n, x, dim);
  const Ranks ranks = ranks_of(n, q.to(options), order.size, args[4].unwrapToString());
  const auto at_rank = [&](const at::Tensor& places) {
    return ctx->net->addGather(*order.values, *tensor_to_const(ctx, places), dim)->getOutput(0);
  };
  auto* lower = at_rank(ranks.lower);
  auto* step = apply(ctx, ElementWiseOperation::kSUB, at_rank(ranks.upper), lower);
  auto* share = along(ctx, tensor_to_const(ctx, ranks.share), dim, rank(x));
  auto* out = apply(ctx, ElementWiseOperation::kSUM, lower, apply(ctx, ElementWiseOperation::kPROD, step, share));
  out = choose(ctx, has_nan(ctx, x, 1U << dim), not_a_number(ctx, x), out);
  // The dimension of q now replaces the reduced dimension. Move it to the front and, for keepdim, insert a 1.
  std::vector<int32_t> to_front = {dim};
  for (int32_t i = 0; i < rank(x); ++i) {
    if (i != dim) to_front.push_back(i);
  }
  out = rank(x) > 1 ? transpose(ctx, out, to_front) : out;
  if (keep) {
    const std::vector<int64_t> ones(whole ? own_rank : 1, 1);
    out = replace_dims(ctx, out, dim + 1, dim + 1, ones);
  }
  return finish(ctx, n, q.dim() == 0 ? replace_dims(ctx, out, 0, 1, {}) : out);
}

// ---- running extremes -------------------------------------------------------------------------------------------

// The best element so far and its place. Equal elements: the last place. From a NaN on: the NaN's place.
OpConverter running_extreme(CumulativeOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const Line line = at_least_1d(ctx, args[0].ITensorOrFreeze(ctx));
    auto* x = line.tensor;
    const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
    const auto type = scalar_type(x);
    if (type == at::kBool) x = cast(ctx, x, at::kInt);
    auto* values = ctx->net->addCumulative(*x, operation, dim)->getOutput(0);
    auto* is_best = apply(ctx, ElementWiseOperation::kEQUAL, x, values);
    if (at::isFloatingType(type)) {
      is_best = apply(ctx, ElementWiseOperation::kOR, is_best, apply(ctx, UnaryOperation::kISNAN, x));
    }
    auto* places =
        choose(ctx, is_best, along(ctx, positions(ctx, x, dim), dim, rank(x)), scalar_constant(ctx, 0, at::kLong));
    auto* indices = ctx->net->addCumulative(*places, CumulativeOperation::kMAX, dim)->getOutput(0);
    finish(ctx, n, without_dim(ctx, cast(ctx, values, type), 0, !line.was_scalar), 0);
    return finish(ctx, n, without_dim(ctx, indices, 0, !line.was_scalar), 1);
  };
}

}  // namespace

Family statistics_family() {
  return {
      {"aten::aminmax", aminmax},
      {"aten::nansum", without_nan(ReduceOperation::kSUM)},
      {"aten::nanmean", without_nan(ReduceOperation::kAVG)},
      {"aten::kthvalue", kthvalue},
      {"aten::median", median},
      {"aten::median.dim", median},
      {"aten::msort", msort},
      {"aten::quantile", quantile},
      {"aten::quantile.scalar", quantile},
      {"aten::cummax", running_extreme(CumulativeOperation::kMAX)},
      {"aten::cummin", running_extreme(CumulativeOperation::kMIN)},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
