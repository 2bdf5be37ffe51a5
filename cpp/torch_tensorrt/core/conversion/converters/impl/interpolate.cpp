#include <cmath>

#include "torch_tensorrt/core/conversion/converters/declines.h"
#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::InterpolationMode;
using Transformation = nvinfer1::ResizeCoordinateTransformation;

// What an operator's name says.
struct Style {
  InterpolationMode mode;
  bool antialias = false;  // a wider kernel where the result is smaller
  bool exact = false;      // nearest: at the middle of the pixels, instead of at their corners
};

struct Target {
  nvinfer1::Dims sizes;       // of all dimensions
  std::vector<float> scales;  // of all dimensions; empty when PyTorch takes the ratio of the sizes
};

// PyTorch divides by the factor in double and goes on in float; the layer has floats. Of those around the factor the
// one that divides to the same: which pixel is the nearest may hang on the last bit (8.5 / 1.7 is 5).
float layer_scale(double scale) {
  const auto inverse = [](double factor) { return static_cast<float>(1.0 / factor); };
  const auto nearest = static_cast<float>(scale);
  for (const float candidate : {nearest, std::nextafter(nearest, 0.F), std::nextafter(nearest, 2.F * nearest)}) {
    if (inverse(static_cast<double>(candidate)) == inverse(scale)) return candidate;
  }
  return nearest;
}

// Sizes from `output_size`, or floor(input * scale) with the scale used in the coordinates.
Target read_target(const torch::jit::Node* n, ITensor* input, int32_t spatial_rank, const std::vector<int64_t>& sizes,
                   const std::vector<double>& scales) {
  const auto dims = input->getDimensions();
  const int32_t first = dims.nbDims - spatial_rank;
  TORCHTRT_CHECK(first == 2, util::node_info(n)
                                 << ": input has rank " << dims.nbDims << ", must be " << spatial_rank + 2);
  Target target{dims, {}};
  for (int32_t i = 0; i < spatial_rank; ++i) {
    if (!sizes.empty()) {
      target.sizes.d[first + i] = sizes[i];
      continue;
    }
    TORCHTRT_CHECK(dims.d[first + i] >= 0, util::node_info(n)
                                               << ": dimension " << first + i << " is dynamic and scaled by a factor");
    target.sizes.d[first + i] = static_cast<int64_t>(static_cast<double>(dims.d[first + i]) * scales[i]);
  }
  for (int32_t i = first; i < dims.nbDims; ++i) {
    TORCHTRT_CHECK(target.sizes.d[i] > 0 && dims.d[i] != 0,
                   util::node_info(n) << ": dimension " << i << " would become " << target.sizes.d[i] << " from "
                                      << dims.d[i] << ", both must be above 0");
  }
  if (scales.empty()) return target;
  target.scales.assign(first, 1.F);
  for (const double scale : scales) target.scales.push_back(layer_scale(scale));
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
  // PyTorch's antialiased cubic kernel is another one, Pillow's, and leaves out what is outside of the image.
  if (style.antialias && style.mode == InterpolationMode::kCUBIC) layer.setCubicCoeff(-0.5F);
  if (style.antialias) layer.setExcludeOutside(true);
}

bool add_resize(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, const Target& target, const Style& style,
                bool align_corners) {
  auto* layer = ctx->net->addResize(*input);
  set_style(*layer, style, align_corners);
  // Without its batch being known the layer gets the sizes as a shape tensor.
  if (target.sizes.is_static()) {
    layer->setOutputDimensions(target.sizes);
  } else {
    std::vector<ITensor*> parts;
    for (int32_t i = 0; i < target.sizes.nbDims; ++i) {
      parts.push_back(target.sizes.d[i] < 0 ? dim_size(ctx, input, i) : index_constant(ctx, {target.sizes.d[i]}));
    }
    layer->setInput(1, *ctx->net->addConcatenation(parts.data(), target.sizes.nbDims)->getOutput(0));
  }
  if (!target.scales.empty()) layer->setScales(target.scales.data(), static_cast<int32_t>(target.scales.size()));
  return finish(ctx, n, layer->getOutput(0));
}

std::vector<int64_t> optional_sizes(Var& arg) {
  return is_none(arg) ? std::vector<int64_t>{} : int_vector(arg.unwrapToIntList());
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
    const auto sizes = optional_sizes(args[1]);
    const auto scales = optional_scales(args[has_corners ? 3 : 2]);
    TORCHTRT_CHECK(sizes.empty() != scales.empty(), util::node_info(n) << ": give either output_size or scale_factors");
    const bool align_corners = has_corners && args[2].unwrapToBool();
    return add_resize(ctx, n, input, read_target(n, input, spatial_rank, sizes, scales), style, align_corners);
  };
}

