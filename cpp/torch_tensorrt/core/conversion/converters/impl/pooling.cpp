#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"

// Poolings and their inverses.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::PoolingType;

// ---- places of maxima, the second result of a max pool -----------------------------------------------------------

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

// Elements of the windows along one dimension: (windows) x (elements of a window), kINT64. A place outside of the
// dimension is replaced by the nearest element of the window inside, so that the first of equal elements stays the
// first.
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

// For each window, the place of its largest element among all elements of the last dimensions of `x`. `places` has one
// entry per dimension. The first of equal elements counts, as in PyTorch. `values` are the maxima; they give the dims.
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

// ---- pools ------------------------------------------------------------------------------------------------------

nvinfer1::PaddingMode rounding(bool ceil_mode) {
  return ceil_mode ? nvinfer1::PaddingMode::kEXPLICIT_ROUND_UP : nvinfer1::PaddingMode::kEXPLICIT_ROUND_DOWN;
}

// A window over a whole dimension of dynamic size becomes a reduction, if there is no padding or stride.
struct Window {
  nvinfer1::Dims sizes;  // 1 for a whole dimension
  uint32_t whole = 0;    // axes
};
Window read_window(ConversionCtx* ctx, const torch::jit::Node* n, args& args, size_t spatial_rank) {
  const auto list = read_sizes(ctx, args[1]);
  if (list.is_known()) return {spatial(n, list.values, spatial_rank, "kernel_size"), 0};
  auto* input = args[0].ITensorOrFreeze(ctx);
  Window window{nvinfer1::Dims(std::vector<int64_t>(spatial_rank, 1)), 0};
  TORCHTRT_CHECK(list.values.size() == spatial_rank, util::node_info(n) << ": kernel_size has " << list.values.size()
                                                                        << " entries, expected " << spatial_rank);
  for (size_t i = 0; i < spatial_rank; ++i) {
    if (list.computed[i] == nullptr) {
      window.sizes.d[i] = list.values[i];
      continue;
    }
    const auto dim = rank(input) - static_cast<int32_t>(spatial_rank - i);
    TORCHTRT_CHECK(
        nvinfer1::is_size_of(*list.computed[i], 0, *input, dim),
        util::node_info(n) << ": kernel_size is computed from dynamic sizes; it must be known, or the size of "
                           << "dimension " << dim);
    window.whole |= 1U << dim;
  }
  return window;
}

bool has_entry_other_than(const std::vector<int64_t>& list, int64_t value) {
  return std::any_of(list.begin(), list.end(), [=](int64_t entry) { return entry != value; });
}

nvinfer1::IPoolingLayer* add_pooling(ConversionCtx* ctx, const torch::jit::Node* n, args& args, PoolingType type,
                                     size_t spatial_rank) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  const Window window = read_window(ctx, n, args, spatial_rank);
  const auto stride_list = read_sizes(ctx, args[2]);
  const auto padding = int_vector(args[3].unwrapToIntList());
  if (window.whole != 0) {
    // A computed stride equals the window, because that is the default.
    TORCHTRT_CHECK(!has_entry_other_than(padding, 0) && (stride_list.values.empty() || !stride_list.is_known()),
                   util::node_info(n)
                       << ": a kernel_size computed from dynamic sizes is converted only without padding and stride");
    const auto operation =
        type == PoolingType::kAVERAGE ? nvinfer1::ReduceOperation::kAVG : nvinfer1::ReduceOperation::kMAX;
    input = ctx->net->addReduce(*input, operation, window.whole, /*keep_dimensions=*/true)->getOutput(0);
  }
  auto* layer = ctx->net->addPoolingNd(*input, type, window.sizes);
  const bool is_default = stride_list.values.empty() || window.whole != 0;
  TORCHTRT_CHECK(is_default || stride_list.is_known(), util::node_info(n)
                                                           << ": stride is computed from dynamic sizes, must be known");
  layer->setStrideNd(is_default ? window.sizes : spatial(n, stride_list.values, spatial_rank, "stride"));
  layer->setPaddingNd(spatial(n, padding, spatial_rank, "padding"));
  const auto steps = layer->getStrideNd();
  for (int32_t i = 0; i < steps.nbDims; ++i) {
    TORCHTRT_CHECK(window.sizes.d[i] > 0 && steps.d[i] > 0, util::node_info(n)
                                                                << ": kernel_size is " << window.sizes.d[i]
                                                                << " and stride " << steps.d[i] << ", must be above 0");
  }
  return layer;
}

