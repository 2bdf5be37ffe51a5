#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/backends/tensorrt/prepare/facts.h"
#include "torch_tensorrt/core/backends/tensorrt/support.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers that look at neighboring elements.
namespace torch_tensorrt::backends::tensorrt {

using network::DataType;
using network::ILayer;

namespace {

using network::Dims;
using network::InterpolationMode;
using network::PaddingMode;
using network::PoolingType;

// Looks at the last dimensions of the input, one for each dimension of the window.
bool spatial_dims_known(const Dims& input, int32_t spatial) {
  return std::all_of(input.d + input.nbDims - spatial, input.d + input.nbDims, [](int64_t dim) { return dim >= 0; });
}

bool all_equal(const Dims& dims, int64_t value) {
  return std::all_of(dims.d, dims.d + dims.nbDims, [=](int64_t dim) { return dim == value; });
}

// TensorRT rounds up without PyTorch's rule that the last window starts inside the input. They agree if a window is at
// least as long as a stride plus the padding behind.
bool rounding_up_agrees(const Dims& window, const Dims& stride, const Dims& post_padding) {
  for (int32_t i = 0; i < window.nbDims; ++i) {
    const int64_t padding = post_padding.nbDims == 0 ? 0 : post_padding.d[i];
    if (padding + stride.d[i] > window.d[i]) return false;
  }
  return true;
}

// Whether the padded input may be smaller than the window somewhere in the ranges of unknown sizes. For known sizes the
// translation pads as far as the window reaches.
bool window_may_be_larger(const network::IPoolingLayer& pooling) {
  const Dims& window = pooling.getWindowSizeNd();
  const network::ITensor& input = *pooling.getInput(0);
  const int32_t first = input.getDimensions().nbDims - window.nbDims;
  if (spatial_dims_known(input.getDimensions(), window.nbDims) || pooling.network() == nullptr) return false;
  const auto padding = [](const Dims& dims, int32_t i) { return dims.nbDims == 0 ? int64_t{0} : dims.d[i]; };
  for (const network::Profile& profile : pooling.network()->profiles()) {
    network::ValueRanges ranges(profile);
    for (int32_t i = 0; i < window.nbDims; ++i) {
      const auto padded =
          static_cast<double>(padding(pooling.getPrePadding(), i) + padding(pooling.getPostPadding(), i));
      if (ranges.of_dim(input, first + i).low + padded < static_cast<double>(window.d[i])) return true;
    }
  }
  return false;
}

Decision supports_average(const network::IPoolingLayer& pooling) {
  const bool rounds_up = pooling.getPaddingMode() == PaddingMode::kEXPLICIT_ROUND_UP;
  if (rounds_up && (!pooling.getAverageCountExcludesPadding() || pooling.getDivisor() != 0)) {
    return Decision::no(
        "its size is rounded up, and its average counts the padding or has a divisor; TensorRT would also count places "
        "past the padding");
  }
  return Decision::yes();
}

// TensorRT can interpolate a dimension only if it is among the last `last` ones.
Decision check_interpolated(const Dims& input, const Dims& output, int32_t last, const char* mode) {
  for (int32_t i = 0; i < input.nbDims - last; ++i) {
    if (input.d[i] == output.d[i]) continue;
    return Decision::no(str(mode, " interpolation changes dimension ", i, " of ", network::to_string(input),
                            ", TensorRT interpolates only the last ", last));
  }
  return Decision::yes();
}

// Scales given beside the dims decide the positions, so they must agree with the dims.
Decision check_scales(const network::IResizeLayer& resize, const Dims& input, const Dims& output) {
  const bool by_dims = resize.getNbInputs() > 1 || resize.getOutputDimensions().nbDims != 0;
  const bool aligned = resize.getCoordinateTransformation() == network::ResizeCoordinateTransformation::kALIGN_CORNERS;
  if (!by_dims || aligned || resize.scales().empty()) return Decision::yes();
  for (int32_t i = 0; i < input.nbDims; ++i) {
    const double scale = resize.scales()[static_cast<size_t>(i)];
    const bool known = input.d[i] > 0 && output.d[i] > 0;
    const double implied = known ? static_cast<double>(output.d[i]) / static_cast<double>(input.d[i]) : 0;
    if (known && std::abs(scale - implied) <= 1e-6 * scale) continue;
    if (!known && scale == 1.0) continue;
    return Decision::no(str("scale ", scale, " of dimension ", i,
                            " is not its new size divided by its old size; TensorRT takes either sizes or scales"));
  }
  return Decision::yes();
}

}  // namespace

Decision supports_convolution(const ILayer& layer) {
  const auto& convolution = static_cast<const network::ConvolutionBase&>(layer);
  if (!network::is_floating_point(layer.getInput(0)->getType())) {
    return Decision::no("its input is " + network::enum_name(layer.getInput(0)->getType()) +
                        ", TensorRT convolves only floats");
  }
  const bool backwards = layer.getType() == network::LayerType::kDECONVOLUTION;
  if (backwards && layer.getInput(0)->getType() == DataType::kBF16) {
    return Decision::no("TensorRT has no deconvolution of bf16");
  }
  const Dims input = layer.getInput(0)->getDimensions();
  if (!input_channels(convolution)) {
    return Decision::no("the number of channels of its input is not known, but TensorRT needs it");
  }
  const bool known = spatial_dims_known(input, convolution.spatial_rank());
  if (convolution.getPaddingMode() == PaddingMode::kEXPLICIT_ROUND_UP && !known) {
    return Decision::no("its size is rounded up, and the size of its input is not known");
  }
  return Decision::yes();
}

Decision supports_pooling(const ILayer& layer) {
  const auto& pooling = static_cast<const network::IPoolingLayer&>(layer);
  const DataType type = layer.getInput(0)->getType();
  if (!network::is_floating_point(type)) {
    return Decision::no("its input is " + network::enum_name(type) + ", TensorRT pools only floats");
  }
  if (!all_equal(pooling.full_dilation(), 1))
    return Decision::no("its window is dilated, TensorRT has no dilated pooling");
  const Dims input = layer.getInput(0)->getDimensions();
  const Dims& window = pooling.getWindowSizeNd();
  if (pooling.getPaddingMode() == PaddingMode::kEXPLICIT_ROUND_UP && !spatial_dims_known(input, window.nbDims) &&
      !rounding_up_agrees(window, pooling.full_stride(), pooling.getPostPadding())) {
    return Decision::no(
        "its size is rounded up, the size of its input is not known, and TensorRT places the last window by another "
        "rule");
  }
  if (pooling.getPaddingMode() == PaddingMode::kEXPLICIT_ROUND_UP && window_may_be_larger(pooling)) {
    return Decision::no(
        "its size is rounded up, the size of its input is not known, and its window may be larger than its padded "
        "input");
  }
  if (pooling.getPoolingType() != PoolingType::kMAX) return supports_average(pooling);
  return Decision::yes();
}

Decision supports_resize(const ILayer& layer) {
  const auto& resize = static_cast<const network::IResizeLayer&>(layer);
  const DataType type = layer.getInput(0)->getType();
  if (!network::is_floating_point(type)) {
    return Decision::no("its input is " + network::enum_name(type) + ", TensorRT resizes only floats");
  }
  if (resize.getAntialias()) return Decision::no("it is antialiased, TensorRT has no antialiasing");
  const Dims input = layer.getInput(0)->getDimensions();
  const Dims output = layer.getOutput(0)->getDimensions();
  if (input.nbDims == 0) return Decision::no("TensorRT cannot resize scalars");
  if (Decision decision = check_scales(resize, input, output); !decision) return decision;
  switch (resize.getResizeMode()) {
    case InterpolationMode::kNEAREST:
      return Decision::yes();
    case InterpolationMode::kLINEAR:
      // TensorRT 10.6 was seen to sample at other positions.
      if (resize.getCoordinateTransformation() == network::ResizeCoordinateTransformation::kASYMMETRIC) {
        return Decision::no(
            "it interpolates linearly with asymmetric coordinates, which TensorRT computes differently");
      }
      return check_interpolated(input, output, std::min(3, input.nbDims), "linear");
    case InterpolationMode::kCUBIC:
      return check_interpolated(input, output, std::min(2, input.nbDims), "cubic");
  }
  return Decision::no("its interpolation is unknown");
}

Decision supports_grid_sample(const ILayer& layer) {
  const Dims input = layer.getInput(0)->getDimensions();
  if (input.nbDims == 4) return Decision::yes();
  return Decision::no("its input " + network::to_string(input) +
                      " has three spatial dimensions, TensorRT's grid sample "
                      "has two");
}

}  // namespace torch_tensorrt::backends::tensorrt
