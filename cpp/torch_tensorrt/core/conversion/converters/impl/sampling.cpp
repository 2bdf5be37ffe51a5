#include <algorithm>
#include <array>
#include <cmath>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

// Images at other sizes or places: resizes, samples of grids, windows as columns.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::InterpolationMode;
using Transformation = nvinfer1::ResizeCoordinateTransformation;

// The properties that an operator's name states.
struct Style {
  InterpolationMode mode;
  bool antialias = false;  // use a wider kernel if the result is smaller
  bool exact = false;      // nearest: sample at the centers of pixels instead of at their corners
};

struct Target {
  SizeList sizes;              // for all dimensions
  std::vector<double> scales;  // for all dimensions; empty if PyTorch takes the ratio of the sizes
};

// For an integral factor, the ratio of the sizes is exactly the factor.
bool is_whole(double scale) { return scale >= 1 && scale <= 1024 && scale == std::floor(scale); }

// floor(size * scale) in double, as in PyTorch. Integral factors avoid float64, which some backends lack.
Size scaled(ConversionCtx* ctx, const Size& size, double scale) {
  if (is_whole(scale)) return times(ctx, size, static_cast<int64_t>(scale));
  if (size.is_known()) return static_cast<int64_t>(static_cast<double>(size.value) * scale);
  auto* exact = apply(ctx, nvinfer1::ElementWiseOperation::kPROD, cast(ctx, size.computed, at::kDouble), scale);
  return Size(cast(ctx, exact, at::kLong));
}

// The sizes from `output_size`, or (if null) the scaled sizes of the input; and the scales used for the coordinates.
Target read_target(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, int32_t spatial_rank,
                   const SizeList* wanted, const std::vector<double>& scales) {
  const int32_t first = rank(input) - spatial_rank;
  TORCHTRT_CHECK(first == 2, util::node_info(n)
                                 << ": input has rank " << rank(input) << ", must be " << spatial_rank + 2);
  TORCHTRT_CHECK(
      wanted == nullptr || static_cast<int32_t>(wanted->values.size()) == spatial_rank,
      util::node_info(n) << ": output_size has " << wanted->values.size() << " entries, must have " << spatial_rank);
  Target target;
  for (int32_t i = 0; i < rank(input); ++i) {
    const Size own = size_of(ctx, input, i);
    if (i < first) {
      append(target.sizes, own);
    } else {
      append(target.sizes, wanted != nullptr ? entry(*wanted, i - first) : scaled(ctx, own, scales[i - first]));
    }
  }
  const auto dims = input->getDimensions();
  for (int32_t i = first; i < dims.nbDims; ++i) {
    const Size wished = entry(target.sizes, i);
    TORCHTRT_CHECK((!wished.is_known() || wished.value > 0) && dims.d[i] != 0,
                   util::node_info(n) << ": dimension " << i << " of size " << dims.d[i] << " would be resized to "
                                      << wished.value << ", both must be above 0");
  }
  const bool ratios_tell = wanted == nullptr && std::all_of(scales.begin(), scales.end(), is_whole);
  if (scales.empty() || ratios_tell) return target;
  target.scales.assign(first, 1.0);
  target.scales.insert(target.scales.end(), scales.begin(), scales.end());
  return target;
}

void set_style(nvinfer1::IResizeLayer& layer, const Style& style, bool align_corners) {
  layer.setResizeMode(style.mode);
  if (style.mode == InterpolationMode::kNEAREST) {
    layer.setCoordinateTransformation(style.exact ? Transformation::kHALF_PIXEL : Transformation::kASYMMETRIC);
    layer.setNearestRounding(style.exact ? nvinfer1::ResizeRoundMode::kHALF_UP : nvinfer1::ResizeRoundMode::kFLOOR);
    return;
  }
  layer.setCoordinateTransformation(align_corners ? Transformation::kALIGN_CORNERS : Transformation::kHALF_PIXEL);
  layer.setAntialias(style.antialias);
  // PyTorch's antialiased cubic kernel is the one of Pillow, and it ignores places outside of the image.
  if (style.antialias && style.mode == InterpolationMode::kCUBIC) layer.setCubicCoeff(-0.5);
  if (style.antialias) layer.setExcludeOutside(true);
}

