#pragma once

#include <initializer_list>
#include <vector>

#include "torch_tensorrt/core/backends/tensorrt/translator.h"

// Each adds one or a few TensorRT layers, with the preparation that TensorRT needs: equal ranks, no scalars, constants
// of the right dtype.
namespace torch_tensorrt::backends::tensorrt {

trt::DataType to_trt(network::DataType type);
trt::Dims to_trt(const network::Dims& dims);
trt::Permutation to_trt(const network::Permutation& permutation);
bool is_static(const trt::Dims& dims);
bool is_float(trt::DataType type);

// ---- pointwise -----------------------------------------------------------------------------------------------------
trt::ITensor& cast(Translator& t, trt::ITensor& x, trt::DataType type);
// True for everything but 0, including NaN; TensorRT's own cast would truncate 0.5 to 0 first.
trt::ITensor& to_bool(Translator& t, trt::ITensor& x);
trt::ITensor& unary(Translator& t, trt::ITensor& x, trt::UnaryOperation operation);
trt::ITensor& activation(Translator& t, trt::ITensor& x, trt::ActivationType type, double alpha = 0, double beta = 0);
trt::ITensor& binary(Translator& t, trt::ElementWiseOperation operation, trt::ITensor& a, trt::ITensor& b);
// An operation with a number as the other operand.
trt::ITensor& binary(Translator& t, trt::ElementWiseOperation operation, trt::ITensor& a, double b);
trt::ITensor& binary(Translator& t, trt::ElementWiseOperation operation, double a, trt::ITensor& b);
trt::ITensor& select(Translator& t, trt::ITensor& condition, trt::ITensor& then_value, trt::ITensor& else_value);

// ---- constants -----------------------------------------------------------------------------------------------------
// A number with the dtype and rank of `like`.
trt::ITensor& number(Translator& t, double value, trt::ITensor& like);
trt::ITensor& number(Translator& t, double value, trt::DataType type, int32_t rank);
// A 1-D i64 tensor.
trt::ITensor& integers(Translator& t, const std::vector<int64_t>& values);

// ---- shapes and movement -------------------------------------------------------------------------------------------
// Dims of the tensor as a 1-D i64 tensor; a single dim as a tensor of one element.
trt::ITensor& shape(Translator& t, trt::ITensor& x);
trt::ITensor& size(Translator& t, trt::ITensor& x, int32_t axis);
// 0, 1, 2, ... for each index of the dimension, as a 1-D i64 tensor.
trt::ITensor& places(Translator& t, trt::ITensor& x, int32_t axis);
trt::ITensor& concatenate(Translator& t, const std::vector<trt::ITensor*>& parts, int32_t axis);
// 0 copies the dimension of that index, one -1 is inferred.
trt::ITensor& reshape(Translator& t, trt::ITensor& x, const std::vector<int64_t>& dims);
trt::ITensor& reshape(Translator& t, trt::ITensor& x, trt::ITensor& dims);
// Inserts dimensions of size 1 at the given indices of the result, in ascending order.
trt::ITensor& unsqueeze(Translator& t, trt::ITensor& x, const std::vector<int32_t>& places);
// Removes dimensions of size 1 at the given indices, in ascending order.
trt::ITensor& squeeze(Translator& t, trt::ITensor& x, const std::vector<int32_t>& places);
// Adds leading dimensions of size 1 up to the rank.
trt::ITensor& with_rank(Translator& t, trt::ITensor& x, int32_t rank);
trt::ITensor& transpose(Translator& t, trt::ITensor& x, const trt::Permutation& order);

// ---- reductions ----------------------------------------------------------------------------------------------------
trt::ITensor& reduce(Translator& t, trt::ReduceOperation operation, trt::ITensor& x, uint32_t axes, bool keep);

// x as f32 if it is f16 or bf16, for arithmetic that PyTorch does in f32; else x itself.
trt::ITensor& widened(Translator& t, trt::ITensor& x);

}  // namespace torch_tensorrt::backends::tensorrt
