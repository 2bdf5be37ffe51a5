#pragma once

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::core::conversion {

// Whether a condition or loop may be settled while compiling. It may not where it depends on the values of the inputs,
// which no shape tells; where it depends on their shapes alone, only converting with given shapes tells. Yes for any
// other node.
Decision control_flow_decision(const torch::jit::Node* n);

}  // namespace torch_tensorrt::core::conversion
