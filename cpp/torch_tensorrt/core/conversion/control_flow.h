#pragma once

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::core::conversion {

// Whether a condition or loop can be decided while compiling. Decides "no" if it depends on the values of the inputs,
// because shapes do not determine those. If it depends on shapes only, the answer is "yes", although only a conversion
// with given shapes can tell. "Yes" for all other nodes.
Decision control_flow_decision(const torch::jit::Node* n);

}  // namespace torch_tensorrt::core::conversion
