#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::network {

// Dense row-major elements in memory that the value owns or borrows from a network.
struct HostTensor {
  TensorType type;
  std::shared_ptr<const void> data;
  const void* values() const { return data.get(); }
  int64_t bytes() const;
};

// Computes one layer on the host, slowly and exactly: what constant folding needs without any tensor library.
// Covers constants, data movement (shuffle, slice in every mode, concatenation, gather, select, cast, identity, shape)
// and pointwise, scale and reduce layers without an epilogue, for kFLOAT, kDOUBLE, kHALF, kBF16, integers and kBOOL.
Decision can_evaluate(const ILayer& layer);
// Inputs in the layer's order (an absent optional input has no data). Throws Error when can_evaluate says no.
std::vector<HostTensor> evaluate_layer(const ILayer& layer, const std::vector<HostTensor>& inputs);

// The value of a constant layer's output, borrowing its memory.
HostTensor constant_value(const IConstantLayer& layer);

}  // namespace torch_tensorrt::network
