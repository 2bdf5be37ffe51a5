#include "torch_tensorrt/core/conversion/converters/declines.h"
#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::PoolingType;

nvinfer1::PaddingMode rounding(bool ceil_mode) {
  return ceil_mode ? nvinfer1::PaddingMode::kEXPLICIT_ROUND_UP : nvinfer1::PaddingMode::kEXPLICIT_ROUND_DOWN;
}

nvinfer1::IPoolingLayer* add_pooling(ConversionCtx* ctx, const torch::jit::Node* n, args& args, PoolingType type,
                                     size_t spatial_rank) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  const auto window = spatial(n, int_vector(args[1].unwrapToIntList()), spatial_rank, "kernel_size");
  const auto stride = int_vector(args[2].unwrapToIntList());
  auto* layer = ctx->net->addPoolingNd(*input, type, window);
  layer->setStrideNd(stride.empty() ? window : spatial(n, stride, spatial_rank, "stride"));
  layer->setPaddingNd(spatial(n, int_vector(args[3].unwrapToIntList()), spatial_rank, "padding"));
  const auto steps = layer->getStrideNd();
  for (int32_t i = 0; i < steps.nbDims; ++i) {
    TORCHTRT_CHECK(window.d[i] > 0 && steps.d[i] > 0, util::node_info(n)
                                                          << ": kernel_size is " << window.d[i] << " and stride "
                                                          << steps.d[i] << ", must be above 0");
  }
  return layer;
}

// PyTorch's rule: a window never lies in the padding alone. `reach` is how far a window goes.
void check_padding(const torch::jit::Node* n, nvinfer1::IPoolingLayer* layer, const nvinfer1::Dims& reach) {
  const auto padding = layer->getPaddingNd();
  for (int32_t i = 0; i < padding.nbDims; ++i) {
    TORCHTRT_CHECK(padding.d[i] >= 0 && padding.d[i] <= reach.d[i] / 2,
                   util::node_info(n) << ": padding is " << padding.d[i] << ", must be from 0 to half of the kernel, "
                                      << reach.d[i]);
  }
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
    return finish(ctx, n, layer->getOutput(0));
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

// Output sizes with None (the input's own size) filled in.
std::vector<int64_t> output_sizes(const torch::jit::Node* n, args& args, ITensor* input, size_t spatial_rank) {
  auto sizes = int_vector(args[1].unwrapToIntList());
  if (sizes.size() == 1) sizes.resize(spatial_rank, sizes[0]);
  const auto dims = input->getDimensions();
  TORCHTRT_CHECK(
      sizes.size() == spatial_rank && dims.nbDims > static_cast<int32_t>(spatial_rank),
      util::node_info(n) << ": output_size has " << sizes.size() << " entries for an input of rank " << dims.nbDims);
  return sizes;
}

// One output cell a dimension is a reduction, whatever the input's size.
ITensor* global_pool(ConversionCtx* ctx, ITensor* input, PoolingType type, size_t spatial_rank) {
  uint32_t axes = 0;
  for (size_t i = 0; i < spatial_rank; ++i) axes |= 1U << (rank(input) - 1 - static_cast<int32_t>(i));
  const auto operation =
      type == PoolingType::kAVERAGE ? nvinfer1::ReduceOperation::kAVG : nvinfer1::ReduceOperation::kMAX;
  return ctx->net->addReduce(*input, operation, axes, /*keep_dimensions=*/true)->getOutput(0);
}

// Pools cell after cell: the cells of an uneven adaptive pool have windows of their own.
ITensor* uneven_pool(ConversionCtx* ctx, ITensor* input, PoolingType type, int32_t dim, int64_t in, int64_t out) {
  const auto operation =
      type == PoolingType::kAVERAGE ? nvinfer1::ReduceOperation::kAVG : nvinfer1::ReduceOperation::kMAX;
  std::vector<ITensor*> cells;
  for (int64_t i = 0; i < out; ++i) {
    const int64_t begin = i * in / out;
    const int64_t end = ((i + 1) * in + out - 1) / out;
    auto* part = slice_dim(ctx, input, dim, begin, end - begin);
    cells.push_back(ctx->net->addReduce(*part, operation, 1U << dim, /*keep_dimensions=*/true)->getOutput(0));
  }
  auto* joined = ctx->net->addConcatenation(cells.data(), static_cast<int32_t>(cells.size()));
  joined->setAxis(dim);
  return joined->getOutput(0);
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

ITensor* adaptive(ConversionCtx* ctx, const torch::jit::Node* n, args& args, PoolingType type, size_t spatial_rank) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  const auto sizes = output_sizes(n, args, input, spatial_rank);
  bool global = true;
  for (const int64_t size : sizes) global = global && size == 1;
  if (global) return global_pool(ctx, input, type, spatial_rank);
  const auto dims = input->getDimensions();
  const auto offset = dims.nbDims - static_cast<int32_t>(spatial_rank);
  bool even = true;
  for (size_t i = 0; i < spatial_rank; ++i) {
    const int64_t in = dims.d[offset + i];
    TORCHTRT_CHECK(in >= 0, util::node_info(n)
                                << ": dimension " << offset + i << " of the input is dynamic ("
                                << nvinfer1::to_string(dims) << "), it must be known for output size " << sizes[i]);
    even = even && sizes[i] > 0 && in % sizes[i] == 0;
  }
  // ATen averages windows of three dimensions in fp32 and fp64 alone.
  const auto own_type = scalar_type(input);
  if (even && type == PoolingType::kAVERAGE && at::isReducedFloatingType(own_type)) {
    return cast(ctx, even_pool(ctx, cast(ctx, input, at::kFloat), type, sizes), own_type);
  }
  if (even) return even_pool(ctx, input, type, sizes);
  // The window of a cell is a product of one window a dimension, so the dimensions can be pooled one after another.
  for (size_t i = 0; i < spatial_rank; ++i) {
    const auto dim = offset + static_cast<int32_t>(i);
    input = uneven_pool(ctx, input, type, dim, dims.d[dim], sizes[i]);
  }
  return input;
}

OpConverter adaptive_pool(PoolingType type, size_t spatial_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return finish(ctx, n, adaptive(ctx, n, args, type, spatial_rank));
  };
}

