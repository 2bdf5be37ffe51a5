#pragma once

#include "ATen/core/Scalar.h"

#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

// Short names for the layers that converters combine.
namespace torch_tensorrt::core::conversion::converters {

// ---- operands and PyTorch's type promotion ----------------------------------------------------------------------

// Tensors with dimensions promote each other's dtype. A 0-d tensor or a number only changes the category (bool,
// integer, float) of the result, never its width.
struct Operand {
  ITensor* tensor = nullptr;
  at::Scalar number;
  bool is_number = false;  // the tensor is a computed Python number
};
Operand read_operand(ConversionCtx* ctx, Var& arg);
at::ScalarType result_type(const std::vector<Operand>& operands);
// The operand in the dtype; a number becomes a constant that broadcasts.
ITensor* materialize(ConversionCtx* ctx, const Operand& operand, at::ScalarType type);

// ---- layers -----------------------------------------------------------------------------------------------------

// Adds a cast layer if the dtype differs.
ITensor* cast(ConversionCtx* ctx, ITensor* tensor, at::ScalarType type);
ITensor* tensor_constant(ConversionCtx* ctx, const at::Tensor& value);
// A constant of one element that broadcasts against anything.
ITensor* scalar_constant(ConversionCtx* ctx, const at::Scalar& value, at::ScalarType type);
// A 1-D kINT64 constant.
ITensor* index_constant(ConversionCtx* ctx, const std::vector<int64_t>& values);
// The sum of bools is "or", their product is "and".
ITensor* apply(ConversionCtx* ctx, nvinfer1::ElementWiseOperation operation, ITensor* a, ITensor* b);
// The number is cast to the tensor's dtype.
ITensor* apply(ConversionCtx* ctx, nvinfer1::ElementWiseOperation operation, ITensor* a, const at::Scalar& b);
ITensor* apply(ConversionCtx* ctx, nvinfer1::UnaryOperation operation, ITensor* x);
ITensor* apply(ConversionCtx* ctx, nvinfer1::ActivationType type, ITensor* x, double alpha = 0, double beta = 0);
ITensor* reduce(ConversionCtx* ctx, nvinfer1::ReduceOperation operation, ITensor* x, uint32_t axes, bool keep);
ITensor* choose(ConversionCtx* ctx, ITensor* condition, ITensor* then_input, ITensor* else_input);
ITensor* identity(ConversionCtx* ctx, ITensor* x);
ITensor* matrix_product(ConversionCtx* ctx, ITensor* a, ITensor* b, bool transpose_b = false);
ITensor* join(ConversionCtx* ctx, const std::vector<ITensor*>& tensors, int32_t dim);
ITensor* softmax(ConversionCtx* ctx, ITensor* x, int32_t dim, bool log = false);
ITensor* transpose(ConversionCtx* ctx, ITensor* tensor, const std::vector<int32_t>& order);
// Swaps two dimensions.
ITensor* swapped(ConversionCtx* ctx, ITensor* x, int32_t a, int32_t b);
// `size` elements from `start` on, along one dimension.
ITensor* slice_dim(ConversionCtx* ctx, ITensor* tensor, int32_t dim, int64_t start, int64_t size, int64_t step = 1);
// float32 for dtypes that PyTorch computes in float32 and rounds once; any other dtype unchanged.
at::ScalarType wide_type(at::ScalarType type);
// Throws Error for a tensor of another dtype: PyTorch refuses it, and a cast would hide that.
void check_same_type(const torch::jit::Node* n, at::ScalarType type, ITensor* x);
// Casts integers and bools to float32.
ITensor* as_float(ConversionCtx* ctx, ITensor* x);

// ---- sizes ------------------------------------------------------------------------------------------------------

// The number of elements along the axes as a scalar of the dtype; computed in the network if dims are dynamic.
ITensor* count_along(ConversionCtx* ctx, ITensor* x, uint32_t axes, at::ScalarType type);
// 0, 1, 2, ... up to the size of the dimension, 1-D kINT64.
ITensor* positions(ConversionCtx* ctx, ITensor* x, int32_t dim);
// The same up to a computed count (kINT64, one element).
ITensor* count_up(ConversionCtx* ctx, ITensor* count);
// Broadcasts x to the sizes, at least one per dimension of x.
ITensor* broadcast(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const SizeList& sizes);
// Appends the size that one dimension of the tensors, `back` from the end, broadcasts to.
void append_broadcast(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& tensors, int32_t back,
                      SizeList& sizes);
// The sizes that tensors broadcast to together.
SizeList broadcast_sizes(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& tensors);
// Reshapes a 1-D tensor so that it lies along dimension `dim` of a tensor of the rank.
ITensor* along(ConversionCtx* ctx, ITensor* vector, int32_t dim, int32_t rank);
// Repeats each element in a row along the dimension; None flattens the tensor first.
ITensor* repeated_in_a_row(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const Var& dim,
                           const Size& repeats);

// ---- precision --------------------------------------------------------------------------------------------------

// Numbers used together with tensors, and arithmetic that must keep their precision.

// Whether the dtype is float16 or bfloat16 and would round the operand, a number or 0-d tensor.
bool is_rounded_by(at::ScalarType type, const Operand& operand);
// PyTorch's current default float dtype (torch.set_default_dtype), used for integers and for Python's floats.
at::ScalarType default_float();

// The distances from the mean along the axes; the axes are kept as dimensions of 1. Subtracts the mean twice: far from
// 0 the first mean's rounding error exceeds the distances, but the mean of the distances is small and precise.
struct Centered {
  ITensor* distances;
  ITensor* mean;
};
Centered centered(ConversionCtx* ctx, ITensor* x, uint32_t axes);

}  // namespace torch_tensorrt::core::conversion::converters
