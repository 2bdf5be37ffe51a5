#pragma once

#include <memory>
#include <string>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

// Weights of recurrent layers, as the tactics here want them.
namespace torch_tensorrt::engine::onednn {

std::string key_of(const network::IRecurrentLayer& layer, network::RecurrentWeights role);
// The plain elements of one of the layer's weights out of the store; null where it has none.
const float* plain_weights(WeightStore& store, const network::IRecurrentLayer& layer, network::RecurrentWeights role);
// The sum of both biases, G * H; zeros where there are none. A GRU's new gate has the input's alone.
std::shared_ptr<float> joined_biases(WeightStore& store, const network::IRecurrentLayer& layer);

// The hidden weights in the order of step_kernels.h.
const float* group_hidden_weights(WeightStore& store, const network::IRecurrentLayer& layer, int64_t lanes);
// The plain hidden weights of a block that is plain or in that order, for any number of lanes. Throws Error for
// another.
void ungroup_hidden_weights(const network::IRecurrentLayer& layer, const WeightBlock& from, void* to);
// Of the hidden state's share in a GRU's new gate, padded to whole groups; null for other cells and without biases.
std::shared_ptr<float> new_gate_bias(WeightStore& store, const network::IRecurrentLayer& layer, int64_t lanes);

// Constants of fp32 for a CPU, no epilogue.
Decision check_recurrent(const network::ILayer& layer, const DeviceTarget& device);
network::RecurrentWeights role_of(const std::string& attribute);

}  // namespace torch_tensorrt::engine::onednn
