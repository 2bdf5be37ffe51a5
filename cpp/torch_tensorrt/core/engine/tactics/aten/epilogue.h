#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "torch_tensorrt/core/engine/tactics/aten/tactic.h"

namespace torch_tensorrt::engine::aten {

// Whether every operation of the layer's epilogue can be applied to its output.
Decision epilogue_supported(const network::ILayer& layer);
// Applies the epilogue in place, but for its first `done` operations; empty if none are left.
Compute make_epilogue(const network::ILayer& layer, size_t done, const std::vector<at::Tensor>& inputs,
                      const at::Tensor& output);

}  // namespace torch_tensorrt::engine::aten
