#pragma once

#include <string>

#include "torch_tensorrt/core/engine/build/builder.h"

namespace torch_tensorrt::backends::tensorrt {

// A network in, TensorRT's serialized engine out: bytes that plain TensorRT loads. The network must live until this
// returns; its weights are read where they are. Throws Error naming every layer that TensorRT does not take, before
// anything is built; then with TensorRT's own message, and the layers that it speaks of.
std::string build_serialized(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                             engine::BuildReport* report);

// Every layer that is not supported, with its reason, a line each; empty when all are.
std::string list_unsupported(const network::INetworkDefinition& network);

// Whether int8 is enabled and there is something that is to be computed in it. Warns when there is nothing.
bool is_quantized(const network::INetworkDefinition& network, const engine::BuildSettings& settings);

// Whether each tensor must keep its dtype. So it is when asked for, when no precision below the network's is enabled,
// and when the network mixes precisions itself: TensorRT would not keep its casts apart otherwise.
bool is_strongly_typed(const network::INetworkDefinition& network, const engine::BuildSettings& settings);

}  // namespace torch_tensorrt::backends::tensorrt
