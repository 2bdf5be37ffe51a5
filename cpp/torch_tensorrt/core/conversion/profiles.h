#pragma once

#include "torch_tensorrt/core/conversion/size_inputs.h"

// Inputs whose shapes may be in one of several ranges. While converting the network has one profile, of ranges that
// have them all; what conditions on sizes are decided by then holds for each.
namespace torch_tensorrt::core::conversion {

// From the smallest to the largest size of all ranges of the input, tuned for the first.
nvinfer1::ProfileRange whole_range(const ir::Input& spec);
// Makes of the network's one profile as many as the inputs have ranges. Throws Error where inputs have different
// numbers of them.
void split_profiles(ConversionCtx& ctx, const InputSpecs& specs);

}  // namespace torch_tensorrt::core::conversion
