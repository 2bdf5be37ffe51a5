#include <array>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

// Sampling at places of a grid, and windows of images as columns.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::InterpolationMode;
using nvinfer1::SampleMode;

// (input, grid, interpolation_mode, padding_mode, align_corners), the modes by PyTorch's numbers.
bool grid_sampler(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  constexpr std::array kInterpolations = {InterpolationMode::kLINEAR, InterpolationMode::kNEAREST,
                                          InterpolationMode::kCUBIC};
  constexpr std::array kPaddings = {SampleMode::kFILL, SampleMode::kCLAMP, SampleMode::kREFLECT};
  const int64_t interpolation = args[2].unwrapToInt();
  const int64_t padding = args[3].unwrapToInt();
  TORCHTRT_CHECK(interpolation >= 0 && interpolation < 3 && padding >= 0 && padding < 3,
                 util::node_info(n) << ": modes are " << interpolation << " and " << padding << ", must be 0 to 2");
  auto* layer = ctx->net->addGridSample(*args[0].ITensorOrFreeze(ctx), *args[1].ITensorOrFreeze(ctx));
  layer->setInterpolationMode(kInterpolations[interpolation]);
  layer->setSampleMode(kPaddings[padding]);
  layer->setAlignCorners(args[4].unwrapToBool());
  return finish(ctx, n, layer->getOutput(0));
}

// (theta N x 2 x 3 or N x 3 x 4, size, align_corners): the places of the unit grid, a constant, times theta.
bool affine_grid(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* theta = args[0].ITensorOrFreeze(ctx);
  const auto sizes = read_sizes(ctx, args[1]);
  const auto spatial_rank = static_cast<int32_t>(sizes.values.size()) - 2;
  TORCHTRT_CHECK(spatial_rank == 2 || spatial_rank == 3,
                 util::node_info(n) << ": " << sizes.values.size() << " sizes, must be 4 or 5");
  TORCHTRT_CHECK(sizes.is_known() || std::all_of(sizes.computed.begin() + 1, sizes.computed.end(),
                                                 [](auto* c) { return c == nullptr; }),
                 util::node_info(n) << ": the places of the grid must be known, only the batch may be dynamic");
  std::vector<int64_t> unit_sizes(sizes.values);
  unit_sizes[0] = 1;
  const auto type = scalar_type(theta);
  at::Tensor identity_map = at::eye(spatial_rank, spatial_rank + 1, at::kDouble).unsqueeze(0);
  const at::Tensor places = at::affine_grid_generator(identity_map, unit_sizes, args[2].unwrapToBool());
  // x, y, (z,) 1 of every place, in one line.
  at::Tensor lines = places.reshape({1, -1, spatial_rank});
  lines = at::cat({lines, at::ones({1, lines.size(1), 1}, at::kDouble)}, 2).to(type);
  auto* out = matrix_product(ctx, tensor_to_const(ctx, lines), theta, /*transpose_b=*/true);
  std::vector<int64_t> middle(unit_sizes.begin() + 2, unit_sizes.end());
  return finish(ctx, n, replace_dims(ctx, out, 1, 2, middle));
}

// Where each window of the padded image lies in it, flat: (window elements) x (windows).
at::Tensor window_places(const std::vector<int64_t>& padded, const std::vector<int64_t>& kernel,
                         const std::vector<int64_t>& dilation, const std::vector<int64_t>& stride) {
  const at::Tensor flat = at::arange(padded[0] * padded[1], at::kDouble).reshape({1, 1, padded[0], padded[1]});
  return at::im2col(flat, kernel, dilation, {0, 0}, stride).squeeze(0).to(at::kLong);
}

struct Windows {
  std::vector<int64_t> kernel;
  std::vector<int64_t> dilation;
  std::vector<int64_t> padding;
  std::vector<int64_t> stride;
};
Windows read_windows(args& args, size_t first) {
  const auto pair = [&](size_t i) {
    auto list = optional_ints(args[first + i]);
    if (list.size() == 1) list.push_back(list[0]);
    return list;
  };
  return {pair(0), pair(1), pair(2), pair(3)};
}

