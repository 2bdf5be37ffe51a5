#pragma once

#include <vector>

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/network/tensor.h"

namespace torch_tensorrt::network {

// Most elements of one shape input that the text form and the plan can hold.
constexpr size_t kMaxShapeInputElements = Dims::MAX_DIMS;

// One entry for each input of the network (true only for integers): whether a layer reads its elements, or a result of
// integer layers on them, as dims.
std::vector<bool> find_shape_inputs(const INetworkDefinition& network);

// Elements of shape computations that are floats (h * 0.5, sqrt(n)): a ShapeValue of a float or double tensor holds the
// bits of doubles. kUnknown has the bits of -0.0, so -0.0 counts as unknown.

// Integers and bools, and float and double because Python's numbers pass through them.
bool may_hold_shapes(DataType type);

double to_real(int64_t element);
// The bits of the value rounded to the type.
int64_t from_real(DataType type, double value);

}  // namespace torch_tensorrt::network
