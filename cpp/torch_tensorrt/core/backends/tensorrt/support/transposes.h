#pragma once

#include <vector>

#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::backends::tensorrt {

// A transpose as one of fewer dimensions: remove the dimensions `units`, which have size 1; transpose by `order`;
// insert dimensions of size 1 at `added` (indices in the result).
struct UnitTranspose {
  std::vector<int32_t> units;
  std::vector<int32_t> order;
  std::vector<int32_t> added;
};

// TensorRT 10.6 gives wrong matrix products behind a transpose of 5 dimensions or more that keeps one of size 1 in the
// middle ([2x1x16x49x32] by 0, 1, 3, 2, 4). They are right if such dimensions are removed for the transpose.
bool transposes_wrongly(const std::vector<int64_t>& dims);
UnitTranspose without_units(const std::vector<int64_t>& dims, const network::Permutation& order);

}  // namespace torch_tensorrt::backends::tensorrt
