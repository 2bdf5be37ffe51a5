#pragma once

#include "torch_tensorrt/core/runtime/runtime.h"

namespace torch_tensorrt::core::runtime {

// Throws Error where one of the inputs that are written after the call shares elements with another input: an engine
// reads each of them by itself, and the module would read what it has written.
void check_written_inputs(std::vector<at::Tensor> inputs, std::vector<int64_t> written,
                          c10::intrusive_ptr<TRTEngine> engine);

}  // namespace torch_tensorrt::core::runtime
