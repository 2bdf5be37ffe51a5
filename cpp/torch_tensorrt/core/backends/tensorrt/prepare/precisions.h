#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

namespace torch_tensorrt::backends::tensorrt {

// The precisions that TensorRT is asked for, layer by layer: f32, f16 or bf16. It chooses those of other layers.
struct LayerPrecisions {
  std::unordered_map<const network::ILayer*, network::DataType> wanted;
  std::vector<std::string> beyond;  // notes about layers that f16 is too small for
  std::vector<std::string> notes;   // others, for the engine
};

// Of the network that TensorRT gets: what precision_overrides wants, and f32 for layers that read or compute numbers
// beyond the range of f16 in the calibration.
LayerPrecisions layer_precisions(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                                 const optimizer::TensorRanges& ranges);

}  // namespace torch_tensorrt::backends::tensorrt
