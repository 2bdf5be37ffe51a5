#pragma once

#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

namespace torch_tensorrt::core::conversion {

// The dtype to which an input's floating tensors are cast before their first use.
using InputCasts = std::unordered_map<const torch::jit::Value*, at::ScalarType>;

// Sets of input casts, in the order to try. First no casts, because PyTorch also computes with mixed dtypes. Then casts
// of the inputs that meet weights of another floating dtype. Then casts of all floating inputs to the dtype of the
// weights.
std::vector<InputCasts> casts_to_try(const torch::jit::Block* b, const ConversionInfo& info,
                                     const ir::StaticParams& static_params);

// The network input itself, or its cast.
nvinfer1::ITensor* cast_input(ConversionCtx& ctx, const InputCasts& casts, const torch::jit::Value* value,
                              nvinfer1::ITensor* input);

// Inputs whose elements the network uses as sizes.

using InputSpecs = std::unordered_map<const nvinfer1::ITensor*, ir::Input>;

// Puts the values of such inputs into the network's profile, and removes the values of other inputs. Throws Error if
// there are such inputs but allow_shape_tensors is off, or if the values are unknown.
void settle_size_inputs(ConversionCtx& ctx, const InputSpecs& specs);

// Inputs with several shape ranges. During conversion the network has one profile, whose ranges include all of them, so
// a decision about a condition on sizes holds for each range.

// The range from the smallest to the largest size over all ranges of the input, tuned for the first.
nvinfer1::ProfileRange whole_range(const ir::Input& spec);
// Replaces the network's one profile by one profile per range. Throws Error if inputs have different numbers of ranges,
// unless they have only one.
void split_profiles(ConversionCtx& ctx, const InputSpecs& specs);

// Infers the network at three points of each profile: with all inputs at their opt, smallest and largest shapes. Throws
// Error if the opt shapes do not fit the model. Only warns if an end does not fit: shapes in between may fit, and a
// call with shapes that do not is an error then. Messages quote the dims of the dynamic inputs, and the layer (with the
// user's line) that does not fit.
void check_ranges(const ConversionCtx& ctx);

}  // namespace torch_tensorrt::core::conversion
