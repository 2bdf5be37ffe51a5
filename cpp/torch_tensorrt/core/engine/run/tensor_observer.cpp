#include "torch_tensorrt/core/engine/run/tensor_observer.h"

namespace torch_tensorrt::engine {
namespace {

thread_local TensorObserver* current = nullptr;

}  // namespace

TensorObserver* tensor_observer() { return current; }

void set_tensor_observer(TensorObserver* observer) { current = observer; }

}  // namespace torch_tensorrt::engine
