#pragma once

#include <string>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::network {

// Checks the whole network: order, ownership, uses on both sides, unique names, attributes of every layer (by its
// inference), weights' counts and dtypes, epilogue inputs, profiles against inputs, at least one output.
// Throws Error naming the layer and the broken rule.
void verify_network(const INetworkDefinition& network);

}  // namespace torch_tensorrt::network
