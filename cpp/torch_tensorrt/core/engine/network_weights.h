#pragma once

#include <functional>
#include <memory>

#include "torch_tensorrt/core/engine/weight_store.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::engine {

// Calls `visit(name, weights)` for every attribute of the layer that is weights with elements.
void for_each_weights(const network::ILayer& layer,
                      const std::function<void(const char* name, const network::Weights& weights)>& visit);
// Lets `change(name, weights)` assign them.
void change_weights(network::ILayer& layer,
                    const std::function<void(const char* name, network::Weights& weights)>& change);

// Key of an input that is a constant.
std::string input_key(int32_t layer_index, int32_t input);

// Makes the weights of the network known to the store as plain blocks, which keep the network alive. Keys that the
// store knows already stay as they are.
// Attributes, by their names.
void put_weights(const std::shared_ptr<network::INetworkDefinition>& network, WeightStore& store);
// Inputs that are constants, under input_key() of the layers that read them.
void put_constant_inputs(const std::shared_ptr<network::INetworkDefinition>& network, WeightStore& store);

}  // namespace torch_tensorrt::engine
