#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/backends/tensorrt/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/prepare/facts.h"
#include "torch_tensorrt/core/backends/tensorrt/translator.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::ConvolutionBase;
using network::Dims;
using network::PaddingMode;
using network::Weights;

// ---- windows: TensorRT's have two or three dimensions and need a batch ----------------------------------------------

// Entries of a window's attribute, with `fill` as second dimension if ours has one.
trt::Dims window_dims(const network::Dims& dims, int64_t fill) {
  trt::Dims result = to_trt(dims);
  if (result.nbDims == 1) result.d[result.nbDims++] = fill;
  return result;
}

// Appends a dimension of size 1 if the window has one dimension.
trt::ITensor& widen_space(Translator& t, trt::ITensor& x, int32_t spatial_rank) {
  return spatial_rank == 1 ? unsqueeze(t, x, {x.getDimensions().nbDims}) : x;
}
trt::ITensor& narrow_space(Translator& t, trt::ITensor& x, int32_t spatial_rank) {
  return spatial_rank == 1 ? squeeze(t, x, {x.getDimensions().nbDims - 1}) : x;
}

// ---- padding --------------------------------------------------------------------------------------------------------

struct Padding {
  Dims pre;
  Dims post;
  trt::PaddingMode mode = trt::PaddingMode::kEXPLICIT_ROUND_DOWN;
};

// Rounding up gives the output of a larger padding behind, rounded down.
void pad_to_output(const ConvolutionBase& layer, const Dims& input, Padding& padding) {
  const Dims output = layer.getOutput(0)->getDimensions();
  const Dims stride = layer.full_stride();
  const Dims dilation = layer.full_dilation();
  for (int32_t i = 0; i < layer.spatial_rank(); ++i) {
    const int64_t window = dilation.d[i] * (layer.getKernelSizeNd().d[i] - 1) + 1;
    const int64_t needed = (output.d[2 + i] - 1) * stride.d[i] + window;
    padding.post.d[i] = std::max<int64_t>(0, needed - input.d[2 + i] - padding.pre.d[i]);
  }
}

Padding padding_of(const ConvolutionBase& layer) {
  const Dims input = layer.getInput(0)->getDimensions();
  Padding padding;
  const PaddingMode mode = layer.getPaddingMode();
  const bool same = mode == PaddingMode::kSAME_UPPER || mode == PaddingMode::kSAME_LOWER;
  const bool known = std::all_of(input.d + 2, input.d + input.nbDims, [](int64_t dim) { return dim >= 0; });
  if (same && !known && layer.getType() == network::LayerType::kCONVOLUTION) {
    padding.pre = layer.getPrePadding();
    padding.post = layer.getPostPadding();
    padding.mode = static_cast<trt::PaddingMode>(mode);
    return padding;
  }
  layer.resolved_padding(input, &padding.pre, &padding.post);
  if (mode == PaddingMode::kEXPLICIT_ROUND_UP && layer.getType() == network::LayerType::kCONVOLUTION) {
    pad_to_output(layer, input, padding);
  }
  return padding;
}

// A kernel or bias of the layer or of a constant layer. Without values, a tensor computes it (or it is missing).
struct Parameter {
  trt::Weights weights{trt::DataType::kFLOAT, nullptr, 0};
  trt::ITensor* tensor = nullptr;
};

Parameter parameter_of(Translator& t, const Weights& own, int32_t input, const char* role) {
  const network::ILayer& layer = t.layer();
  const trt::Weights none{to_trt(layer.getInput(0)->getType()), nullptr, 0};
  if (own.count > 0) return {t.borrow(own, role), nullptr};
  if (input >= layer.own_input_count() || !t.has_input(input)) return {none, nullptr};
  const auto* constant = network::layer_cast<network::IConstantLayer>(layer.getInput(input)->producer());
  if (constant != nullptr)
    return {{to_trt(constant->getWeights().type), constant->getWeights().values, constant->getWeights().count},
            nullptr};
  return {none, &t.input(input)};
}

