#pragma once

#include <optional>
#include <string>

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

// Numbers and conditions that are computed from the sizes of dynamic inputs.
namespace torch_tensorrt::core::conversion {

// The number (or bool) that a tensor of one element is for every shape in the ranges of the inputs; none where it is
// not the same for all, or they do not tell.
std::optional<torch::jit::IValue> decided_number(const nvinfer1::ITensor& tensor);
// That, or the tensor in its container.
torch::jit::IValue decided_or_computed(nvinfer1::ITensor* tensor);

// What the tensor depends on: "dimension 1 of input x (3 to 9)", or the values of inputs.
std::string what_decides(const nvinfer1::ITensor& tensor);
// How the user knows an input of the network: the argument's name.
std::string input_name(const nvinfer1::ITensor& input);

}  // namespace torch_tensorrt::core::conversion
