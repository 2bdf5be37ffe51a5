#pragma once

#include <NvInfer.h>

#include <memory>

#include "torch_tensorrt/core/backends/tensorrt/loader.h"
#include "torch_tensorrt/core/backends/tensorrt/run/config.h"
#include "torch_tensorrt/core/backends/tensorrt/translate/translator.h"

namespace torch_tensorrt::backends::tensorrt {

// TensorRT's network made from ours, with the builder that it belongs to. The translator owns weights that it had to
// convert; the other weights remain ours.
struct VendorNetwork {
  std::unique_ptr<nvinfer1::IBuilder> builder;
  std::unique_ptr<nvinfer1::INetworkDefinition> network;
  Precisions precisions;
  std::unique_ptr<Translator> translator;
};

// Throws Error naming the layer that TensorRT refuses, with its message. `messages` must outlive the result.
VendorNetwork translate_network(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                                const Library& library, MessageGatherer& messages);

}  // namespace torch_tensorrt::backends::tensorrt
