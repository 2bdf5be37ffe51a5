#include <limits>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

// Operations that look along one dimension in order: the best elements, sorted elements, elements by rank (medians,
// quantiles), searches in sorted sequences, running sums and extremes.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::CumulativeOperation;
using nvinfer1::ElementWiseOperation;
using nvinfer1::ReduceOperation;
using nvinfer1::TopKOperation;
using nvinfer1::UnaryOperation;

// A 0-d tensor is reshaped to one element, for layers that need a dimension.
struct Line {
  ITensor* tensor;
  bool was_scalar;
};
Line at_least_1d(ConversionCtx* ctx, ITensor* x) {
  if (rank(x) > 0) return {x, false};
  return {replace_dims(ctx, x, 0, 0, {1}), true};
}

ITensor* back(ConversionCtx* ctx, ITensor* x, const Line& line) {
  return line.was_scalar ? replace_dims(ctx, x, 0, 1, {}) : x;
}

struct Order {
  Size k;
  int32_t dim;
  bool largest;
  bool stable;
};

nvinfer1::ITopKLayer* add_order(ConversionCtx* ctx, ITensor* x, const Order& order) {
  auto* layer =
      ctx->net->addTopK(*x, order.largest ? TopKOperation::kMAX : TopKOperation::kMIN, order.k.value, 1U << order.dim);
  if (!order.k.is_known()) layer->setInput(1, *order.k.computed);
  layer->setIndicesType(nvinfer1::DataType::kINT64);
  layer->setStable(order.stable);
  return layer;
}

// Sorts bools as int32.
void finish_order(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const Order& order) {
  const auto type = scalar_type(x);
  const Line line = at_least_1d(ctx, type == at::kBool ? cast(ctx, x, at::kInt) : x);
  auto* layer = add_order(ctx, line.tensor, order);
  finish(ctx, n, back(ctx, cast(ctx, layer->getOutput(0), type), line), 0);
  finish(ctx, n, back(ctx, layer->getOutput(1), line), 1);
}

// (self, k, dim, largest, sorted): the result is always sorted.
bool topk(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(scalar_type(x) != at::kBool, util::node_info(n) << ": top-k of bools is not defined");
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  finish_order(ctx, n, x, {read_size(ctx, args[1]), dim, args[3].unwrapToBool(), /*stable=*/false});
  return true;
}

Size size_along(ConversionCtx* ctx, ITensor* x, int32_t dim) {
  return rank(x) == 0 ? Size(int64_t{1}) : size_of(ctx, x, dim);
}

// The arguments are (self, dim, descending), or (self, stable?, dim, descending).
bool keeps_order(args& args) { return args.size() > 3 && !is_none(args[1]) && args[1].unwrapToBool(); }

bool sort(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const size_t at = args.size() - 2;
  const int32_t dim = wrap_dim(n, args[at].unwrapToInt(), rank(x));
  finish_order(ctx, n, x, {size_along(ctx, x, dim), dim, args[at + 1].unwrapToBool(), keeps_order(args)});
  return true;
}

bool argsort(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const size_t at = args.size() - 2;
  const int32_t dim = wrap_dim(n, args[at].unwrapToInt(), rank(x));
  const Line line = at_least_1d(ctx, scalar_type(x) == at::kBool ? cast(ctx, x, at::kInt) : x);
  auto* layer =
      add_order(ctx, line.tensor, {size_along(ctx, x, dim), dim, args[at + 1].unwrapToBool(), keeps_order(args)});
  return finish(ctx, n, back(ctx, layer->getOutput(1), line));
}

// Sums and products of integers and bools are int64 unless a dtype is given.
OpConverter running(CumulativeOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
    const auto type = optional_dtype(args[2]);
    if (type) {
      x = cast(ctx, x, *type);
    } else if (!at::isFloatingType(scalar_type(x))) {
      x = cast(ctx, x, at::kLong);
    }
    const Line line = at_least_1d(ctx, x);
    return finish(ctx, n, back(ctx, ctx->net->addCumulative(*line.tensor, operation, dim)->getOutput(0), line));
  };
}

ITensor* not_a_number(ConversionCtx* ctx, ITensor* x) {
  return scalar_constant(ctx, std::numeric_limits<double>::quiet_NaN(), scalar_type(x));
}

// Whether any element along the axes is NaN; keeps the axes as dimensions of 1.
ITensor* has_nan(ConversionCtx* ctx, ITensor* x, uint32_t axes) {
  auto* bits = cast(ctx, apply(ctx, UnaryOperation::kISNAN, x), at::kInt);
  return cast(ctx, reduce(ctx, ReduceOperation::kMAX, bits, axes, /*keep=*/true), at::kBool);
}

// ---- elements by rank -------------------------------------------------------------------------------------------

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
    auto* all = flat(ctx, x);
    return finish(ctx, n, without_dim(ctx, middle(ctx, n, all, 0).value, 0, /*keep=*/false));
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
  if (whole) x = flat(ctx, x);
  const Sorted order = sorted(ctx, n, x, dim);
  const Ranks ranks = ranks_of(n, q.to(options), order.size, args[4].unwrapToString());
  const auto at_rank = [&](const at::Tensor& places) {
    return ctx->net->addGather(*order.values, *tensor_constant(ctx, places), dim)->getOutput(0);
  };
  auto* lower = at_rank(ranks.lower);
  auto* step = apply(ctx, ElementWiseOperation::kSUB, at_rank(ranks.upper), lower);
  auto* share = along(ctx, tensor_constant(ctx, ranks.share), dim, rank(x));
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

