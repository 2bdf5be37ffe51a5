#pragma once

#include <NvInfer.h>

#include "torch_tensorrt/core/engine/build/builder.h"

namespace torch_tensorrt::backends::tensorrt {

// How TensorRT decides about precisions in a network.
struct Precisions {
  bool strongly_typed = true;  // by the dtypes of the network's tensors
  bool quantized = false;      // parts of the network run in int8
};

// Applies every setting of ours that TensorRT has.
void configure(nvinfer1::IBuilderConfig& config, const engine::BuildSettings& settings, const Precisions& precisions);

// Adds one optimization profile for each of the network's, with ranges of dims and of values that decide on shapes.
// `target` must be complete. Throws Error if an input without a range is dynamic or decides on shapes.
void add_profiles(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config,
                  const nvinfer1::INetworkDefinition& target, const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::backends::tensorrt
