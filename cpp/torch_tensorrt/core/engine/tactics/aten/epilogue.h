#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "torch_tensorrt/core/engine/tactics/aten/tactic.h"

namespace torch_tensorrt::engine::aten {

// Whether every operation of the layer's epilogue can be applied to its output.
Decision epilogue_supported(const network::ILayer& layer);
// Applies the epilogue in place; empty if there is none.
Compute make_epilogue(const network::ILayer& layer, const std::vector<at::Tensor>& inputs, const at::Tensor& output);

}  // namespace torch_tensorrt::engine::aten
