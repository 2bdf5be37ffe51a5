#pragma once

#include <NvInfer.h>

#include "torch_tensorrt/core/engine/build/builder.h"

namespace torch_tensorrt::backends::tensorrt {

// How the network that is built decides on precisions.
struct Precisions {
  bool strongly_typed = true;  // itself, by the dtypes of its tensors
  bool quantized = false;      // parts of it are to run in int8
};

// Every setting of ours that TensorRT has.
void configure(nvinfer1::IBuilderConfig& config, const engine::BuildSettings& settings, const Precisions& precisions);

// One optimization profile for each of the network's, with the ranges of dims and of the values that decide on shapes.
// `target` must be complete. Throws Error where an input is dynamic, or its values decide, and it has no range.
void add_profiles(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config,
                  const nvinfer1::INetworkDefinition& target, const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::backends::tensorrt