bool add_resize(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, const Target& target, const Style& style,
                bool align_corners) {
  auto* layer = ctx->net->addResize(*input);
  set_style(*layer, style, align_corners);
  if (target.sizes.is_known()) {
    layer->setOutputDimensions(target.sizes.dims());
  } else {
    layer->setInput(1, *size_tensor(ctx, target.sizes));
  }
  if (!target.scales.empty()) layer->setScales(target.scales);
  return finish(ctx, n, layer->getOutput(0));
}

std::vector<double> optional_scales(Var& arg) {
  if (is_none(arg)) return {};
  const auto list = arg.unwrapToDoubleList();
  return {list.begin(), list.end()};
}

// (input, output_size?, [align_corners], scale_factors?)
OpConverter from_vectors(Style style, int32_t spatial_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = args[0].ITensorOrFreeze(ctx);
    const bool has_corners = style.mode != InterpolationMode::kNEAREST;
    const bool has_sizes = !is_none(args[1]);
    const auto sizes = has_sizes ? read_sizes(ctx, args[1]) : SizeList();
    const auto scales = optional_scales(args[has_corners ? 3 : 2]);
    TORCHTRT_CHECK(has_sizes == scales.empty(), util::node_info(n) << ": give either output_size or scale_factors");
    const bool align_corners = has_corners && args[2].unwrapToBool();
    const auto target = read_target(ctx, n, input, spatial_rank, has_sizes ? &sizes : nullptr, scales);
    return add_resize(ctx, n, input, target, style, align_corners);
  };
}

// (self, output_size, [align_corners], one scale? per spatial dimension)
OpConverter from_sizes(Style style, int32_t spatial_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = args[0].ITensorOrFreeze(ctx);
    const bool has_corners = style.mode != InterpolationMode::kNEAREST;
    const auto sizes = read_sizes(ctx, args[1]);
    const size_t first_scale = has_corners ? 3 : 2;
    std::vector<double> scales;
    for (size_t i = first_scale; i < args.size(); ++i) {
      if (!is_none(args[i])) scales.push_back(args[i].unwrapToDouble());
    }
    if (scales.size() != static_cast<size_t>(spatial_rank)) scales.clear();
    const bool align_corners = has_corners && args[2].unwrapToBool();
    return add_resize(ctx, n, input, read_target(ctx, n, input, spatial_rank, &sizes, scales), style, align_corners);
  };
}

}  // namespace

// Sampling at the places of a grid, and windows of images as columns.

