#pragma once

#include <unordered_set>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::backends::tensorrt {

// The layers whose float results integers alone decide on: casts of integers, and what is computed from them and
// constants. Half precision would not keep the integers apart: above 2048 f16 has even ones only. Positions in a
// sequence and their angles are such.
std::unordered_set<const network::ILayer*> layers_on_whole_numbers(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::backends::tensorrt
