#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::engine {

// Calls `visit(name, weights)` for every attribute of the layer that is non-empty weights.
void for_each_weights(const network::ILayer& layer,
                      const std::function<void(const char* name, const network::Weights& weights)>& visit);
// Lets `change(name, weights)` assign them.
void change_weights(network::ILayer& layer,
                    const std::function<void(const char* name, network::Weights& weights)>& change);

// Store key of an input that is a constant.
std::string input_key(int32_t layer_index, int32_t input);

// Enters the weights of a network into a store, as plain blocks. Memory that the network owns passes to the store,
// which frees it block by block; for other memory the blocks keep the network alive. Keys that the store already knows
// are left unchanged.
class WeightPutter {
 public:
  WeightPutter(std::shared_ptr<network::INetworkDefinition> network, WeightStore& store)
      : network_(std::move(network)), store_(store) {}

  // Enters attributes, under their names.
  void put_attributes();
  // Enters inputs that are constants, under input_key() of the layers that read them.
  void put_constant_inputs();

 private:
  void put_plain(const std::string& key, const network::Weights& weights);

  std::shared_ptr<network::INetworkDefinition> network_;
  WeightStore& store_;
  std::unordered_map<const void*, std::shared_ptr<const void>> owners_;  // weights may be shared by layers
};

}  // namespace torch_tensorrt::engine
