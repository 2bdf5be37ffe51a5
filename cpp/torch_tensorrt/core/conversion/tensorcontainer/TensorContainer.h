#pragma once

#include "torch/custom_class.h"

#include "torch_tensorrt/core/compat/nvinfer1.h"

namespace torch_tensorrt::core::conversion {

// A network tensor inside an IValue, for results of evaluators and elements of lists. Borrows the tensor, which the
// network owns.
struct TensorContainer : torch::CustomClassHolder {
  nvinfer1::ITensor* tensor_ = nullptr;
  TensorContainer() = default;
  explicit TensorContainer(nvinfer1::ITensor* tensor) : tensor_(tensor) {}
  void hold_tensor(nvinfer1::ITensor* tensor) { tensor_ = tensor; }
  nvinfer1::ITensor* tensor() { return tensor_; }
  // Whether the value holds a TensorContainer.
  static bool is_in(const c10::IValue& value);
  static c10::IValue wrap(nvinfer1::ITensor* tensor);
};

}  // namespace torch_tensorrt::core::conversion
