#pragma once

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::core::conversion {

// Whether a condition or loop can be decided while compiling, or computed. "No" if it depends on the values of the
// inputs, which shapes do not determine. "Yes" if it depends on shapes only, although only a conversion with given
// shapes can tell. "Yes" for all other nodes.
Decision control_flow_decision(const torch::jit::Node* n);

}  // namespace torch_tensorrt::core::conversion
