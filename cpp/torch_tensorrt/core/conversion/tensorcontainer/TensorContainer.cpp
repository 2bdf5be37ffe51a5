#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"

namespace torch_tensorrt::core::conversion {
namespace {

// PyTorch must know the class before an IValue can hold it.
const auto kRegistration =
    torch::class_<TensorContainer>("_torch_tensorrt_eval_ivalue_types", "TensorContainer").def(torch::init<>());

}  // namespace

bool TensorContainer::is_in(const c10::IValue& value) {
  static const auto kType = c10::getCustomClassType<c10::intrusive_ptr<TensorContainer>>();
  return value.isObject() && value.toObjectRef().type() == kType;
}

c10::IValue TensorContainer::wrap(nvinfer1::ITensor* tensor) {
  return c10::IValue(c10::make_intrusive<TensorContainer>(tensor));
}

}  // namespace torch_tensorrt::core::conversion