// The input; if its dims do not tell the number of channels, the kernel does.
trt::ITensor& input_of(Translator& t, const ConvolutionBase& layer) {
  trt::ITensor& x = t.input(0);
  if (x.getDimensions().d[1] >= 0) return widen_space(t, x, layer.spatial_rank());
  std::vector<int64_t> dims(static_cast<size_t>(x.getDimensions().nbDims), 0);
  dims[1] = input_channels(layer).value();
  return widen_space(t, reshape(t, x, dims), layer.spatial_rank());
}

// Narrows a bias that is wider than the rest (as from a batch norm folded into a half convolution), which TensorRT does
// not take. The narrower bias costs nothing; adding a wide one afterwards would cost two casts and a sum over the
// result. The bias stays wide if an element is too large for the narrower type.
Parameter narrowed(Translator& t, const Parameter& wide, network::DataType type) {
  Parameter narrow{{to_trt(type), nullptr, wide.weights.count}, nullptr};
  void* memory = t.keep(static_cast<size_t>(wide.weights.count * network::element_size(type)));
  for (int64_t i = 0; i < wide.weights.count; ++i) {
    const double value = network::load_double(network::DataType::kFLOAT, wide.weights.values, i);
    network::store_double(type, memory, i, value);
    if (std::isfinite(value) && !std::isfinite(network::load_double(type, memory, i))) return wide;
  }
  narrow.weights.values = memory;
  return narrow;
}

struct Bias {
  Parameter inside;
  Parameter behind;  // added to the result
};

Bias bias_of(Translator& t, const ConvolutionBase& layer, bool behind) {
  Parameter bias = parameter_of(t, layer.getBiasWeights(), 2, "bias");
  const network::DataType type = layer.getInput(0)->getType();
  const bool is_half = type == network::DataType::kHALF || type == network::DataType::kBF16;
  const bool is_wide = bias.weights.count > 0 && bias.weights.type == trt::DataType::kFLOAT;
  if (is_half && is_wide) bias = narrowed(t, bias, type);
  const bool wider = bias.weights.count > 0 && bias.weights.type != to_trt(layer.getInput(0)->getType());
  const Parameter none{{to_trt(layer.getInput(0)->getType()), nullptr, 0}, nullptr};
  return behind || wider || bias.tensor != nullptr ? Bias{none, bias} : Bias{bias, none};
}

trt::ITensor& add_bias(Translator& t, trt::ITensor& x, const Parameter& bias) {
  if (bias.weights.count == 0 && bias.tensor == nullptr) return x;
  const trt::Dims dims = x.getDimensions();
  std::vector<int64_t> along(static_cast<size_t>(dims.nbDims), 1);
  along[1] = dims.d[1];
  trt::ITensor& flat = bias.tensor != nullptr ? *bias.tensor : t.constant({1, {bias.weights.count}}, bias.weights);
  trt::ITensor& operand = reshape(t, flat, along);
  trt::ITensor& wide = cast(t, x, operand.getType());
  return cast(t, binary(t, trt::ElementWiseOperation::kSUM, wide, operand), x.getType());
}

template <typename L>
void configure(L& made, const ConvolutionBase& layer, const Padding& padding) {
  made.setPaddingMode(padding.mode);
  made.setStrideNd(window_dims(layer.full_stride(), 1));
  made.setDilationNd(window_dims(layer.full_dilation(), 1));
  if (padding.mode == trt::PaddingMode::kEXPLICIT_ROUND_DOWN) {
    made.setPrePadding(window_dims(padding.pre, 0));
    made.setPostPadding(window_dims(padding.post, 0));
  }
  made.setNbGroups(layer.getNbGroups());
}

