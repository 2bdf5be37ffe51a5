#pragma once

#include "torch_tensorrt/core/runtime/runtime.h"

namespace torch_tensorrt::core::runtime {

// Replaces execute_engine while PyTorch records gradients. If an input requires gradients, so do the outputs,
// and asking for their gradients is an error saying that engines have none.
std::vector<at::Tensor> execute_engine_without_gradients(std::vector<at::Tensor> inputs,
                                                         c10::intrusive_ptr<TRTEngine> compiled_engine);

}  // namespace torch_tensorrt::core::runtime