Decision indices_unused(const torch::jit::Node* n) {
  if (!n->outputs()[1]->hasUses()) return Decision::yes();
  return Decision::no("the indices of a max pool are not converted, only its values");
}

constexpr Declines kIndices = {"the indices (second result) are used", indices_unused};

}  // namespace

Family pooling_family() {
  return {
      {"aten::max_pool1d", max_pool(1)},
      {"aten::max_pool2d", max_pool(2)},
      {"aten::max_pool3d", max_pool(3)},
      {"aten::max_pool1d_with_indices", max_pool(1), kIndices},
      {"aten::max_pool2d_with_indices", max_pool(2), kIndices},
      {"aten::max_pool3d_with_indices", max_pool(3), kIndices},
      {"aten::avg_pool1d", avg_pool(1)},
      {"aten::avg_pool2d", avg_pool(2)},
      {"aten::avg_pool3d", avg_pool(3)},
      {"aten::adaptive_avg_pool1d", adaptive_pool(PoolingType::kAVERAGE, 1)},
      {"aten::adaptive_avg_pool2d", adaptive_pool(PoolingType::kAVERAGE, 2)},
      {"aten::adaptive_avg_pool3d", adaptive_pool(PoolingType::kAVERAGE, 3)},
      {"aten::adaptive_max_pool1d", adaptive_pool(PoolingType::kMAX, 1), kIndices},
      {"aten::adaptive_max_pool2d", adaptive_pool(PoolingType::kMAX, 2), kIndices},
      {"aten::adaptive_max_pool3d", adaptive_pool(PoolingType::kMAX, 3), kIndices},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
