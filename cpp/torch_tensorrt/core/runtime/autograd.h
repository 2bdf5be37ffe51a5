#pragma once

#include "torch_tensorrt/core/runtime/runtime.h"

namespace torch_tensorrt::core::runtime {

// execute_engine where PyTorch records what derivatives need: outputs of inputs that require gradients require them
// and asking for them is an error saying that engines have no gradients.
std::vector<at::Tensor> execute_engine_without_gradients(std::vector<at::Tensor> inputs,
                                                         c10::intrusive_ptr<TRTEngine> compiled_engine);

}  // namespace torch_tensorrt::core::runtime
