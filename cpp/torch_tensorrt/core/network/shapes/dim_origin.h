#pragma once

#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/network/tensor.h"

// Which sizes are the same, although none of them is known before run time.
namespace torch_tensorrt::network {

// A dimension of a tensor that stands for all dimensions known to be equal to it.
struct DimOrigin {
  const ITensor* tensor = nullptr;
  int32_t axis = 0;
};
bool operator==(const DimOrigin& a, const DimOrigin& b);

// Follows the dimension to the earliest tensor that has it: through layers that keep sizes, like pointwise ones, and
// the batch of convolutions.
DimOrigin origin_of_dim(const ITensor& tensor, int32_t axis);

// The dimension that the element of a shape computation is: Shape, then picking, joining, casting. Empty when it is
// computed otherwise.
std::optional<DimOrigin> origin_of_element(const ITensor& shape, int64_t element);

// One step back in a shape computation that only moves elements: the tensor that has the element, and its place there.
// No tensor: it is computed by arithmetic, or is the layer's own.
struct ElementSource {
  const ITensor* tensor = nullptr;
  int64_t element = 0;
};
ElementSource source_of_element(const ITensor& tensor, int64_t element);

// A size as a product: a known number, and dimensions that are unknown before run time, each its own origin.
struct SizeFactors {
  int64_t known = 1;
  std::vector<DimOrigin> unknown;
};
// Splits dimensions that a reshape merged.
SizeFactors factors_of_dim(const ITensor& tensor, int32_t axis);
// Of an element of a shape computation; empty where it is computed by anything but products.
std::optional<SizeFactors> factors_of_element(const ITensor& shape, int64_t element);
// `divisor` removed from `factors`; false, with `factors` spoilt, where it is no part of it.
bool divide(SizeFactors& factors, const SizeFactors& divisor);

// The input that holds the dims of the layer's output, of layers that are told them so; null otherwise.
const ITensor* size_input(const ILayer& layer);

// Whether the element is the size of that dimension of the tensor, whatever it is.
bool is_size_of(const ITensor& shape, int64_t element, const ITensor& tensor, int32_t axis);

// Which dimensions have one size in every run. Two sizes that are unknown may differ, one of them being 1, and what
// reads both broadcasts them.

// Both known and equal, or of one origin (dim_origin.h), or made of such by windows that leave as much.
bool is_same_size(const ITensor& a, int32_t axis_a, const ITensor& b, int32_t axis_b);
// The same for all dimensions.
bool have_same_dims(const ITensor& a, const ITensor& b);

}  // namespace torch_tensorrt::network
