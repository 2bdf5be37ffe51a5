#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/run/tensor_observer.h"

namespace torch_tensorrt::core::runtime {

// Copies the tensors of floats that engines compute, also those stored as 8-bit integers with a scale, as float32 in
// row-major order.
class TensorRecorder final : public engine::TensorObserver {
 public:
  struct Record {
    std::string engine;
    std::string tensor;  // its key (optimizer/quantization/quantization.h)
    std::string layer;   // the name of the layer that computed it
    std::string source;  // its place in the user's program
    at::Tensor value;
  };

  void observe(const engine::Plan& plan, const network::ITensor& tensor, const engine::TensorDesc& desc,
               const void* data) override;
  // In the order of computation; forgets them.
  std::vector<Record> take() { return std::move(records_); }

 private:
  std::vector<Record> records_;
};

}  // namespace torch_tensorrt::core::runtime
