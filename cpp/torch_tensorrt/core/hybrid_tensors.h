#pragma once

#include <memory>
#include <vector>

#include "torch/csrc/jit/api/module.h"

namespace torch_tensorrt::core {

// Gives the module, and the constants of the graphs, tensors of their own in place of those of `source`, so that a
// later change of `source` (a training that goes on) does not change half of the compiled module. Tensors that share
// memory still do.
void own_tensors(torch::jit::Module& module, const std::vector<std::shared_ptr<torch::jit::Graph>>& graphs,
                 const torch::jit::Module& source);

}  // namespace torch_tensorrt::core