// PyTorch's rule: no window may lie in the padding alone. `reach` is the extent of a window.
void check_padding(const torch::jit::Node* n, nvinfer1::IPoolingLayer* layer, const nvinfer1::Dims& reach) {
  const auto padding = layer->getPaddingNd();
  for (int32_t i = 0; i < padding.nbDims; ++i) {
    TORCHTRT_CHECK(padding.d[i] >= 0 && padding.d[i] <= reach.d[i] / 2,
                   util::node_info(n) << ": padding is " << padding.d[i] << ", must be from 0 to half of the kernel, "
                                      << reach.d[i]);
  }
}

bool wants_indices(const torch::jit::Node* n) { return n->outputs().size() > 1 && n->outputs()[1]->hasUses(); }

// The indices of a max pool with checked arguments; `values` is the pool's first result.
ITensor* max_indices(ConversionCtx* ctx, args& args, ITensor* values, size_t spatial_rank) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  const auto window = read_sizes(ctx, args[1]);
  const auto given = read_sizes(ctx, args[2]);
  const auto& stride = given.values.empty() ? window : given;
  const auto padding = int_vector(args[3].unwrapToIntList());
  const auto dilation = int_vector(args[4].unwrapToIntList());
  const auto of = [](const auto& list, size_t i) { return list.size() == 1 ? 0 : i; };
  std::vector<ITensor*> places;
  for (size_t i = 0; i < spatial_rank; ++i) {
    const auto dim = rank(input) - static_cast<int32_t>(spatial_rank - i);
    places.push_back(sliding_places(ctx, size_of(ctx, input, dim), size_of(ctx, values, dim),
                                    entry(window, of(window.values, i)), entry(stride, of(stride.values, i)),
                                    padding[of(padding, i)], dilation[of(dilation, i)]));
  }
  return indices_of_maxima(ctx, input, places, values);
}

OpConverter max_pool(size_t spatial_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* layer = add_pooling(ctx, n, args, PoolingType::kMAX, spatial_rank);
    const auto dilation = spatial(n, int_vector(args[4].unwrapToIntList()), spatial_rank, "dilation");
    layer->setDilationNd(dilation);
    auto reach = layer->getWindowSizeNd();
    for (int32_t i = 0; spatial_rank > 1 && i < reach.nbDims; ++i) reach.d[i] = (reach.d[i] - 1) * dilation.d[i] + 1;
    check_padding(n, layer, reach);
    layer->setPaddingMode(rounding(args[5].unwrapToBool()));
    auto* values = layer->getOutput(0);
    if (wants_indices(n)) finish(ctx, n, max_indices(ctx, args, values, spatial_rank), 1);
    return finish(ctx, n, values, 0);
  };
}

OpConverter avg_pool(size_t spatial_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* layer = add_pooling(ctx, n, args, PoolingType::kAVERAGE, spatial_rank);
    layer->setPaddingMode(rounding(args[4].unwrapToBool()));
    check_padding(n, layer, layer->getWindowSizeNd());
    layer->setAverageCountExcludesPadding(!args[5].unwrapToBool());
    if (args.size() > 6 && !is_none(args[6])) {
      const int64_t divisor = args[6].unwrapToInt();
      TORCHTRT_CHECK(divisor != 0, util::node_info(n) << ": divisor_override is 0, must not be 0");
      layer->setDivisor(divisor);
    }
    return finish(ctx, n, layer->getOutput(0));
  };
}

// With one output cell per dimension, a pool is a reduction, whatever the input's size.
ITensor* global_pool(ConversionCtx* ctx, ITensor* input, PoolingType type, size_t spatial_rank) {
  uint32_t axes = 0;
  for (size_t i = 0; i < spatial_rank; ++i) axes |= 1U << (rank(input) - 1 - static_cast<int32_t>(i));
  const auto operation =
      type == PoolingType::kAVERAGE ? nvinfer1::ReduceOperation::kAVG : nvinfer1::ReduceOperation::kMAX;
  return ctx->net->addReduce(*input, operation, axes, /*keep_dimensions=*/true)->getOutput(0);
}