// N x C x H x W -> N x (C k) x (windows); without N too.
bool im2col(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const bool batched = rank(x) == 4;
  TORCHTRT_CHECK(batched || rank(x) == 3, util::node_info(n) << ": rank is " << rank(x) << ", must be 3 or 4");
  if (!batched) x = replace_dims(ctx, x, 0, 0, {1});
  const Windows windows = read_windows(args, 1);
  const int64_t channels = known_size(n, x, 1, "its windows are taken");
  std::vector<int64_t> padded;
  auto starts = x->getDimensions();
  auto steps = starts;
  SizeList sizes = sizes_of(ctx, x);
  for (int32_t i = 0; i < 4; ++i) {
    starts.d[i] = i < 2 ? 0 : -windows.padding[i - 2];
    steps.d[i] = 1;
    if (i < 2) continue;
    padded.push_back(known_size(n, x, i, "its windows are taken") + 2 * windows.padding[i - 2]);
    sizes.values[i] = padded.back();
  }
  auto* slice = ctx->net->addSlice(*x, starts, sizes.dims(), steps);
  if (!sizes.is_known()) slice->setInput(2, *size_tensor(ctx, sizes));
  slice->setMode(SampleMode::kFILL);
  auto* lines = replace_dims(ctx, slice->getOutput(0), 2, 4, {padded[0] * padded[1]});
  const at::Tensor places = window_places(padded, windows.kernel, windows.dilation, windows.stride);
  auto* columns = ctx->net->addGather(*lines, *tensor_to_const(ctx, places), 2)->getOutput(0);
  auto* out = replace_dims(ctx, columns, 1, 3, {channels * places.size(0)});
  return finish(ctx, n, batched ? out : replace_dims(ctx, out, 0, 1, {}));
}

// N x (C k) x (windows) -> N x C x H x W: what lies over one place is added up.
bool col2im(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const bool batched = rank(x) == 3;
  TORCHTRT_CHECK(batched || rank(x) == 2, util::node_info(n) << ": rank is " << rank(x) << ", must be 2 or 3");
  if (!batched) x = replace_dims(ctx, x, 0, 0, {1});
  // The sum of bools, "or", is made of numbers.
  const auto type = scalar_type(x);
  if (type == at::kBool) x = cast(ctx, x, at::kInt);
  const auto output = optional_ints(args[1]);
  const Windows windows = read_windows(args, 2);
  const std::vector<int64_t> padded = {output[0] + 2 * windows.padding[0], output[1] + 2 * windows.padding[1]};
  const at::Tensor places = window_places(padded, windows.kernel, windows.dilation, windows.stride);
  const int64_t rows = known_size(n, x, 1, "its columns are put together");
  TORCHTRT_CHECK(rows % places.size(0) == 0 && known_size(n, x, 2, "its columns are put together") == places.size(1),
                 util::node_info(n) << ": " << nvinfer1::to_string(x->getDimensions()) << " does not fit windows of "
                                    << places.size(0) << " elements at " << places.size(1) << " places");
  const int64_t channels = rows / places.size(0);
  auto* columns = replace_dims(ctx, x, 1, 3, {channels, places.numel()});
  SizeList sizes = sizes_of(ctx, columns);
  sizes.values[2] = padded[0] * padded[1];
  auto* empty = broadcast(ctx, n, tensor_to_const(ctx, at::zeros({1, 1, 1}, scalar_type(x))), sizes);
  auto* indices = broadcast(ctx, n, tensor_to_const(ctx, places.reshape({1, 1, -1})), sizes_of(ctx, columns));
  auto* layer = ctx->net->addScatter(*empty, *indices, *columns, nvinfer1::ScatterMode::kELEMENT);
  layer->setAxis(2);
  layer->setReduction(nvinfer1::ScatterReduction::kSUM);
  auto* image = replace_dims(ctx, cast(ctx, layer->getOutput(0), type), 2, 3, padded);
  image = slice_dim(ctx, slice_dim(ctx, image, 2, windows.padding[0], output[0]), 3, windows.padding[1], output[1]);
  return finish(ctx, n, batched ? image : replace_dims(ctx, image, 0, 1, {}));
}

}  // namespace

Family grid_family() {
  return {
      {"aten::grid_sampler", grid_sampler},
      {"aten::grid_sampler_2d", grid_sampler},
      {"aten::grid_sampler_3d", grid_sampler},
      {"aten::affine_grid_generator", affine_grid},
      {"aten::im2col", im2col},
      {"aten::col2im", col2im},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
