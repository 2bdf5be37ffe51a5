#pragma once

#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/optimizer/pass.h"

namespace torch_tensorrt::backends::tensorrt {

// The passes of ours that TensorRT has a use for, in their order. Fusions and layouts are TensorRT's own business.
// Weights that are to be refitted stay as they are, and so does fake quantization that is to be computed in int8:
// folding would make floats of quantized weights.
std::vector<optimizer::PipelineEntry> pipeline(const engine::BuildSettings& settings);

}  // namespace torch_tensorrt::backends::tensorrt
