#include <numeric>

#include "ATen/ops/arange.h"
#include "ATen/ops/repeat_interleave.h"

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"

// Looks up elements by flat places, and values among other values.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::ReduceOperation;
using nvinfer1::UnaryOperation;

// (self, index): treats self as one row.
bool take(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* row = flat(ctx, args[0].ITensorOrFreeze(ctx));
  return finish(ctx, n, ctx->net->addGather(*row, *args[1].ITensorOrFreeze(ctx), 0)->getOutput(0));
}

// (self, indices, dim): gather after broadcasting all dimensions but `dim`; without a dim both are flattened.
bool take_along_dim(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* indices = args[1].ITensorOrFreeze(ctx);
  int32_t dim = 0;
  if (is_none(args[2])) {
    x = flat(ctx, x);
    indices = flat(ctx, indices);
  } else {
    dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  }
  TORCHTRT_CHECK(rank(x) == rank(indices) && rank(x) > 0,
                 util::node_info(n) << ": ranks are " << rank(x) << " and " << rank(indices) << ", must be the same");
  // Each tensor keeps its own size along the dimension.
  const auto one_there = [&](ITensor* tensor) { return slice_dim(ctx, tensor, dim, 0, 1); };
  const SizeList common = broadcast_sizes(ctx, n, {one_there(x), one_there(indices)});
  const auto spread = [&](ITensor* tensor) {
    SizeList sizes = common;
    const SizeList own = sizes_of(ctx, tensor);
    sizes.values[dim] = own.values[dim];
    sizes.computed[dim] = own.computed[dim];
    return broadcast(ctx, n, tensor, sizes);
  };
  auto* layer = ctx->net->addGatherV2(*spread(x), *spread(indices), nvinfer1::GatherMode::kELEMENT);
  layer->setGatherAxis(dim);
  return finish(ctx, n, layer->getOutput(0));
}

// ---- where a value belongs in a sorted sequence -----------------------------------------------------------------

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

// ---- by masks and counts ----------------------------------------------------------------------------------------

// (self, mask, source): the i-th true of the mask takes element i - 1 of the source.
bool masked_scatter(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* mask = cast(ctx, args[1].ITensorOrFreeze(ctx), at::kBool);
  const SizeList sizes = broadcast_sizes(ctx, n, {x, mask});
  if (!sizes.values.empty()) {
    x = broadcast(ctx, n, x, sizes);
    mask = broadcast(ctx, n, mask, sizes);
  }
  auto* counted =
      ctx->net->addCumulative(*cast(ctx, flat(ctx, mask), at::kLong), nvinfer1::CumulativeOperation::kSUM, 0);
  auto* places = apply(ctx, ElementWiseOperation::kSUB, counted->getOutput(0), at::Scalar(1));
  // Before the first true, the element is not used, so any place is right; after a true the place stays.
  places = apply(ctx, ElementWiseOperation::kMAX, places, at::Scalar(0));
  auto* source = flat(ctx, cast(ctx, args[2].ITensorOrFreeze(ctx), scalar_type(x)));
  auto* taken = ctx->net->addGather(*source, *places, 0)->getOutput(0);
  taken = sizes.values.empty() ? replace_dims(ctx, taken, 0, 1, {}) : reshape(ctx, taken, sizes);
  return finish(ctx, n, choose(ctx, mask, taken, x));
}

// Whether the repeats are a single number for all elements, computed from sizes.
bool is_computed_size(const ITensor* repeats) {
  bool of_sizes_only = true;
  nvinfer1::sizes_behind(*repeats, of_sizes_only);
  return of_sizes_only && repeats->getDimensions().volume() == 1;
}

// (self, repeats, dim, output_size): the repeats of each element must be known, or be a size.
bool repeat_each(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (args[1].isITensor() && is_computed_size(args[1].ITensor())) {
    return finish(ctx, n, repeated_in_a_row(ctx, n, x, args[2], read_size(ctx, args[1])));
  }
  TORCHTRT_CHECK(!args[1].isITensor(), util::node_info(n)
                                           << ": the shape of the result depends on the values of `repeats`, but the "
                                           << "shapes in an engine must follow from the shapes of its inputs");
  at::Tensor repeats = args[1].unwrapToTensor().to(at::kLong).reshape({-1});
  int32_t dim = 0;
  if (is_none(args[2])) {
    x = flat(ctx, x);
  } else {
    dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
    if (rank(x) == 0) x = flat(ctx, x);
  }
  if (repeats.numel() == 1) {
    return finish(ctx, n, repeated_in_a_row(ctx, n, x, is_none(args[2]) ? Var() : args[2], repeats.item<int64_t>()));
  }
  const int64_t size = known_size(n, x, dim, "each of its elements has a number of repeats");
  TORCHTRT_CHECK(repeats.numel() == size, util::node_info(n)
                                              << ": " << repeats.numel() << " repeats are given for dimension " << dim
                                              << " of size " << size);
  auto* places = tensor_constant(ctx, at::repeat_interleave(repeats));
  return finish(ctx, n, ctx->net->addGather(*x, *places, dim)->getOutput(0));
}

}  // namespace

Family lookup_family() {
  return {
      {"aten::take", take},
      {"aten::take_along_dim", take_along_dim},
      {"aten::bucketize.Tensor", bucketize},
      {"aten::bucketize.Scalar", bucketize},
      {"aten::searchsorted.Tensor", searchsorted},
      {"aten::searchsorted.Scalar", searchsorted},
      {"aten::isin.Tensor_Tensor", is_in},
      {"aten::isin.Tensor_Scalar", is_in},
      {"aten::isin.Scalar_Tensor", is_in},
      {"aten::masked_scatter", masked_scatter},
      {"aten::repeat_interleave.self_Tensor", repeat_each},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
