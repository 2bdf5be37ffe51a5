#pragma once

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::core {

// Whether an engine in the middle of a module gains more than its borders cost (docs/hybrid.md has the measurements).
// No engine that only moves data gains: it makes the copies that PyTorch makes too, and a call costs more than an
// operator of PyTorch. An engine without inputs keeps what PyTorch would compute anew in each call.
Decision pays_for_borders(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::core
