#pragma once

#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

namespace torch_tensorrt::core::conversion {

// The dtype that the floating tensors of an input of the block are cast to before anything reads them.
using InputCasts = std::unordered_map<const torch::jit::Value*, at::ScalarType>;

// Casts to convert the block with, in the order in which to try them: none first, as PyTorch computes with many
// operands of different dtypes; then those of inputs that meet weights of another floating dtype; then those of all
// floating inputs, to the dtype of the weights.
std::vector<InputCasts> casts_to_try(const torch::jit::Block* b, const ConversionInfo& info,
                                     const ir::StaticParams& static_params);

// The network input itself, or the cast of it.
nvinfer1::ITensor* cast_input(ConversionCtx& ctx, const InputCasts& casts, const torch::jit::Value* value,
                              nvinfer1::ITensor* input);

// Inputs whose elements the network uses as sizes.

using InputSpecs = std::unordered_map<const nvinfer1::ITensor*, ir::Input>;

// Puts the elements that such inputs may have into the network's profile, and takes those of the others out. Throws
// Error when there are such inputs and allow_shape_tensors is off, or nothing says what elements they have.
void settle_size_inputs(ConversionCtx& ctx, const InputSpecs& specs);

// Inputs whose shapes may be in one of several ranges. While converting the network has one profile, of ranges that
// have them all; what conditions on sizes are decided by then holds for each.

// From the smallest to the largest size of all ranges of the input, tuned for the first.
nvinfer1::ProfileRange whole_range(const ir::Input& spec);
// Makes of the network's one profile as many as the inputs have ranges. Throws Error where inputs have different
// numbers of them.
void split_profiles(ConversionCtx& ctx, const InputSpecs& specs);

// Infers the network at three points of the ranges of each profile: all inputs at their opt shape, at their smallest
// and at their largest. Throws Error where the opt shapes do not fit, and warns where an end does not: the shapes
// between may fit, and a call with some that do not is an error then. Both quote the dims of the dynamic inputs and the
// layer (with the user's line) that does not fit.
void check_ranges(const ConversionCtx& ctx);

}  // namespace torch_tensorrt::core::conversion