// Adds the elements of an output padding behind the output, where no window has been.
trt::ITensor& extend(Translator& t, trt::ITensor& x, const Dims& extra) {
  trt::Dims start = x.getDimensions();
  trt::Dims stride = start;
  std::vector<trt::ITensor*> sizes;
  trt::Dims known = start;
  for (int32_t i = 0; i < start.nbDims; ++i) {
    const int64_t more = i < 2 || i - 2 >= extra.nbDims ? 0 : extra.d[i - 2];
    known.d[i] = start.d[i] < 0 ? -1 : start.d[i] + more;
    sizes.push_back(&binary(t, trt::ElementWiseOperation::kSUM, size(t, x, i), static_cast<double>(more)));
  }
  std::fill(start.d, start.d + start.nbDims, 0);
  std::fill(stride.d, stride.d + stride.nbDims, 1);
  const bool fixed = is_static(known);
  auto& made = t.added(t.target().addSlice(x, start, fixed ? known : stride, stride));
  if (!fixed) made.setInput(2, concatenate(t, sizes, 0));
  made.setMode(trt::SampleMode::kFILL);
  made.setInput(4, number(t, 0, x.getType(), 0));
  return *made.getOutput(0);
}

}  // namespace

void translate_convolution(Translator& t) {
  const auto& layer = t.layer<network::IConvolutionLayer>();
  const int32_t rank = layer.spatial_rank();
  const Parameter kernel = parameter_of(t, layer.getKernelWeights(), 1, "kernel");
  // TensorRT 10.6 was seen to have no kernel for grouped halves if the kernel's values are computed.
  const bool widens = kernel.tensor != nullptr && layer.getNbGroups() > 1;
  const Bias bias = bias_of(t, layer, /*behind=*/widens);
  trt::ITensor& plain = input_of(t, layer);
  trt::ITensor& x = widens ? widened(t, plain) : plain;
  auto& made = t.added(t.target().addConvolutionNd(x, layer.getNbOutputMaps(), window_dims(layer.getKernelSizeNd(), 1),
                                                   kernel.weights, bias.inside.weights));
  if (kernel.tensor != nullptr) {
    trt::ITensor& values = widens ? widened(t, *kernel.tensor) : *kernel.tensor;
    made.setInput(1, widen_space(t, values, rank));
  }
  configure(made, layer, padding_of(layer));
  trt::ITensor& result = cast(t, *made.getOutput(0), plain.getType());
  t.give(narrow_space(t, add_bias(t, result, bias.behind), rank));
}

void translate_deconvolution(Translator& t) {
  const auto& layer = t.layer<network::IDeconvolutionLayer>();
  const int32_t rank = layer.spatial_rank();
  Padding padding = padding_of(layer);
  Dims extra = padding.post;
  bool extends = false;
  for (int32_t i = 0; i < extra.nbDims; ++i) {
    extra.d[i] = std::max<int64_t>(0, -padding.post.d[i]);
    padding.post.d[i] = std::max<int64_t>(0, padding.post.d[i]);
    extends = extends || extra.d[i] > 0;
  }
  const Parameter kernel = parameter_of(t, layer.getKernelWeights(), 1, "kernel");
  const Bias bias = bias_of(t, layer, /*behind=*/extends);
  auto& made = t.added(t.target().addDeconvolutionNd(input_of(t, layer), layer.getNbOutputMaps(),
                                                     window_dims(layer.getKernelSizeNd(), 1), kernel.weights,
                                                     bias.inside.weights));
  if (kernel.tensor != nullptr) made.setInput(1, widen_space(t, *kernel.tensor, rank));
  configure(made, layer, padding);
  trt::ITensor& plain = *made.getOutput(0);
  t.give(narrow_space(t, add_bias(t, extends ? extend(t, plain, extra) : plain, bias.behind), rank));
}

