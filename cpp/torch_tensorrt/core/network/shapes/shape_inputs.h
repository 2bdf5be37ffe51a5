#pragma once

#include <vector>

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/network/tensor.h"

namespace torch_tensorrt::network {

// What the text form and the plan hold of one input.
constexpr size_t kMaxShapeInputElements = Dims::MAX_DIMS;

// One entry an input of the network (integers only): whether a layer reads its elements (or what integer layers make of
// them) as dims.
std::vector<bool> find_shape_inputs(const INetworkDefinition& network);

// Elements of shape computations that are floats (h * 0.5, sqrt(n)): a ShapeValue of a float or double tensor holds the
// bits of doubles. kUnknown is those of -0.0, which therefore is never known.

// Shape computations are of integers and bools, and of float and double, for Python's numbers.
bool may_hold_shapes(DataType type);

double to_real(int64_t element);
// Rounded to the type.
int64_t from_real(DataType type, double value);

}  // namespace torch_tensorrt::network
