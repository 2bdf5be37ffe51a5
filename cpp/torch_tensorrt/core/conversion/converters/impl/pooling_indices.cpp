#include "torch_tensorrt/core/conversion/converters/impl/pooling_indices.h"

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;

ITensor* times(ConversionCtx* ctx, ITensor* x, const Size& factor) {
  return apply(ctx, ElementWiseOperation::kPROD, x, size_tensor(ctx, factor));
}

// 0, 1, ... as a column.
ITensor* column_up_to(ConversionCtx* ctx, const Size& count) {
  return replace_dims(ctx, count_up_to(ctx, count), 1, 1, {1});
}

std::vector<int64_t> ones(size_t count) { return std::vector<int64_t>(count, 1); }

// Combines the places of all dimensions to row-major indices: (windows) x (elements of a window).
ITensor* places_together(ConversionCtx* ctx, ITensor* x, const std::vector<ITensor*>& places) {
  const auto spatial = static_cast<int32_t>(places.size());
  ITensor* all = nullptr;
  for (int32_t i = 0; i < spatial; ++i) {
    const auto before = static_cast<size_t>(i);
    const auto behind = static_cast<size_t>(spatial - 1 - i);
    // Adds dimensions of 1 for the other dimensions, around the windows and around their elements.
    auto* own = replace_dims(ctx, places[before], 1, 1, ones(behind + before));
    own = replace_dims(ctx, own, 0, 0, ones(before));
    own = replace_dims(ctx, own, rank(own), rank(own), ones(behind));
    if (all != nullptr) all = times(ctx, all, size_of(ctx, x, rank(x) - spatial + i));
    all = all == nullptr ? own : apply(ctx, ElementWiseOperation::kSUM, all, own);
  }
  if (spatial == 1) return all;
  return replace_dims(ctx, replace_dims(ctx, all, spatial, 2 * spatial, {-1}), 0, spatial, {-1});
}

}  // namespace

ITensor* sliding_places(ConversionCtx* ctx, const Size& in, const Size& out, const Size& window, const Size& stride,
                        int64_t padding, int64_t dilation) {
  auto* starts =
      apply(ctx, ElementWiseOperation::kSUB, times(ctx, column_up_to(ctx, out), stride), at::Scalar(padding));
  // The numbers of steps to the first and to the last element inside.
  auto* outside =
      apply(ctx, ElementWiseOperation::kMAX, apply(ctx, nvinfer1::UnaryOperation::kNEG, starts), at::Scalar(0));
  auto* first = apply(ctx, ElementWiseOperation::kFLOOR_DIV,
                      apply(ctx, ElementWiseOperation::kSUM, outside, at::Scalar(dilation - 1)), at::Scalar(dilation));
  auto* room = apply(ctx, ElementWiseOperation::kSUB, size_tensor(ctx, minus(ctx, in, 1)), starts);
  auto* last = apply(ctx, ElementWiseOperation::kFLOOR_DIV, room, at::Scalar(dilation));
  auto* steps = apply(ctx, ElementWiseOperation::kMAX, count_up_to(ctx, window), first);
  steps = apply(ctx, ElementWiseOperation::kMIN, steps, last);
  return apply(ctx, ElementWiseOperation::kSUM, starts, times(ctx, steps, dilation));
}

ITensor* adaptive_places(ConversionCtx* ctx, const Size& in, const Size& out) {
  auto* cells = column_up_to(ctx, out);
  auto* count = size_tensor(ctx, out);
  auto* starts = apply(ctx, ElementWiseOperation::kFLOOR_DIV, times(ctx, cells, in), count);
  // The last element of a cell: the start of the next cell, rounded up, minus 1.
  auto* ends = times(ctx, apply(ctx, ElementWiseOperation::kSUM, cells, at::Scalar(1)), in);
  ends = apply(ctx, ElementWiseOperation::kSUM, ends, size_tensor(ctx, minus(ctx, out, 1)));
  ends = apply(ctx, ElementWiseOperation::kFLOOR_DIV, ends, count);
  auto* last = apply(ctx, ElementWiseOperation::kSUB, ends, at::Scalar(1));
  auto* elements = count_up_to(ctx, plus(ctx, ceil_divided(ctx, in, out), 1));  // no cell has more elements
  return apply(ctx, ElementWiseOperation::kMIN, apply(ctx, ElementWiseOperation::kSUM, starts, elements), last);
}

ITensor* indices_of_maxima(ConversionCtx* ctx, ITensor* x, const std::vector<ITensor*>& places, ITensor* values) {
  const auto spatial = static_cast<int32_t>(places.size());
  const int32_t first = rank(x) - spatial;
  auto* table = places_together(ctx, x, places);
  auto* flat = spatial == 1 ? x : replace_dims(ctx, x, first, rank(x), {-1});
  auto* windows = ctx->net->addGather(*flat, *table, first)->getOutput(0);
  auto* best = ctx->net->addTopK(*windows, nvinfer1::TopKOperation::kMAX, 1, 1U << (rank(windows) - 1));
  best->setIndicesType(nvinfer1::DataType::kINT64);
  auto* rows = times(ctx, column_up_to(ctx, size_of(ctx, table, 0)), size_of(ctx, table, 1));
  auto* entries = apply(ctx, ElementWiseOperation::kSUM, best->getOutput(1), rows);
  auto* found = ctx->net->addGather(*replace_dims(ctx, table, 0, 2, {-1}), *entries, 0)->getOutput(0);
  std::vector<Size> sizes;
  for (int32_t i = first; i < rank(values); ++i) sizes.push_back(size_of(ctx, values, i));
  return replace_sizes(ctx, found, first, first + 2, sizes);
}

}  // namespace torch_tensorrt::core::conversion::converters
