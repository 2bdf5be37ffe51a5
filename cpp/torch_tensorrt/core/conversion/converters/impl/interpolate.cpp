#include "torch_tensorrt/core/conversion/converters/declines.h"
#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::InterpolationMode;
using Transformation = nvinfer1::ResizeCoordinateTransformation;

struct Target {
  nvinfer1::Dims sizes;       // of all dimensions
  std::vector<float> scales;  // of all dimensions; empty when PyTorch takes the ratio of the sizes
};

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
  if (scales.empty()) return target;
  target.scales.assign(first, 1.F);
  for (const double scale : scales) target.scales.push_back(static_cast<float>(scale));
  return target;
}

bool add_resize(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, const Target& target,
                InterpolationMode mode, bool align_corners) {
  auto* layer = ctx->net->addResize(*input);
  layer->setResizeMode(mode);
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
  if (mode == InterpolationMode::kNEAREST) {
    layer->setCoordinateTransformation(Transformation::kASYMMETRIC);
    layer->setNearestRounding(nvinfer1::ResizeRoundMode::kFLOOR);
  } else {
    layer->setCoordinateTransformation(align_corners ? Transformation::kALIGN_CORNERS : Transformation::kHALF_PIXEL);
  }
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
OpConverter from_vectors(InterpolationMode mode, int32_t spatial_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = args[0].ITensorOrFreeze(ctx);
    const bool has_corners = mode != InterpolationMode::kNEAREST;
    const auto sizes = optional_sizes(args[1]);
    const auto scales = optional_scales(args[has_corners ? 3 : 2]);
    TORCHTRT_CHECK(sizes.empty() != scales.empty(), util::node_info(n) << ": give either output_size or scale_factors");
    const bool align_corners = has_corners && args[2].unwrapToBool();
    return add_resize(ctx, n, input, read_target(n, input, spatial_rank, sizes, scales), mode, align_corners);
  };
}

// (self, output_size, [align_corners], scale? for each spatial dimension)
OpConverter from_sizes(InterpolationMode mode, int32_t spatial_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = args[0].ITensorOrFreeze(ctx);
    const bool has_corners = mode != InterpolationMode::kNEAREST;
    const auto sizes = int_vector(args[1].unwrapToIntList());
    const size_t first_scale = has_corners ? 3 : 2;
    std::vector<double> scales;
    for (size_t i = first_scale; i < args.size(); ++i) {
      if (!is_none(args[i])) scales.push_back(args[i].unwrapToDouble());
    }
    if (scales.size() != static_cast<size_t>(spatial_rank)) scales.clear();
    const bool align_corners = has_corners && args[2].unwrapToBool();
    return add_resize(ctx, n, input, read_target(n, input, spatial_rank, sizes, scales), mode, align_corners);
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
  constexpr auto kNearest = InterpolationMode::kNEAREST;
  constexpr auto kLinear = InterpolationMode::kLINEAR;
  constexpr auto kCubic = InterpolationMode::kCUBIC;
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
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
