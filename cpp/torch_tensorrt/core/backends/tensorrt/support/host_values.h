#pragma once

#include <unordered_map>

#include "torch_tensorrt/core/network/evaluate.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::backends::tensorrt {

// Whether the layer is computed here, before TensorRT sees the network: it reads constants alone, and it reads or gives
// a dtype that TensorRT does not have. Python's numbers come so, as f64 that is cast to the dtype of what they meet.
bool is_computed_here(const network::ILayer& layer);

// Values of tensors that constants alone decide on, each computed once.
class HostValues {
 public:
  // The tensor's producer must be computed from constants. The reference is good as long as this.
  const network::HostTensor& of(const network::ITensor& tensor);

 private:
  std::unordered_map<const network::ITensor*, network::HostTensor> values_;
};

// Of the dtypes that TensorRT computes with.
bool has_dtype(network::DataType type);

}  // namespace torch_tensorrt::backends::tensorrt