namespace {

using nvinfer1::InterpolationMode;
using nvinfer1::SampleMode;

// (input, grid, interpolation_mode, padding_mode, align_corners); the modes are PyTorch's numbers.
bool grid_sampler(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  constexpr std::array kInterpolations = {InterpolationMode::kLINEAR, InterpolationMode::kNEAREST,
                                          InterpolationMode::kCUBIC};
  constexpr std::array kPaddings = {SampleMode::kFILL, SampleMode::kCLAMP, SampleMode::kREFLECT};
  const int64_t interpolation = args[2].unwrapToInt();
  const int64_t padding = args[3].unwrapToInt();
  TORCHTRT_CHECK(interpolation >= 0 && interpolation < 3 && padding >= 0 && padding < 3,
                 util::node_info(n) << ": interpolation_mode is " << interpolation << " and padding_mode " << padding
                                    << ", must be 0 to 2");
  auto* layer = ctx->net->addGridSample(*args[0].ITensorOrFreeze(ctx), *args[1].ITensorOrFreeze(ctx));
  layer->setInterpolationMode(kInterpolations[interpolation]);
  layer->setSampleMode(kPaddings[padding]);
  layer->setAlignCorners(args[4].unwrapToBool());
  return finish(ctx, n, layer->getOutput(0));
}

at::Tensor unit_places(const std::vector<int64_t>& sizes, bool align_corners) {
  const auto spatial_rank = static_cast<int64_t>(sizes.size()) - 2;
  const at::Tensor identity_map = at::eye(spatial_rank, spatial_rank + 1, at::kDouble).unsqueeze(0);
  const at::Tensor places = at::affine_grid_generator(identity_map, sizes, align_corners);
  const at::Tensor lines = places.reshape({1, -1, spatial_rank});
  return at::cat({lines, at::ones({1, lines.size(1), 1}, at::kDouble)}, 2);
}

// (2 i + 1) / size - 1, the centers of the cells; with aligned corners 2 i / (size - 1) - 1, or 0 for a single cell.
ITensor* unit_coordinates(ConversionCtx* ctx, const Size& size, bool align_corners) {
  using nvinfer1::ElementWiseOperation;
  auto* doubled = apply(ctx, ElementWiseOperation::kPROD, count_up_to(ctx, size), at::Scalar(2));
  if (!align_corners) doubled = apply(ctx, ElementWiseOperation::kSUM, doubled, at::Scalar(1));
  const Size whole = align_corners ? larger(ctx, minus(ctx, size, 1), 1) : size;
  auto* places = apply(ctx, ElementWiseOperation::kDIV, cast(ctx, doubled, at::kDouble),
                       cast(ctx, size_tensor(ctx, whole), at::kDouble));
  places = apply(ctx, ElementWiseOperation::kSUB, places, at::Scalar(1.0));
  if (!align_corners) return places;
  auto* is_one = apply(ctx, ElementWiseOperation::kEQUAL, size_tensor(ctx, size), at::Scalar(1));
  return choose(ctx, is_one, scalar_constant(ctx, 0.0, at::kDouble), places);
}

// The same lines as unit_places, for computed sizes.
ITensor* computed_places(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<Size>& sizes,
                         bool align_corners, at::ScalarType type) {
  const auto count = static_cast<int32_t>(sizes.size());
  SizeList all;
  for (const Size& size : sizes) append(all, size);
  append(all, 1);
  std::vector<ITensor*> parts;
  for (int32_t i = count - 1; i >= 0; --i) {
    auto* placed = along(ctx, cast(ctx, unit_coordinates(ctx, sizes[i], align_corners), type), i, count + 1);
    parts.push_back(broadcast(ctx, n, placed, all));
  }
  parts.push_back(broadcast(ctx, n, scalar_constant(ctx, 1.0, type), all));
  Size places = 1;
  for (const Size& size : sizes) places = times(ctx, places, size);
  return replace_sizes(ctx, join(ctx, parts, count), 0, count, {1, places});
}

// (theta N x 2 x 3 or N x 3 x 4, size, align_corners): the places of the unit grid times theta.
bool affine_grid(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* theta = args[0].ITensorOrFreeze(ctx);
  const auto sizes = read_sizes(ctx, args[1]);
  const auto spatial_rank = static_cast<int32_t>(sizes.values.size()) - 2;
  TORCHTRT_CHECK(spatial_rank == 2 || spatial_rank == 3,
                 util::node_info(n) << ": size has " << sizes.values.size() << " entries, must have 4 or 5");
  const bool align_corners = args[2].unwrapToBool();
  const auto own_type = scalar_type(theta);
  const auto type = wide_type(own_type);  // so that the places are not rounded
  theta = cast(ctx, theta, type);
  // One line per place: x, y, (z,) 1.
  ITensor* lines = nullptr;
  std::vector<Size> middle;
  for (int32_t i = 0; i < spatial_rank; ++i) middle.push_back(entry(sizes, 2 + i));
  if (std::all_of(middle.begin(), middle.end(), [](const Size& size) { return size.is_known(); })) {
    std::vector<int64_t> unit_sizes = {1, 1};
    for (const Size& size : middle) unit_sizes.push_back(size.value);
    lines = tensor_constant(ctx, unit_places(unit_sizes, align_corners).to(type));
  } else {
    lines = computed_places(ctx, n, middle, align_corners, type);
  }
  auto* out = cast(ctx, matrix_product(ctx, lines, theta, /*transpose_b=*/true), own_type);
  return finish(ctx, n, replace_sizes(ctx, out, 1, 2, middle));
}

// Flat indices into the padded image for each window: (window elements) x (windows).
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

// Elements of every window along one dimension: (kernel) x (windows).
ITensor* places_along(ConversionCtx* ctx, const Size& padded, const Windows& windows, size_t i) {
  using nvinfer1::ElementWiseOperation;
  const Size room = minus(ctx, padded, windows.dilation[i] * (windows.kernel[i] - 1) + 1);
  const Size count = plus(ctx, divided(ctx, room, windows.stride[i]), 1);
  auto* starts = apply(ctx, ElementWiseOperation::kPROD, count_up_to(ctx, count), at::Scalar(windows.stride[i]));
  const at::Tensor own = at::arange(windows.kernel[i], at::kLong).mul(windows.dilation[i]).unsqueeze(1);
  return apply(ctx, ElementWiseOperation::kSUM, tensor_constant(ctx, own), starts);
}

// The same indices for an image with computed sizes.
ITensor* window_places(ConversionCtx* ctx, const std::vector<Size>& padded, const Windows& windows) {
  using nvinfer1::ElementWiseOperation;
  if (padded[0].is_known() && padded[1].is_known()) {
    return tensor_constant(
        ctx, window_places({padded[0].value, padded[1].value}, windows.kernel, windows.dilation, windows.stride));
  }
  auto* rows = places_along(ctx, padded[0], windows, 0);
  auto* columns = places_along(ctx, padded[1], windows, 1);
  rows = apply(ctx, ElementWiseOperation::kPROD, rows, size_tensor(ctx, padded[1]));
  // (kernel height) x 1 x (window rows) x 1 and 1 x (kernel width) x 1 x (window columns)
  rows = replace_dims(ctx, replace_dims(ctx, rows, 2, 2, {1}), 1, 1, {1});
  columns = replace_dims(ctx, replace_dims(ctx, columns, 1, 1, {1}), 0, 0, {1});
  auto* places = apply(ctx, ElementWiseOperation::kSUM, rows, columns);
  const Size count = times(ctx, size_of(ctx, places, 2), size_of(ctx, places, 3));
  return replace_sizes(ctx, places, 0, 4, {windows.kernel[0] * windows.kernel[1], count});
}

// N x C x H x W -> N x (C k) x (windows); also without N.
bool im2col(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const bool batched = rank(x) == 4;
  TORCHTRT_CHECK(batched || rank(x) == 3, util::node_info(n) << ": rank is " << rank(x) << ", must be 3 or 4");
  if (!batched) x = replace_dims(ctx, x, 0, 0, {1});
  const Windows windows = read_windows(args, 1);
  const int64_t channels = known_size(n, x, 1, "its windows are taken");
  auto starts = x->getDimensions();
  auto steps = starts;
  SizeList sizes = sizes_of(ctx, x);
  std::vector<Size> padded;
  for (int32_t i = 0; i < 4; ++i) {
    starts.d[i] = i < 2 ? 0 : -windows.padding[i - 2];
    steps.d[i] = 1;
    if (i < 2) continue;
    padded.push_back(plus(ctx, size_of(ctx, x, i), 2 * windows.padding[i - 2]));
    sizes.values[i] = padded.back().is_known() ? padded.back().value : nvinfer1::ShapeValue::kUnknown;
    sizes.computed[i] = padded.back().computed;
  }
  auto* slice = ctx->net->addSlice(*x, starts, sizes.dims(), steps);
  if (!sizes.is_known()) slice->setInput(2, *size_tensor(ctx, sizes));
  slice->setMode(SampleMode::kFILL);
  auto* lines = replace_sizes(ctx, slice->getOutput(0), 2, 4, {times(ctx, padded[0], padded[1])});
  auto* columns = ctx->net->addGather(*lines, *window_places(ctx, padded, windows), 2)->getOutput(0);
  auto* out = replace_dims(ctx, columns, 1, 3, {channels * windows.kernel[0] * windows.kernel[1]});
  return finish(ctx, n, batched ? out : replace_dims(ctx, out, 0, 1, {}));
}

// N x (C k) x (windows) -> N x C x H x W: adds up all elements that fall on the same place.
bool col2im(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const bool batched = rank(x) == 3;
  TORCHTRT_CHECK(batched || rank(x) == 2, util::node_info(n) << ": rank is " << rank(x) << ", must be 2 or 3");
  if (!batched) x = replace_dims(ctx, x, 0, 0, {1});
  // The sum of bools, "or", is computed with numbers.
  const auto type = scalar_type(x);
  if (type == at::kBool) x = cast(ctx, x, at::kInt);
  const auto output = optional_ints(args[1]);
  const Windows windows = read_windows(args, 2);
  const std::vector<int64_t> padded = {output[0] + 2 * windows.padding[0], output[1] + 2 * windows.padding[1]};
  const at::Tensor places = window_places(padded, windows.kernel, windows.dilation, windows.stride);
  const int64_t rows = known_size(n, x, 1, "its columns are combined");
  TORCHTRT_CHECK(rows % places.size(0) == 0 && known_size(n, x, 2, "its columns are combined") == places.size(1),
                 util::node_info(n) << ": " << nvinfer1::to_string(x->getDimensions()) << " does not fit windows of "
                                    << places.size(0) << " elements at " << places.size(1) << " places");
  const int64_t channels = rows / places.size(0);
  auto* columns = replace_dims(ctx, x, 1, 3, {channels, places.numel()});
  SizeList sizes = sizes_of(ctx, columns);
  sizes.values[2] = padded[0] * padded[1];
  auto* empty = broadcast(ctx, n, tensor_constant(ctx, at::zeros({1, 1, 1}, scalar_type(x))), sizes);
  auto* indices = broadcast(ctx, n, tensor_constant(ctx, places.reshape({1, 1, -1})), sizes_of(ctx, columns));
  auto* layer = ctx->net->addScatter(*empty, *indices, *columns, nvinfer1::ScatterMode::kELEMENT);
  layer->setAxis(2);
  layer->setReduction(nvinfer1::ScatterReduction::kSUM);
  auto* image = replace_dims(ctx, cast(ctx, layer->getOutput(0), type), 2, 3, padded);
  image = slice_dim(ctx, slice_dim(ctx, image, 2, windows.padding[0], output[0]), 3, windows.padding[1], output[1]);
  return finish(ctx, n, batched ? image : replace_dims(ctx, image, 0, 1, {}));
}

}  // namespace

