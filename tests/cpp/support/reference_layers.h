#pragma once

#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/network/host/evaluate.h"

// The formulas of reference.cpp, one element at a time.
namespace torch_tensorrt::tests {

using Place = std::vector<int64_t>;

// One element of a layer's result, before its epilogue.
struct ReferenceElement {
  const network::ILayer& layer;
  const std::vector<network::HostTensor>& inputs;
  const network::Dims& dims;  // of the result
  const Place& at;
};

double reference_element(const ReferenceElement& element);

}  // namespace torch_tensorrt::tests
