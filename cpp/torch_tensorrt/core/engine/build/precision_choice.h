#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "torch_tensorrt/core/engine/build/candidate_timer.h"
#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::engine {

// Whether the device has kernels that are faster in the dtype than in f32.
Decision has_fast_kernels(const DeviceTarget& target, network::DataType low);

// The layers, by their indices, that should compute in `low` so that the engine takes least time: that of the layers in
// either dtype and that of the casts between them, all measured at the opt dims. `choices` has the times in f32.
// `may` and `must` restrict the choice: layers that may be chosen (by their indices, in order), and layers among them
// that are chosen whatever they take.
struct LayerSets {
  std::vector<int32_t> may;
  std::vector<int32_t> must;
};
std::vector<int32_t> choose_low_layers(const network::INetworkDefinition& network, network::DataType low,
                                       const LayerSets& sets, const std::vector<LayerChoice>& choices,
                                       CandidateTimer& timer);

// A copy of a network with some layers in a lower dtype (see make_assign_precision).
struct MixedNetwork {
  std::shared_ptr<network::INetworkDefinition> network;
  std::vector<const network::ILayer*> layers;  // its layers, in the order of the original's
};
MixedNetwork with_low_layers(const network::INetworkDefinition& network, network::DataType low,
                             const std::vector<int32_t>& layers);

// A copy of a network in which some layers compute with 8-bit integers (see make_insert_quantization).
std::shared_ptr<network::INetworkDefinition> with_integer_layers(const network::INetworkDefinition& network,
                                                                 const optimizer::TensorRanges& ranges,
                                                                 const std::vector<int32_t>& layers,
                                                                 const optimizer::PassContext& context);

// A copy of a network in which some products have 8-bit weights (see make_quantize_weights).
std::shared_ptr<network::INetworkDefinition> with_integer_weights(const network::INetworkDefinition& network,
                                                                  const std::vector<int32_t>& layers);

// The layers of the network that have 8-bit weights, and floats for inputs, in `mixed`.
std::vector<int32_t> find_weight_only_layers(const network::INetworkDefinition& network,
                                             const network::INetworkDefinition& mixed);

// The layers of the network that compute with 8-bit integers in `mixed`, which was made of an equal network.
std::vector<int32_t> find_integer_layers(const network::INetworkDefinition& network,
                                         const network::INetworkDefinition& mixed);

// The layers of the network that compute in `low` in `mixed`, which with_low_layers made of an equal network.
std::vector<int32_t> find_low_layers(const network::INetworkDefinition& network,
                                     const network::INetworkDefinition& mixed, network::DataType low);

}  // namespace torch_tensorrt::engine
