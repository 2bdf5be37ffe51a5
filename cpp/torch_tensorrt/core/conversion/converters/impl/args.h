#pragma once

#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/util/macros.h"

// Helpers that the built-in converters share: reading arguments, and giving results.
namespace torch_tensorrt::core::conversion::converters {

using nvinfer1::ITensor;

// Makes the tensor the node's output, and names its layer after the node. Always returns true.
bool finish(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* out, size_t output = 0);

// The same for a node with a list of tensors as its only output.
bool finish_list(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& tensors);

int32_t rank(const ITensor* tensor);
// A PyTorch dimension as an index from 0; Error if it is out of range.
int32_t wrap_dim(const torch::jit::Node* n, int64_t dim, int32_t rank);
// The same for operators that need a dimension: Error for a 0-d tensor too.
int32_t existing_dim(const torch::jit::Node* n, int64_t dim, int32_t rank);
// The bit mask of the dimensions; all dimensions if the list is empty.
uint32_t axes_mask(const torch::jit::Node* n, const std::vector<int64_t>& dims, int32_t rank);
// An empty dimension has no extreme, even if the result has no elements. Throws Error naming the dimension.
void check_not_empty(const torch::jit::Node* n, const ITensor* x, uint32_t axes);
std::vector<int64_t> int_vector(const c10::List<int64_t>& list);
// A list argument with one entry per spatial dimension; a single entry applies to all.
nvinfer1::Dims spatial(const torch::jit::Node* n, const std::vector<int64_t>& list, size_t count, const char* what);

// Whether the argument is absent, or an IValue None.
bool is_none(const Var& arg);
// Null if the argument is absent or None.
ITensor* optional_tensor(ConversionCtx* ctx, Var& arg);
std::optional<at::ScalarType> optional_dtype(Var& arg);
// An optional list of ints, or one int; empty when absent.
std::vector<int64_t> optional_ints(const Var& arg);

at::ScalarType scalar_type(const ITensor* tensor);
// The tensors of a list argument; constants among them are frozen into the network.
std::vector<ITensor*> tensor_list(ConversionCtx* ctx, const Var& arg);

// Where a converter finds an argument that it passes on: at a place among its own, or a constant.
struct Source {
  Source(int at) : place(at) {}
  Source(torch::jit::IValue value) : constant(std::move(value)) {}
  int place = -1;
  torch::jit::IValue constant;
};
// Most operators that PyTorch's decompositions produce (core ATen) are a user's operator with reordered arguments, and
// further results for the backward pass.
OpConverter arranged(OpConverter converter, const std::vector<Source>& sources);
Decision first_result_only(const torch::jit::Node* n);
constexpr Declines kFirstOnly = {"results after the first are used", first_result_only};

}  // namespace torch_tensorrt::core::conversion::converters
