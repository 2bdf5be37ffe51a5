#pragma once

#include <memory>
#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/build/candidate_timer.h"
#include "torch_tensorrt/core/engine/run/schedule.h"

namespace torch_tensorrt::engine {

// A network optimised for one activation format, with the tactics that run it fastest at the opt dims.
struct NetworkChoice {
  std::shared_ptr<network::INetworkDefinition> network;
  network::TensorFormat format = network::TensorFormat::kLINEAR;
  std::vector<LayerChoice> choices;  // one a layer
  double microseconds = 0;           // of all layers
  std::vector<optimizer::PassReport> passes;
  std::vector<std::string> notes;
};

// All tensors at those dims, and at the elements of inputs that are used as shapes.
network::InferredTensors infer_at_opt(const network::INetworkDefinition& network);

// Dims of the inputs that the network is built for. Throws Error when a dynamic input has no profile.
std::vector<network::Dims> opt_dims(const network::INetworkDefinition& network);

// Optimises the network for each activation format that its convolutions can run in, times the tactics, and keeps the
// fastest. Takes the network apart.
NetworkChoice choose_network(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                             CandidateTimer& timer);

// The network optimised as that of a plan of ours, with the plan's tactics; nothing is timed. Where it comes out
// otherwise, as weights decided on a rewrite, or where a tactic is not here, it is chosen anew, which the log says.
NetworkChoice repeat_choice(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network,
                            const BuildSettings& settings, CandidateTimer& timer);

}  // namespace torch_tensorrt::engine
