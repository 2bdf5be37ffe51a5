#pragma once

#include <NvInfer.h>

#include <memory>
#include <string>

#include "torch_tensorrt/core/backends/tensorrt/loader.h"
#include "torch_tensorrt/core/backends/tensorrt/prepare/precisions.h"
#include "torch_tensorrt/core/backends/tensorrt/run/config.h"
#include "torch_tensorrt/core/backends/tensorrt/translator.h"
#include "torch_tensorrt/core/engine/build/builder.h"

namespace torch_tensorrt::backends::tensorrt {

// Builds TensorRT's serialized engine from a network: bytes that plain TensorRT loads. The network must live until this
// returns, as its weights are not copied. Throws Error naming every layer that TensorRT does not take, before the
// build; a failed build gives TensorRT's own message and the layers that it names.
std::string build_serialized(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                             const LayerPrecisions& precisions, engine::BuildReport* report);

// One line for each layer that is not supported, with its reason; empty if all are supported.
std::string list_unsupported(const network::INetworkDefinition& network);

// Whether int8 is enabled and the network has parts to compute in it. Warns if int8 is enabled in vain.
bool is_quantized(const network::INetworkDefinition& network, const engine::BuildSettings& settings);

// Whether each tensor must keep its dtype: if asked for, if no precision below the network's is enabled or every layer
// is to compute in f32, or if the network itself mixes precisions. TensorRT would otherwise not keep the network's
// casts.
bool is_strongly_typed(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                       const LayerPrecisions& precisions = {});

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
                                const LayerPrecisions& precisions, const Library& library, MessageGatherer& messages);

}  // namespace torch_tensorrt::backends::tensorrt