// Pools one cell at a time, because the windows of an uneven adaptive pool differ.
ITensor* uneven_pool(ConversionCtx* ctx, ITensor* input, PoolingType type, int32_t dim, int64_t out) {
  const auto operation =
      type == PoolingType::kAVERAGE ? nvinfer1::ReduceOperation::kAVG : nvinfer1::ReduceOperation::kMAX;
  const Size in = size_of(ctx, input, dim);
  std::vector<ITensor*> cells;
  for (int64_t i = 0; i < out; ++i) {
    const Size begin = divided(ctx, times(ctx, in, i), out);
    const Size end = ceil_divided(ctx, times(ctx, in, i + 1), out);
    auto* part = slice_sizes(ctx, input, dim, begin, minus(ctx, end, begin));
    cells.push_back(ctx->net->addReduce(*part, operation, 1U << dim, /*keep_dimensions=*/true)->getOutput(0));
  }
  if (cells.empty()) return slice_dim(ctx, input, dim, 0, 0);
  return join(ctx, cells, dim);
}

ITensor* even_pool(ConversionCtx* ctx, ITensor* input, PoolingType type, const std::vector<int64_t>& sizes) {
  const auto dims = input->getDimensions();
  const auto offset = dims.nbDims - static_cast<int32_t>(sizes.size());
  nvinfer1::Dims window(sizes);
  for (size_t i = 0; i < sizes.size(); ++i) window.d[i] = dims.d[offset + i] / sizes[i];
  auto* layer = ctx->net->addPoolingNd(*input, type, window);
  layer->setStrideNd(window);
  return layer->getOutput(0);
}

// The number of output cells per dimension; -1 keeps the dimension.
std::vector<int64_t> cell_counts(ConversionCtx* ctx, const torch::jit::Node* n, args& args, size_t spatial_rank) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  const auto sizes = read_sizes(ctx, args[1]);
  TORCHTRT_CHECK((sizes.values.size() == spatial_rank || sizes.values.size() == 1) &&
                     rank(input) > static_cast<int32_t>(spatial_rank),
                 util::node_info(n) << ": output_size has " << sizes.values.size() << " entries for an input of rank "
                                    << rank(input));
  std::vector<int64_t> counts;
  for (size_t i = 0; i < spatial_rank; ++i) {
    const Size size = entry(sizes, sizes.values.size() == 1 ? 0 : i);
    const auto dim = rank(input) - static_cast<int32_t>(spatial_rank - i);
    TORCHTRT_CHECK(
        size.is_known() || nvinfer1::is_size_of(*size.computed, 0, *input, dim),
        util::node_info(n) << ": output_size is computed from dynamic sizes; it must be known, or the size of "
                           << "dimension " << dim);
    const bool stays = !size.is_known() || size.value == input->getDimensions().d[dim];
    counts.push_back(stays ? -1 : size.value);
  }
  return counts;
}

ITensor* adaptive(ConversionCtx* ctx, const torch::jit::Node* n, args& args, PoolingType type, size_t spatial_rank) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  const auto counts = cell_counts(ctx, n, args, spatial_rank);
  if (!has_entry_other_than(counts, 1)) return global_pool(ctx, input, type, spatial_rank);
  const auto dims = input->getDimensions();
  const auto offset = dims.nbDims - static_cast<int32_t>(spatial_rank);
  std::vector<int64_t> sizes;
  bool even = true;
  for (size_t i = 0; i < spatial_rank; ++i) {
    const int64_t in = dims.d[offset + i];
    sizes.push_back(counts[i] < 0 ? in : counts[i]);
    even = even && sizes[i] > 0 && in >= 0 && in % sizes[i] == 0;
  }
  // Averages of averages are rounded once. For three dimensions, ATen averages windows only in fp32 and fp64.
  const auto own_type = scalar_type(input);
  if (type == PoolingType::kAVERAGE) input = cast(ctx, input, wide_type(own_type));
  if (even) return cast(ctx, even_pool(ctx, input, type, sizes), own_type);
  // A cell's window is the product of one window per dimension, so the dimensions can be pooled one after another.
  auto* pooled = input;
  for (size_t i = 0; i < spatial_rank; ++i) {
    if (counts[i] >= 0) pooled = uneven_pool(ctx, pooled, type, offset + static_cast<int32_t>(i), counts[i]);
  }
  pooled = cast(ctx, pooled, own_type);
  return pooled == args[0].ITensorOrFreeze(ctx) ? identity(ctx, pooled) : pooled;
}