namespace {

using network::IPoolingLayer;

static_assert(static_cast<int32_t>(network::PoolingType::kMAX_AVERAGE_BLEND) ==
              static_cast<int32_t>(trt::PoolingType::kMAX_AVERAGE_BLEND));
static_assert(static_cast<int32_t>(PaddingMode::kSAME_LOWER) == static_cast<int32_t>(trt::PaddingMode::kSAME_LOWER));

bool spatial_known(const Dims& input, int32_t spatial) {
  return std::all_of(input.d + input.nbDims - spatial, input.d + input.nbDims, [](int64_t dim) { return dim >= 0; });
}

// If the sizes are known, rounding up is expressed by a padding that is just large enough.
void set_padding(const IPoolingLayer& layer, trt::IPoolingLayer& made) {
  const Dims input = layer.getInput(0)->getDimensions();
  const Dims output = layer.getOutput(0)->getDimensions();
  const Dims& window = layer.getWindowSizeNd();
  const bool explicit_mode = layer.getPaddingMode() == PaddingMode::kEXPLICIT_ROUND_DOWN ||
                             layer.getPaddingMode() == PaddingMode::kEXPLICIT_ROUND_UP;
  if (!spatial_known(input, window.nbDims) && !explicit_mode) {
    made.setPaddingMode(static_cast<trt::PaddingMode>(layer.getPaddingMode()));
    return;
  }
  Dims pre;
  Dims post;
  layer.resolved_padding(input, &pre, &post);
  const bool rounds_up = layer.getPaddingMode() == PaddingMode::kEXPLICIT_ROUND_UP;
  const bool known = spatial_known(input, window.nbDims);
  for (int32_t i = 0; rounds_up && known && i < window.nbDims; ++i) {
    const int32_t at = input.nbDims - window.nbDims + i;
    const int64_t needed = (output.d[at] - 1) * layer.full_stride().d[i] + window.d[i];
    post.d[i] = std::max<int64_t>(0, needed - input.d[at] - pre.d[i]);
  }
  made.setPrePadding(window_dims(pre, 0));
  made.setPostPadding(window_dims(post, 0));
  made.setPaddingMode(rounds_up && !known ? trt::PaddingMode::kEXPLICIT_ROUND_UP
                                          : trt::PaddingMode::kEXPLICIT_ROUND_DOWN);
}

}  // namespace

void translate_pooling(Translator& t) {
  const auto& layer = t.layer<IPoolingLayer>();
  const Dims& window = layer.getWindowSizeNd();
  const bool unbatched = layer.getInput(0)->getDimensions().nbDims == window.nbDims + 1;
  trt::ITensor& batched = unbatched ? unsqueeze(t, t.input(0), {0}) : t.input(0);
  auto& made =
      t.added(t.target().addPoolingNd(widen_space(t, batched, window.nbDims),
                                      static_cast<trt::PoolingType>(layer.getPoolingType()), window_dims(window, 1)));
  made.setStrideNd(window_dims(layer.full_stride(), 1));
  set_padding(layer, made);
  // A divisor divides the plain sum, in which padding counts as zeros.
  made.setAverageCountExcludesPadding(layer.getAverageCountExcludesPadding() && layer.getDivisor() == 0);
  made.setBlendFactor(static_cast<float>(layer.getBlendFactor()));
  trt::ITensor* result = made.getOutput(0);
  const bool averages = layer.getPoolingType() == network::PoolingType::kAVERAGE;
  if (averages && layer.getDivisor() != 0) {
    const double factor = static_cast<double>(window.volume()) / static_cast<double>(layer.getDivisor());
    result = &binary(t, trt::ElementWiseOperation::kPROD, *result, factor);
  }
  result = &narrow_space(t, *result, window.nbDims);
  t.give(unbatched ? squeeze(t, *result, {0}) : *result);
}

namespace {

using network::IResizeLayer;

static_assert(static_cast<int32_t>(network::InterpolationMode::kCUBIC) ==
              static_cast<int32_t>(trt::InterpolationMode::kCUBIC));
static_assert(static_cast<int32_t>(network::ResizeRoundMode::kCEIL) ==
              static_cast<int32_t>(trt::ResizeRoundMode::kCEIL));
static_assert(static_cast<int32_t>(network::ResizeCoordinateTransformation::kHALF_PIXEL) ==
              static_cast<int32_t>(trt::ResizeCoordinateTransformation::kHALF_PIXEL));
static_assert(static_cast<int32_t>(network::SampleMode::kREFLECT) == static_cast<int32_t>(trt::SampleMode::kREFLECT));

// TensorRT interpolates only f32 and f16.
trt::ITensor& interpolated(Translator& t, trt::ITensor& x) {
  return x.getType() == trt::DataType::kBF16 ? cast(t, x, trt::DataType::kFLOAT) : x;
}

// Sizes of a resize, some of them the input's own, known only at run time.
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
  // With aligned corners a single pixel is the first one, as the formula would divide by 0.
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
