#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::IGridSampleLayer;
using network::InterpolationMode;
using network::SampleMode;

// PyTorch's numbers for the modes.
int64_t interpolation_of(InterpolationMode mode) {
  if (mode == InterpolationMode::kLINEAR) return 0;
  return mode == InterpolationMode::kNEAREST ? 1 : 2;
}

int64_t padding_of(SampleMode mode) {
  if (mode == SampleMode::kFILL) return 0;
  return mode == SampleMode::kCLAMP ? 1 : 2;
}

Compute make(Request& request) {
  const auto& layer = request.layer<IGridSampleLayer>();
  return [x = request.input(0), grid = request.input(1), out = request.output(),
          interpolation = interpolation_of(layer.getInterpolationMode()), padding = padding_of(layer.getSampleMode()),
          align = layer.getAlignCorners()]() mutable {
    out.copy_(at::grid_sampler(x, grid, interpolation, padding, align));
  };
}

}  // namespace

const Row kGridSampleRow = {"aten.grid_sample", network::LayerType::kGRID_SAMPLE, float_input, make};

}  // namespace torch_tensorrt::engine::aten