OpConverter adaptive_pool(PoolingType type, size_t spatial_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* values = adaptive(ctx, n, args, type, spatial_rank);
    if (!wants_indices(n)) return finish(ctx, n, values);
    auto* input = args[0].ITensorOrFreeze(ctx);
    std::vector<ITensor*> places;
    for (size_t i = 0; i < spatial_rank; ++i) {
      const auto dim = rank(input) - static_cast<int32_t>(spatial_rank - i);
      places.push_back(adaptive_places(ctx, size_of(ctx, input, dim), size_of(ctx, values, dim)));
    }
    finish(ctx, n, indices_of_maxima(ctx, input, places, values), 1);
    return finish(ctx, n, values, 0);
  };
}

// (self, indices, output_size, ...): puts each element at the place given by its index, zeros elsewhere.
OpConverter max_unpool(size_t spatial_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    auto* indices = args[1].ITensorOrFreeze(ctx);
    const auto list = read_sizes(ctx, args[2]);
    TORCHTRT_CHECK(list.values.size() == spatial_rank && rank(x) > static_cast<int32_t>(spatial_rank),
                   util::node_info(n) << ": output_size has " << list.values.size() << " entries for an input of rank "
                                      << rank(x) << ", expected " << spatial_rank);
    const int32_t first = rank(x) - static_cast<int32_t>(spatial_rank);
    SizeList sizes = sizes_of(ctx, x);
    sizes.values.resize(first);
    sizes.computed.resize(first);
    Size count(1);
    std::vector<Size> space;
    for (size_t i = 0; i < spatial_rank; ++i) {
      space.push_back(entry(list, i));
      count = times(ctx, count, space.back());
    }
    append(sizes, count);
    auto* zeros = broadcast(ctx, n, scalar_constant(ctx, 0, scalar_type(x)), sizes);
    auto* layer = ctx->net->addScatter(*zeros, *replace_dims(ctx, cast(ctx, indices, at::kLong), first, rank(x), {-1}),
                                       *replace_dims(ctx, x, first, rank(x), {-1}), nvinfer1::ScatterMode::kELEMENT);
    layer->setAxis(first);
    return finish(ctx, n, replace_sizes(ctx, layer->getOutput(0), first, first + 1, space));
  };
}

}  // namespace

Family pooling_family() {
  return {
      {"aten::max_pool1d", max_pool(1)},
      {"aten::max_pool2d", max_pool(2)},
      {"aten::max_pool3d", max_pool(3)},
      {"aten::max_pool1d_with_indices", max_pool(1)},
      {"aten::max_pool2d_with_indices", max_pool(2)},
      {"aten::max_pool3d_with_indices", max_pool(3)},
      {"aten::avg_pool1d", avg_pool(1)},
      {"aten::avg_pool2d", avg_pool(2)},
      {"aten::avg_pool3d", avg_pool(3)},
      {"aten::adaptive_avg_pool1d", adaptive_pool(PoolingType::kAVERAGE, 1)},
      {"aten::adaptive_avg_pool2d", adaptive_pool(PoolingType::kAVERAGE, 2)},
      {"aten::adaptive_avg_pool3d", adaptive_pool(PoolingType::kAVERAGE, 3)},
      {"aten::adaptive_max_pool1d", adaptive_pool(PoolingType::kMAX, 1)},
      {"aten::adaptive_max_pool2d", adaptive_pool(PoolingType::kMAX, 2)},
      {"aten::adaptive_max_pool3d", adaptive_pool(PoolingType::kMAX, 3)},
      {"aten::max_unpool2d", max_unpool(2)},
      {"aten::max_unpool3d", max_unpool(3)},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
