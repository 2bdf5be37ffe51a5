#include "support/reference_resize.h"

#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::tests {
namespace {

using network::Dims;
using network::InterpolationMode;
using network::IResizeLayer;
using network::ResizeCoordinateTransformation;
using network::ResizeRoundMode;

struct Tap {
  int64_t place;
  double weight;
};

double source_of(const IResizeLayer& layer, int64_t i, int64_t in, int64_t out, double scale) {
  switch (layer.getCoordinateTransformation()) {
    case ResizeCoordinateTransformation::kALIGN_CORNERS:
      return out == 1 ? 0 : static_cast<double>(i) * static_cast<double>(in - 1) / static_cast<double>(out - 1);
    case ResizeCoordinateTransformation::kASYMMETRIC:
      return static_cast<double>(i) / scale;
    case ResizeCoordinateTransformation::kHALF_PIXEL:
      return (static_cast<double>(i) + 0.5) / scale - 0.5;
  }
  return 0;
}

double rounded(ResizeRoundMode mode, double x) {
  switch (mode) {
    case ResizeRoundMode::kHALF_UP:
      return std::floor(x + 0.5);
    case ResizeRoundMode::kHALF_DOWN:
      return std::ceil(x - 0.5);
    case ResizeRoundMode::kFLOOR:
      return std::floor(x);
    case ResizeRoundMode::kCEIL:
      return std::ceil(x);
  }
  return x;
}

// Keys' cubic convolution kernel.
double cubic(double distance, double a) {
  const double x = std::abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

std::vector<Tap> taps_of(const IResizeLayer& layer, double x, int64_t in) {
  const double last = static_cast<double>(in - 1);
  switch (layer.getResizeMode()) {
    case InterpolationMode::kNEAREST:
      return {{static_cast<int64_t>(std::clamp(rounded(layer.getNearestRounding(), x), 0.0, last)), 1}};
    case InterpolationMode::kLINEAR: {
      const double inside = std::clamp(x, 0.0, last);
      const auto low = static_cast<int64_t>(inside);
      const double share = inside - static_cast<double>(low);
      return {{low, 1 - share}, {std::min(low + 1, in - 1), share}};
    }
    case InterpolationMode::kCUBIC: {
      const double low = std::floor(x);
      std::vector<Tap> taps;
      for (int offset = -1; offset <= 2; ++offset) {
        const double place = std::clamp(low + offset, 0.0, last);
        taps.push_back({static_cast<int64_t>(place), cubic(x - low - offset, layer.getCubicCoeff())});
      }
      return taps;
    }
  }
  return {};
}

double scale_of(const IResizeLayer& layer, size_t axis, int64_t in, int64_t out) {
  if (axis < layer.scales().size()) return layer.scales()[axis];
  return static_cast<double>(out) / static_cast<double>(in);
}

}  // namespace

double reference_resize(const ReferenceElement& e) {
  const auto& layer = static_cast<const IResizeLayer&>(e.layer);
  TORCHTRT_CHECK(!layer.getAntialias() && !layer.getExcludeOutside(), "the reference knows no antialiasing");
  const Dims& in = e.inputs[0].type.dims;
  // Flat places in the input and their weights; each round adds a dimension.
  std::vector<Tap> whole{{0, 1}};
  for (int32_t axis = 0; axis < in.nbDims; ++axis) {
    const auto d = static_cast<size_t>(axis);
    std::vector<Tap> taps{{e.at[d], 1}};
    if (in.d[axis] != e.dims.d[axis]) {
      const double scale = scale_of(layer, d, in.d[axis], e.dims.d[axis]);
      taps = taps_of(layer, source_of(layer, e.at[d], in.d[axis], e.dims.d[axis], scale), in.d[axis]);
    }
    std::vector<Tap> next;
    for (const Tap& outer : whole) {
      for (const Tap& inner : taps) {
        next.push_back({outer.place * in.d[axis] + inner.place, outer.weight * inner.weight});
      }
    }
    whole = std::move(next);
  }
  double sum = 0;
  for (const Tap& tap : whole) {
    if (tap.weight == 0) continue;
    sum += tap.weight * network::load_double(e.inputs[0].type.dtype, e.inputs[0].values(), tap.place);
  }
  return sum;
}

}  // namespace torch_tensorrt::tests
