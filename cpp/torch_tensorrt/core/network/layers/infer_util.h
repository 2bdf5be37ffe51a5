#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/attributes.h"
#include "torch_tensorrt/core/network/layer.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"

// Checks, shape arithmetic and rules of several layer kinds. Not for use elsewhere.
namespace torch_tensorrt::network {

// Throws Error unless the number of inputs lies in the range and the first `minimum` are all given.
void expect_inputs(const std::vector<InferInput>& inputs, size_t minimum, size_t maximum);
inline void expect_inputs(const std::vector<InferInput>& inputs, size_t count) { expect_inputs(inputs, count, count); }

// Whether the input exists and is given.
bool is_present(const std::vector<InferInput>& inputs, size_t index);

void expect_floating_point(DataType type);
// Throws Error unless the dtype is floating-point or an integer.
void expect_number(DataType type);
void expect_same_type(DataType a, DataType b);
// Throws Error unless the axis (each axis of the mask) is a dimension of the input.
void expect_axis(int64_t axis, const Dims& dims);
void expect_axes(uint32_t axes, const Dims& dims);
inline bool has_axis(uint32_t axes, int32_t axis) { return ((axes >> axis) & 1U) != 0; }

// Merges two sizes of one dimension: returns the known one. Throws Error if both are known and differ.
int64_t merge_dim(int64_t a, int64_t b, const Dims& dims_a, const Dims& dims_b);

// An optional Dims attribute with one entry for each spatial dimension; if empty, `fill` everywhere.
Dims filled(const Dims& dims, int32_t rank, int64_t fill);
bool all_are(const Dims& dims, int64_t value);
void expect_spatial(const char* name, const Dims& dims, int32_t rank, int64_t minimum);

// Number of inputs that the epilogue does not read. Throws Error if it reads an input that does not exist.
size_t own_inputs(const Epilogue& epilogue, size_t input_count);
// One input beside those of the epilogue. If there is an epilogue, the layer must compute an average of 8-bit integers.
void expect_average_inputs(const Epilogue& epilogue, bool is_average, const std::vector<InferInput>& inputs);
// Checks the epilogue on the layer's own result, and returns the type of the layer's output.
TensorType check_epilogue(const Epilogue& epilogue, const std::vector<InferInput>& inputs, const TensorType& own);
// The dtypes of quantized elements.
inline bool is_byte(DataType type) { return type == DataType::kINT8 || type == DataType::kUINT8; }

// Whether a tensor of that type may be a shape computation: static, small, and of a suitable dtype.
bool may_be_shape(const TensorType& type);
// Element of an input, or kUnknown.
int64_t element(const InferInput& input, size_t index);
// The value, if some element is known or if all inputs are shape computations; else empty.
std::optional<ShapeValue> finish_value(std::vector<int64_t> elements, const std::vector<InferInput>& inputs);
// The number, or kUnknown if the type cannot hold it.
int64_t if_fits(DataType type, int64_t value);

// Elements of a shape tensor that is an input of a layer with `rank` dimensions; all kUnknown without a value.
// Throws Error if the input is not a 1-D tensor of that many integers.
std::vector<int64_t> shape_input(const char* name, const InferInput& input, int32_t rank);

// Throws Error unless constant weights have `expected` elements (-1: any number); `why` names the dims behind it.
void check_weight_count(const char* what, int64_t count, int64_t expected, const std::string& why);
// Throws Error if weights that are an input differ from the dims where both are known.
void check_weight_input(const char* what, const InferInput& input, const Dims& expected);

// For kept_dim(): the dimension of the operand that is certainly not repeated along the output's dimension, because it
// alone is not 1 there, or because all that are not 1 have one size.
InputDim unrepeated_dim(const ILayer& layer, int32_t axis);

// For format_role(): whether the channels are the same dimension in all operands. Each has the rank of the result, or
// is a constant.
bool operands_line_up(const ILayer& layer);

// Row-major strides.
std::vector<int64_t> strides_of(const Dims& dims);
// Calls f(flat index, index in every dimension) for every element, row-major.
template <typename F>
void for_each_index(const Dims& dims, F f) {
  std::vector<int64_t> index(static_cast<size_t>(dims.nbDims), 0);
  const int64_t volume = dims.volume();
  for (int64_t flat = 0; flat < volume; ++flat) {
    f(static_cast<size_t>(flat), index);
    for (size_t axis = index.size(); axis-- > 0;) {
      if (++index[axis] < dims.d[axis]) {
        break;
      }
      index[axis] = 0;
    }
  }
}
// Flat index into dims that broadcast to the space of the index.
size_t broadcast_index(const Dims& dims, const std::vector<int64_t>& index);
// The same without broadcasting.
size_t flat_index(const Dims& dims, const std::vector<int64_t>& index);

}  // namespace torch_tensorrt::network
