#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/engine/run/tensor_observer.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

namespace torch_tensorrt::core::runtime {

// Copies the tensors of floats that engines compute, also those stored as 8-bit integers with a scale, as float32 in
// row-major order.
class TensorRecorder final : public engine::TensorObserver {
 public:
  struct Record {
    std::string engine;
    std::string tensor;  // its key (optimizer/quantization/quantization.h), and what is fused into its layer
    std::string layer;   // the name of the layer that computed it
    std::string source;  // its place in the user's program
    at::Tensor value;
  };

  void observe(const engine::Plan& plan, const network::ITensor& tensor, const engine::TensorDesc& desc,
               const void* data) override;
  // In the order of computation; forgets them.
  std::vector<Record> take() { return std::move(records_); }

 private:
  using Keys = std::pair<std::shared_ptr<const network::INetworkDefinition>, optimizer::TensorKeys>;
  const optimizer::TensorKeys& keys_of(const engine::Plan& plan);

  std::vector<Record> records_;
  std::map<const network::INetworkDefinition*, Keys> keys_;
};

}  // namespace torch_tensorrt::core::runtime
