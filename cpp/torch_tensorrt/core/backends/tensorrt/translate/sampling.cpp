#include "torch_tensorrt/core/backends/tensorrt/translate/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/translate/table.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::IResizeLayer;

static_assert(static_cast<int32_t>(network::InterpolationMode::kCUBIC) ==
              static_cast<int32_t>(trt::InterpolationMode::kCUBIC));
static_assert(static_cast<int32_t>(network::ResizeRoundMode::kCEIL) ==
              static_cast<int32_t>(trt::ResizeRoundMode::kCEIL));
static_assert(static_cast<int32_t>(network::ResizeCoordinateTransformation::kHALF_PIXEL) ==
              static_cast<int32_t>(trt::ResizeCoordinateTransformation::kHALF_PIXEL));
static_assert(static_cast<int32_t>(network::SampleMode::kREFLECT) == static_cast<int32_t>(trt::SampleMode::kREFLECT));

// TensorRT interpolates f32 and f16.
trt::ITensor& interpolated(Translator& t, trt::ITensor& x) {
  return x.getType() == trt::DataType::kBF16 ? cast(t, x, trt::DataType::kFLOAT) : x;
}

// Sizes of which some are those of the input, known at run time only.
trt::ITensor& sizes_of(Translator& t, const IResizeLayer& layer, trt::ITensor& x) {
  std::vector<trt::ITensor*> sizes;
  const network::Dims& wanted = layer.getOutputDimensions();
  for (int32_t i = 0; i < wanted.nbDims; ++i) {
    sizes.push_back(wanted.d[i] < 0 ? &size(t, x, i) : &integers(t, {wanted.d[i]}));
  }
  return concatenate(t, sizes, 0);
}

void set_size(Translator& t, const IResizeLayer& layer, trt::ITensor& x, trt::IResizeLayer& made) {
  const trt::Dims output = to_trt(layer.getOutput(0)->getDimensions());
  const bool by_scales = layer.getNbInputs() < 2 && layer.getOutputDimensions().nbDims == 0;
  if (by_scales) {
    const std::vector<float> scales(layer.scales().begin(), layer.scales().end());
    made.setScales(scales.data(), static_cast<int32_t>(scales.size()));
  } else if (is_static(output)) {
    made.setOutputDimensions(output);
  } else {
    made.setInput(1, t.layer().getNbInputs() > 1 ? t.input(1) : sizes_of(t, layer, x));
  }
}

}  // namespace

void translate_resize(Translator& t) {
  const auto& layer = t.layer<IResizeLayer>();
  trt::ITensor& x = interpolated(t, t.input(0));
  auto& made = t.added(t.target().addResize(x));
  set_size(t, layer, x, made);
  const auto transformation = layer.getCoordinateTransformation();
  const bool aligned = transformation == network::ResizeCoordinateTransformation::kALIGN_CORNERS;
  made.setResizeMode(static_cast<trt::InterpolationMode>(layer.getResizeMode()));
  made.setCoordinateTransformation(static_cast<trt::ResizeCoordinateTransformation>(transformation));
  // A single pixel with corners aligned is the first, where the formula divides by 0.
  const bool upper = aligned || layer.getSelectorForSinglePixel() == network::ResizeSelector::kUPPER;
  made.setSelectorForSinglePixel(upper ? trt::ResizeSelector::kUPPER : trt::ResizeSelector::kFORMULA);
  made.setNearestRounding(static_cast<trt::ResizeRoundMode>(layer.getNearestRounding()));
  made.setCubicCoeff(static_cast<float>(layer.getCubicCoeff()));
  made.setExcludeOutside(layer.getExcludeOutside());
  t.give(cast(t, *made.getOutput(0), t.input(0).getType()));
}

void translate_grid_sample(Translator& t) {
  const auto& layer = t.layer<network::IGridSampleLayer>();
  auto& made = t.added(t.target().addGridSample(interpolated(t, t.input(0)), interpolated(t, t.input(1))));
  made.setInterpolationMode(static_cast<trt::InterpolationMode>(layer.getInterpolationMode()));
  made.setAlignCorners(layer.getAlignCorners());
  made.setSampleMode(static_cast<trt::SampleMode>(layer.getSampleMode()));
  t.give(cast(t, *made.getOutput(0), t.input(0).getType()));
}

}  // namespace torch_tensorrt::backends::tensorrt
