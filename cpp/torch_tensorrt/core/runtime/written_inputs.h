#pragma once

#include "torch_tensorrt/core/runtime/runtime.h"

namespace torch_tensorrt::core::runtime {

// Throws Error if an input that is written after the call shares elements with another input. The engine reads both
// inputs before the write, but the original module would read the written elements.
void check_written_inputs(std::vector<at::Tensor> inputs, std::vector<int64_t> written,
                          c10::intrusive_ptr<TRTEngine> engine);

}  // namespace torch_tensorrt::core::runtime
