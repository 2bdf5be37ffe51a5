#pragma once

#include <memory>
#include <string>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

// Weights of recurrent layers in the orders that the tactics here want.
namespace torch_tensorrt::engine::onednn {

std::string key_of(const network::IRecurrentLayer& layer, network::RecurrentWeights role);
// The plain elements of one of the layer's weights from the store; null if the layer has none.
const float* plain_weights(WeightStore& store, const network::IRecurrentLayer& layer, network::RecurrentWeights role);
// The sum of both biases, G * H; zeros if there are none. A GRU's new gate has only the input's bias.
std::shared_ptr<float> joined_biases(WeightStore& store, const network::IRecurrentLayer& layer);

// The hidden weights in the order of step_kernels.h.
const float* group_hidden_weights(WeightStore& store, const network::IRecurrentLayer& layer, int64_t lanes);
// Restores the plain hidden weights from a block that is plain or grouped for any of kStepLanes. Throws Error for
// another layout.
void ungroup_hidden_weights(const network::IRecurrentLayer& layer, const WeightBlock& from, void* to);
// Bias of the hidden state's share in a GRU's new gate, padded to whole groups; null for other cells or without biases.
std::shared_ptr<float> new_gate_bias(WeightStore& store, const network::IRecurrentLayer& layer, int64_t lanes);

// Requires fp32 weights that are constants, a CPU, and no epilogue.
Decision check_recurrent(const network::ILayer& layer, const DeviceTarget& device);
network::RecurrentWeights role_of(const std::string& attribute);

}  // namespace torch_tensorrt::engine::onednn
