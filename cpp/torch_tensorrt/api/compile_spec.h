#pragma once

#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt::torchscript {

// Converts the public specification to the compiler's own. Throws Error on contradictions.
core::CompileSpec to_internal(const CompileSpec& external);
core::ir::Device to_internal(const Device& device);
core::ir::Input to_internal(const Input& input);

}  // namespace torch_tensorrt::torchscript
