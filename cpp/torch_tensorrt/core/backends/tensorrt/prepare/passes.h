#pragma once

#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/optimizer/pass.h"

namespace torch_tensorrt::backends::tensorrt {

// Our passes that TensorRT benefits from, in order. Fusions and layouts are left to TensorRT. Weights to be refitted
// stay unchanged, and so does fake quantization to be computed in int8: folding would turn quantized weights into
// floats.
std::vector<optimizer::PipelineEntry> pipeline(const engine::BuildSettings& settings);

}  // namespace torch_tensorrt::backends::tensorrt
