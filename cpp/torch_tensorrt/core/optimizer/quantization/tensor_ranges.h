#pragma once

#include <unordered_map>

#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

namespace torch_tensorrt::optimizer {

// A layer whose results are among the elements of its inputs.
bool passes_elements(const network::ILayer& layer);

// One scale for all tensors between which elements are moved unchanged: the largest range.
class SharedRanges {
 public:
  SharedRanges(const network::INetworkDefinition& network, const TensorRanges& ranges);

  // Null if the tensor has none.
  const TensorRange* find(const network::ITensor& tensor) const;

 private:
  void note(const network::ILayer& layer, const TensorKeys& keys, const TensorRanges& ranges);
  bool merge_inputs(const network::ILayer& layer, TensorRange& merged) const;
  void give_back(const network::ILayer& layer);

  std::unordered_map<const network::ITensor*, TensorRange> ranges_;
};

}  // namespace torch_tensorrt::optimizer
