#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::network {

// Dense row-major elements in memory that is owned, or borrowed from a network.
struct HostTensor {
  TensorType type;
  std::shared_ptr<const void> data;
  const void* values() const { return data.get(); }
  int64_t bytes() const;
};
using HostTensors = std::vector<HostTensor>;

// The result that ILayer::evaluate() fills.
struct MutableTensor {
  TensorType type;
  void* values = nullptr;
};

// Computes one layer on the host, slowly and exactly, so that constant folding needs no tensor library.
// Covers constants, data movement (shuffle, slice in every mode, concatenation, gather, select, cast, identity,
// reformat, shape) and pointwise (with their epilogue), scale and reduce layers, for all dtypes but kFP8 and kINT4.
Decision can_evaluate(const ILayer& layer);
// Inputs in the layer's order (an absent optional input has no data). Throws Error if can_evaluate says no.
std::vector<HostTensor> evaluate_layer(const ILayer& layer, const std::vector<HostTensor>& inputs);

// Applies the layer's epilogue to its result, in place: each operation rounds to the dtype of the result.
void apply_epilogue(const ILayer& layer, const std::vector<HostTensor>& inputs, const TensorType& type, void* values);

// The output of a constant layer; borrows the constant's memory.
HostTensor constant_value(const IConstantLayer& layer);

}  // namespace torch_tensorrt::network