// (self, output_size, [align_corners], scale? for each spatial dimension)
OpConverter from_sizes(Style style, int32_t spatial_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = args[0].ITensorOrFreeze(ctx);
    const bool has_corners = style.mode != InterpolationMode::kNEAREST;
    const auto sizes = int_vector(args[1].unwrapToIntList());
    const size_t first_scale = has_corners ? 3 : 2;
    std::vector<double> scales;
    for (size_t i = first_scale; i < args.size(); ++i) {
      if (!is_none(args[i])) scales.push_back(args[i].unwrapToDouble());
    }
    if (scales.size() != static_cast<size_t>(spatial_rank)) scales.clear();
    const bool align_corners = has_corners && args[2].unwrapToBool();
    return add_resize(ctx, n, input, read_target(n, input, spatial_rank, sizes, scales), style, align_corners);
  };
}

Decision sizes_are_known(const torch::jit::Node* n) {
  for (const auto* input : n->inputs().slice(1)) {
    const bool computed = input->type()->isSubtypeOf(*c10::ListType::ofInts()) && !torch::jit::toIValue(input);
    if (computed && input->node()->kind() != torch::jit::prim::ListConstruct) {
      return Decision::no("the output size is a list that is computed at run time");
    }
  }
  return Decision::yes();
}

constexpr Declines kComputedList = {"`output_size` is a list that is computed at run time", sizes_are_known};

}  // namespace

Family interpolate_family() {
  constexpr Style kNearest{InterpolationMode::kNEAREST};
  constexpr Style kNearestExact{InterpolationMode::kNEAREST, /*antialias=*/false, /*exact=*/true};
  constexpr Style kLinear{InterpolationMode::kLINEAR};
  constexpr Style kLinearSmooth{InterpolationMode::kLINEAR, /*antialias=*/true};
  constexpr Style kCubic{InterpolationMode::kCUBIC};
  constexpr Style kCubicSmooth{InterpolationMode::kCUBIC, /*antialias=*/true};
  return {
      {"aten::upsample_nearest1d", from_sizes(kNearest, 1), kComputedList},
      {"aten::upsample_nearest2d", from_sizes(kNearest, 2), kComputedList},
      {"aten::upsample_nearest3d", from_sizes(kNearest, 3), kComputedList},
      {"aten::upsample_linear1d", from_sizes(kLinear, 1), kComputedList},
      {"aten::upsample_bilinear2d", from_sizes(kLinear, 2), kComputedList},
      {"aten::upsample_trilinear3d", from_sizes(kLinear, 3), kComputedList},
      {"aten::upsample_bicubic2d", from_sizes(kCubic, 2), kComputedList},
      {"aten::upsample_nearest1d.vec", from_vectors(kNearest, 1), kComputedList},
      {"aten::upsample_nearest2d.vec", from_vectors(kNearest, 2), kComputedList},
      {"aten::upsample_nearest3d.vec", from_vectors(kNearest, 3), kComputedList},
      {"aten::upsample_linear1d.vec", from_vectors(kLinear, 1), kComputedList},
      {"aten::upsample_bilinear2d.vec", from_vectors(kLinear, 2), kComputedList},
      {"aten::upsample_trilinear3d.vec", from_vectors(kLinear, 3), kComputedList},
      {"aten::upsample_bicubic2d.vec", from_vectors(kCubic, 2), kComputedList},
      {"aten::_upsample_nearest_exact1d", from_sizes(kNearestExact, 1), kComputedList},
      {"aten::_upsample_nearest_exact2d", from_sizes(kNearestExact, 2), kComputedList},
      {"aten::_upsample_nearest_exact3d", from_sizes(kNearestExact, 3), kComputedList},
      {"aten::_upsample_bilinear2d_aa", from_sizes(kLinearSmooth, 2), kComputedList},
      {"aten::_upsample_bicubic2d_aa", from_sizes(kCubicSmooth, 2), kComputedList},
      {"aten::_upsample_nearest_exact1d.vec", from_vectors(kNearestExact, 1), kComputedList},
      {"aten::_upsample_nearest_exact2d.vec", from_vectors(kNearestExact, 2), kComputedList},
      {"aten::_upsample_nearest_exact3d.vec", from_vectors(kNearestExact, 3), kComputedList},
      {"aten::_upsample_bilinear2d_aa.vec", from_vectors(kLinearSmooth, 2), kComputedList},
      {"aten::_upsample_bicubic2d_aa.vec", from_vectors(kCubicSmooth, 2), kComputedList},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
