#pragma once

#include <optional>
#include <string>

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

// Numbers and conditions computed from the sizes of dynamic inputs.
namespace torch_tensorrt::core::conversion {

// The number (or bool) in a tensor of one element, if it is the same for all shapes in the ranges of the inputs. Unset
// if it is not, or if this is unknown.
std::optional<torch::jit::IValue> decided_number(const nvinfer1::ITensor& tensor);
// decided_number, else the tensor in its container.
torch::jit::IValue decided_or_computed(nvinfer1::ITensor* tensor);

// The inputs that determine the tensor: "dimension 1 of input x (3 to 9)", or the values of inputs.
std::string what_decides(const nvinfer1::ITensor& tensor);
// The user's name for a network input: the name of the argument.
std::string input_name(const nvinfer1::ITensor& input);

}  // namespace torch_tensorrt::core::conversion
