#pragma once

#include "torch_tensorrt/core/engine/tactics/tactic.h"

// What the tactics for convolutions have in common.
namespace torch_tensorrt::engine::onednn {

// Whether kernel and bias are constants in fp32.
Decision check_constant_weights(const network::ConvolutionBase& layer);
// Multiplications and additions of the definition.
double direct_operations(const LayerInstance& instance);

}  // namespace torch_tensorrt::engine::onednn
