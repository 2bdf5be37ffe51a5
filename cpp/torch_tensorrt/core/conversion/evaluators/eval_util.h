#pragma once

#include <optional>
#include <vector>

#include "ATen/core/Tensor.h"

#include "torch_tensorrt/core/conversion/evaluators/evaluators.h"

namespace torch_tensorrt::core::conversion::evaluators {

// One element of a 1-D tensor (of sizes, say) as a 0-d network tensor.
nvinfer1::ITensor* index_layer(ConversionCtx* ctx, const torch::jit::Node* n, nvinfer1::ITensor* input_tensor,
                               int64_t index);
// aten::size.int of a tensor with dynamic dims: a TensorContainer with the size as a 0-d kINT64 tensor, or the size
// itself where it is known.
c10::IValue dynamic_size_layer(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args);
// The constant that a value is, if it is one.
std::optional<torch::jit::IValue> toIValue(const torch::jit::Value* v);
// A tensor out of (nested) lists of numbers, as torch.tensor makes it.
at::Tensor createTensorFromList(const torch::jit::IValue& data, const torch::jit::IValue& dtype,
                                const torch::jit::IValue& device);
// A Python index as one from 0.
int64_t normalizeIndex(int64_t idx, int64_t list_size);
at::Tensor scalar_to_tensor(const at::Scalar& s, const at::Device device = at::kCPU);

// Whether the value is, or holds somewhere in its lists and tuples, a network tensor.
bool holds_network_tensor(const torch::jit::IValue& value);
// The tensor's number where it has one element that is known, or the same for all shapes in the ranges of the inputs;
// the tensor in its container otherwise.
torch::jit::IValue number_or_tensor(nvinfer1::ITensor* tensor);
// Runs PyTorch's own operator of the node on known arguments.
std::optional<torch::jit::IValue> run_operator(const torch::jit::Node* n, const kwargs& args);
// The argument in one place of the node's schema, as a value (a network tensor in its container).
torch::jit::IValue argument(const torch::jit::Node* n, const kwargs& args, size_t place);

}  // namespace torch_tensorrt::core::conversion::evaluators
