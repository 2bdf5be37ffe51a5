#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Softmax over the one axis whose bit is set (nvinfer1's mask), or its logarithm.
class ISoftMaxLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSOFTMAX;
  explicit ISoftMaxLayer(uint32_t axes) : ILayer(kType), axes_(axes) {}
  void setAxes(uint32_t value) {
    axes_ = value;
    invalidate();
  }
  uint32_t getAxes() const { return axes_; }
  void setLog(bool value) {
    log_ = value;
    invalidate();
  }
  bool getLog() const { return log_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  uint32_t axes_;
  bool log_ = false;
};

}  // namespace torch_tensorrt::network
