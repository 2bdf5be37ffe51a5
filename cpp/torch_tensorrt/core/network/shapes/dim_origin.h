#pragma once

#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/network/tensor.h"

// Finds sizes that are equal although none is known before run time.
namespace torch_tensorrt::network {

// A dimension of a tensor that represents all dimensions known to be equal to it.
struct DimOrigin {
  const ITensor* tensor = nullptr;
  int32_t axis = 0;
};
bool operator==(const DimOrigin& a, const DimOrigin& b);

// Follows the dimension back to the earliest tensor that has it, through layers that keep sizes (pointwise ones, or
// convolutions for the batch).
DimOrigin origin_of_dim(const ITensor& tensor, int32_t axis);

// The dimension whose size is the element of a shape computation: Shape, then picking, joining, casting. Empty if it is
// computed in another way.
std::optional<DimOrigin> origin_of_element(const ITensor& shape, int64_t element);

// A size as a product of a known number and dimensions unknown before run time, each its own origin.
struct SizeFactors {
  int64_t known = 1;
  std::vector<DimOrigin> unknown;
};
void multiply(SizeFactors& product, const SizeFactors& factor);
// Also splits dimensions that a reshape merged.
SizeFactors factors_of_dim(const ITensor& tensor, int32_t axis);
// Factors of an element of a shape computation; empty if it is computed by anything but products.
std::optional<SizeFactors> factors_of_element(const ITensor& shape, int64_t element);
// Removes `divisor` from `factors`. Returns false, with `factors` spoiled, if it is not part of them.
bool divide(SizeFactors& factors, const SizeFactors& divisor);

// Whether the element always equals the size of that dimension of the tensor.
bool is_size_of(const ITensor& shape, int64_t element, const ITensor& tensor, int32_t axis);

// Dimensions that have one size in every run. Two unknown sizes may differ: one of them may be 1, and their reader then
// broadcasts.

// True if both sizes are known and equal, have one origin, or result from equal windows over such dimensions.
bool is_same_size(const ITensor& a, int32_t axis_a, const ITensor& b, int32_t axis_b);
// The same for all dimensions of both tensors.
bool have_same_dims(const ITensor& a, const ITensor& b);

}  // namespace torch_tensorrt::network
