#pragma once

#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/conversion/converters/converters.h"
#include "torch_tensorrt/core/util/macros.h"

// Helpers that the built-in converters share.
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
std::vector<int64_t> int_vector(const c10::List<int64_t>& list);
// A list argument with one entry per spatial dimension; a single entry applies to all.
nvinfer1::Dims spatial(const torch::jit::Node* n, const std::vector<int64_t>& list, size_t count, const char* what);

// Whether the argument is absent, or an IValue None.
bool is_none(const Var& arg);
std::optional<at::ScalarType> optional_dtype(Var& arg);

at::ScalarType scalar_type(const ITensor* tensor);
// The tensors of a list argument; constants among them are frozen into the network.
std::vector<ITensor*> tensor_list(ConversionCtx* ctx, const Var& arg);
// Adds a cast layer if the dtype differs.
ITensor* cast(ConversionCtx* ctx, ITensor* tensor, at::ScalarType type);
// A constant of one element that broadcasts against anything.
ITensor* scalar_constant(ConversionCtx* ctx, const at::Scalar& value, at::ScalarType type);
// A 1-D kINT64 constant.
ITensor* index_constant(ConversionCtx* ctx, const std::vector<int64_t>& values);

// Sizes (or starts, or paddings), each known or computed in the network.
struct SizeList {
  std::vector<int64_t> values;     // ShapeValue::kUnknown where computed
  std::vector<ITensor*> computed;  // null where known; scalars of an integer dtype otherwise
  bool is_known() const;
  nvinfer1::Dims dims() const;  // -1 where computed
};
SizeList read_sizes(ConversionCtx* ctx, const Var& arg);
// The list as a 1-D kINT64 tensor.
ITensor* size_tensor(ConversionCtx* ctx, const SizeList& sizes);
// The size of one dimension as a 1-D kINT64 tensor of one element.
ITensor* dim_size(ConversionCtx* ctx, ITensor* tensor, int32_t dim);

// A reshape to the sizes; one may be -1 (inferred).
ITensor* reshape(ConversionCtx* ctx, ITensor* tensor, SizeList sizes);
// Reshapes the tensor: the dims from `begin` up to `end` are replaced by `middle` (-1: their product). Also correct for
// dynamic dims.
ITensor* replace_dims(ConversionCtx* ctx, ITensor* tensor, int32_t begin, int32_t end,
                      const std::vector<int64_t>& middle);
ITensor* transpose(ConversionCtx* ctx, ITensor* tensor, const std::vector<int32_t>& order);
// `size` elements from `start` on, along one dimension.
ITensor* slice_dim(ConversionCtx* ctx, ITensor* tensor, int32_t dim, int64_t start, int64_t size, int64_t step = 1);

}  // namespace torch_tensorrt::core::conversion::converters
