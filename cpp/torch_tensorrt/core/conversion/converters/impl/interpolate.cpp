#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/size_math.h"

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
                   util::node_info(n) << ": dimension " << i << " would become " << wished.value << " from "
                                      << dims.d[i] << ", both must be above 0");
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

Family interpolate_family() {
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
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
