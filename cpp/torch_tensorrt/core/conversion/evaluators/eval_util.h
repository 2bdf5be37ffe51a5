#pragma once

#include <optional>
#include <vector>

#include "ATen/core/Tensor.h"

#include "torch_tensorrt/core/conversion/evaluators/evaluators.h"

namespace torch_tensorrt::core::conversion::evaluators {

// One element of a 1-D tensor, for example of sizes, as a 0-d network tensor.
nvinfer1::ITensor* index_layer(ConversionCtx* ctx, const torch::jit::Node* n, nvinfer1::ITensor* input_tensor,
                               int64_t index);
// Evaluates aten::size.int of a tensor with dynamic dims: the size itself if it is known, else a TensorContainer with
// the size as a 0-d kINT64 tensor.
c10::IValue dynamic_size_layer(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args);
// The value of a constant; unset if the value is no constant.
std::optional<torch::jit::IValue> toIValue(const torch::jit::Value* v);
// Converts a Python index to an index from 0.
int64_t normalizeIndex(int64_t idx, int64_t list_size);

// Whether the value is a network tensor or contains one in its lists and tuples.
bool holds_network_tensor(const torch::jit::IValue& value);
// The number in a tensor of one element, if it is known or the same for all shapes in the ranges of the inputs.
// Otherwise the tensor in its container.
torch::jit::IValue number_or_tensor(nvinfer1::ITensor* tensor);
// Runs PyTorch's own operator of the node on known arguments.
std::optional<torch::jit::IValue> run_operator(const torch::jit::Node* n, const kwargs& args);
// The argument at the given position of the node's schema; a network tensor is wrapped in its container.
torch::jit::IValue argument(const torch::jit::Node* n, const kwargs& args, size_t place);

// Implemented in core/compat for evaluators of other people.

// Makes a tensor from (nested) lists of numbers, like torch.tensor.
at::Tensor createTensorFromList(const torch::jit::IValue& data, const torch::jit::IValue& dtype,
                                const torch::jit::IValue& device);
at::Tensor scalar_to_tensor(const at::Scalar& s, const at::Device device = at::kCPU);

}  // namespace torch_tensorrt::core::conversion::evaluators
