#pragma once

#include <vector>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::core::runtime {

// One entry an input of the network: whether a layer reads its elements (or what integer layers make of them) as dims.
std::vector<bool> find_shape_inputs(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::core::runtime