// ---- where a value belongs in a sorted sequence, or whether it is among others -------------------------------------

struct Search {
  bool right;
  bool narrow;  // int32 instead of int64
};

// Counts the boundaries (last dimension) below each value; a NaN value counts all, as in PyTorch. Values have a
// dimension of 1 in place of the boundaries.
ITensor* count_below(ConversionCtx* ctx, ITensor* boundaries, ITensor* values, const Search& search) {
  // right: not (boundary > value), else: not (boundary >= value).
  auto* above = apply(ctx, ElementWiseOperation::kGREATER, boundaries, values);
  if (!search.right) {
    above = apply(ctx, ElementWiseOperation::kOR, above, apply(ctx, ElementWiseOperation::kEQUAL, boundaries, values));
  }
  auto* below = cast(ctx, apply(ctx, UnaryOperation::kNOT, above), search.narrow ? at::kInt : at::kLong);
  return reduce(ctx, ReduceOperation::kSUM, below, 1U << (rank(below) - 1), /*keep=*/false);
}

// Boundaries of rank 1 apply to all values; others apply to values with the same leading dimensions.
bool search_sorted(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* boundaries, const Operand& value,
                   const Search& search) {
  const Operand limits{boundaries, {}};
  auto type = result_type({value, limits});
  if (type == at::kBool) type = at::kInt;
  auto* x = materialize(ctx, value, type);
  TORCHTRT_CHECK(rank(boundaries) == 1 || rank(boundaries) == rank(x),
                 util::node_info(n) << ": the sequence has rank " << rank(boundaries)
                                    << ", must be 1 or the rank of the values, " << rank(x));
  x = replace_dims(ctx, x, rank(x), rank(x), {1});
  boundaries = cast(ctx, boundaries, type);
  const int32_t last = rank(boundaries) - 1;
  if (last > 0) boundaries = replace_dims(ctx, boundaries, last, last, {1});
  return finish(ctx, n, count_below(ctx, boundaries, x, search));
}

// (self, boundaries, *, out_int32, right)
bool bucketize(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Search search{args[3].unwrapToBool(), args[2].unwrapToBool()};
  return search_sorted(ctx, n, args[1].ITensorOrFreeze(ctx), read_operand(ctx, args[0]), search);
}

// (sorted_sequence, self, *, out_int32, right, side, sorter): `side` is another form of `right`.
bool searchsorted(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  Search search{args[3].unwrapToBool(), args[2].unwrapToBool()};
  if (!is_none(args[4])) {
    const auto side = args[4].unwrapToString();
    TORCHTRT_CHECK(side == "right" || (side == "left" && !search.right),
                   util::node_info(n) << ": side is '" << side << "', must be 'left' or 'right' and agree with right="
                                      << (search.right ? "True" : "False"));
    search.right = side == "right";
  }
  auto* sequence = args[0].ITensorOrFreeze(ctx);
  if (!is_none(args[5])) {
    auto* layer = ctx->net->addGatherV2(*sequence, *args[5].ITensorOrFreeze(ctx), nvinfer1::GatherMode::kELEMENT);
    layer->setGatherAxis(rank(sequence) - 1);
    sequence = layer->getOutput(0);
  }
  return search_sorted(ctx, n, sequence, read_operand(ctx, args[1]), search);
}

// (elements, test_elements, *, assume_unique, invert): whether an element equals any of the test elements.
bool is_in(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand elements = read_operand(ctx, args[0]);
  const Operand others = read_operand(ctx, args[1]);
  auto type = result_type({elements, others});
  if (type == at::kBool) type = at::kInt;
  auto* x = materialize(ctx, elements, type);
  auto* row = flat(ctx, materialize(ctx, others, type));
  auto* equal = apply(ctx, ElementWiseOperation::kEQUAL, replace_dims(ctx, x, rank(x), rank(x), {1}), row);
  auto* count = reduce(ctx, ReduceOperation::kSUM, cast(ctx, equal, at::kInt), 1U << rank(x), /*keep=*/false);
  auto* found = apply(ctx, ElementWiseOperation::kGREATER, count, at::Scalar(0));
  return finish(ctx, n, args[3].unwrapToBool() ? apply(ctx, UnaryOperation::kNOT, found) : found);
}

}  // namespace

Family ordering_family() {
  return {
      {"aten::topk", topk},
      {"aten::sort", sort},
      {"aten::sort.stable", sort},
      {"aten::argsort", argsort},
      {"aten::argsort.stable", argsort},
      {"aten::cumsum", running(CumulativeOperation::kSUM)},
      {"aten::cumprod", running(CumulativeOperation::kPROD)},
      {"aten::kthvalue", kthvalue},
      {"aten::median", median},
      {"aten::median.dim", median},
      {"aten::msort", msort},
      {"aten::quantile", quantile},
      {"aten::quantile.scalar", quantile},
      {"aten::cummax", running_extreme(CumulativeOperation::kMAX)},
      {"aten::cummin", running_extreme(CumulativeOperation::kMIN)},
      {"aten::bucketize.Tensor", bucketize},
      {"aten::bucketize.Scalar", bucketize},
      {"aten::searchsorted.Tensor", searchsorted},
      {"aten::searchsorted.Scalar", searchsorted},
      {"aten::isin.Tensor_Tensor", is_in},
      {"aten::isin.Tensor_Scalar", is_in},
      {"aten::isin.Scalar_Tensor", is_in},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
