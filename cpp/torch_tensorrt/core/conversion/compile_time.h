#pragma once

#include <optional>
#include <string>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/util/decision.h"

// Which numbers, conditions and loops are known while compiling, although sizes of inputs may be dynamic.
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

// Whether a condition or loop can be decided while compiling, or computed. "No" if it depends on the values of the
// inputs, which shapes do not determine. "Yes" if it depends on shapes only, although only a conversion with given
// shapes can tell. "Yes" for all other nodes.
Decision control_flow_decision(const torch::jit::Node* n);

// Whether the operator returns no tensor and reads a tensor's elements (item, tolist). Other operators without a tensor
// result (aten::size, prim::dtype) read only properties of the tensor.
bool reads_elements(const torch::jit::Node* n);

}  // namespace torch_tensorrt::core::conversion
