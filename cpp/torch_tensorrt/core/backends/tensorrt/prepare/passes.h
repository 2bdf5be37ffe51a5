#pragma once

#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/optimizer/pass.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

namespace torch_tensorrt::backends::tensorrt {

// The passes that find quantization in the network. They run before pipeline(), which asks whether there is any.
std::vector<optimizer::PipelineEntry> quantization_pipeline(const engine::BuildSettings& settings);

// Our passes that TensorRT benefits from, in order, for this network. Fusions and layouts are left to TensorRT. Weights
// to be refitted stay unchanged, and so does quantization to be computed in int8: folding would turn quantized weights
// into floats. With the ranges of a calibration, layers have the forms whose names the ranges have, and all that may be
// are quantized at the end if int8 is enabled.
std::vector<optimizer::PipelineEntry> pipeline(const network::INetworkDefinition& network,
                                               const engine::BuildSettings& settings,
                                               const optimizer::TensorRanges& ranges = {});

}  // namespace torch_tensorrt::backends::tensorrt
