#pragma once

#include <vector>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::network {

// What the text form and the plan hold of one input.
constexpr size_t kMaxShapeInputElements = Dims::MAX_DIMS;

// One entry an input of the network (integers only): whether a layer reads its elements (or what integer layers make of
// them) as dims.
std::vector<bool> find_shape_inputs(const INetworkDefinition& network);

}  // namespace torch_tensorrt::network
