#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/build/candidate_timer.h"
#include "torch_tensorrt/core/engine/run/schedule.h"

namespace torch_tensorrt::engine {

// A network optimized for one activation format, with the tactics that run it fastest at the opt dims.
struct NetworkChoice {
  std::shared_ptr<network::INetworkDefinition> network;
  network::TensorFormat format = network::TensorFormat::kLINEAR;
  std::map<network::DataType, size_t> low_layers;  // the number of layers in a precision below f32
  std::vector<LayerChoice> choices;                // one for each layer
  double microseconds = 0;                         // of all layers
  size_t unmet = 0;                                // layers that are not in the precision that the user wants
  std::vector<optimizer::PassReport> passes;
  std::vector<std::string> notes;
};

// Infers all tensors at the opt dims, and at the opt elements of inputs that are used as shapes.
network::InferredTensors infer_at_opt(const network::INetworkDefinition& network);

// Dims of the inputs that the network is built for. Throws Error when a dynamic input has no profile.
std::vector<network::Dims> opt_dims(const network::INetworkDefinition& network);

// Optimizes the network for each activation format that its convolutions can run in, times the tactics, and keeps the
// fastest combination. Takes the network apart.
NetworkChoice choose_network(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                             CandidateTimer& timer);

// Optimizes the network like that of a plan of ours and takes the plan's tactics, without timing. Chooses anew, with a
// line in the log, if the network comes out differently (weights may decide on a rewrite) or a tactic is not here.
NetworkChoice repeat_choice(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network,
                            const BuildSettings& settings, CandidateTimer& timer);

}  // namespace torch_tensorrt::engine
