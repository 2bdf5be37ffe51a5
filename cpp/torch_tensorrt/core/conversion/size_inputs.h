#pragma once

#include <unordered_map>

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

// Inputs whose elements the network uses as sizes.
namespace torch_tensorrt::core::conversion {

using InputSpecs = std::unordered_map<const nvinfer1::ITensor*, ir::Input>;

// Puts the elements that such inputs may have into the network's profile, and takes those of the others out. Throws
// Error when there are such inputs and allow_shape_tensors is off, or nothing says what elements they have.
void settle_size_inputs(ConversionCtx& ctx, const InputSpecs& specs);

}  // namespace torch_tensorrt::core::conversion