Family sampling_family() {
  constexpr Style kNearest{InterpolationMode::kNEAREST};
  constexpr Style kNearestExact{InterpolationMode::kNEAREST, /*antialias=*/false, /*exact=*/true};
  constexpr Style kLinear{InterpolationMode::kLINEAR};
  constexpr Style kLinearSmooth{InterpolationMode::kLINEAR, /*antialias=*/true};
  constexpr Style kCubic{InterpolationMode::kCUBIC};
  constexpr Style kCubicSmooth{InterpolationMode::kCUBIC, /*antialias=*/true};
  return {
      {"aten::upsample_nearest1d", from_sizes(kNearest, 1)},
      {"aten::upsample_nearest2d", from_sizes(kNearest, 2)},
      {"aten::upsample_nearest3d", from_sizes(kNearest, 3)},
      {"aten::upsample_linear1d", from_sizes(kLinear, 1)},
      {"aten::upsample_bilinear2d", from_sizes(kLinear, 2)},
      {"aten::upsample_trilinear3d", from_sizes(kLinear, 3)},
      {"aten::upsample_bicubic2d", from_sizes(kCubic, 2)},
      {"aten::upsample_nearest1d.vec", from_vectors(kNearest, 1)},
      {"aten::upsample_nearest2d.vec", from_vectors(kNearest, 2)},
      {"aten::upsample_nearest3d.vec", from_vectors(kNearest, 3)},
      {"aten::upsample_linear1d.vec", from_vectors(kLinear, 1)},
      {"aten::upsample_bilinear2d.vec", from_vectors(kLinear, 2)},
      {"aten::upsample_trilinear3d.vec", from_vectors(kLinear, 3)},
      {"aten::upsample_bicubic2d.vec", from_vectors(kCubic, 2)},
      {"aten::_upsample_nearest_exact1d", from_sizes(kNearestExact, 1)},
      {"aten::_upsample_nearest_exact2d", from_sizes(kNearestExact, 2)},
      {"aten::_upsample_nearest_exact3d", from_sizes(kNearestExact, 3)},
      {"aten::_upsample_bilinear2d_aa", from_sizes(kLinearSmooth, 2)},
      {"aten::_upsample_bicubic2d_aa", from_sizes(kCubicSmooth, 2)},
      {"aten::_upsample_nearest_exact1d.vec", from_vectors(kNearestExact, 1)},
      {"aten::_upsample_nearest_exact2d.vec", from_vectors(kNearestExact, 2)},
      {"aten::_upsample_nearest_exact3d.vec", from_vectors(kNearestExact, 3)},
      {"aten::_upsample_bilinear2d_aa.vec", from_vectors(kLinearSmooth, 2)},
      {"aten::_upsample_bicubic2d_aa.vec", from_vectors(kCubicSmooth, 2)},
      {"aten::grid_sampler", grid_sampler},
      {"aten::grid_sampler_2d", grid_sampler},
      {"aten::grid_sampler_3d", grid_sampler},
      {"aten::affine_grid_generator", affine_grid},
      {"aten::im2col", im2col},
      {"aten::col2im", col2im},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
