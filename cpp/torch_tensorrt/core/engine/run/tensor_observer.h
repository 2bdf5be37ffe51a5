#pragma once

#include <string>

#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

// Sees the tensors of the native engines for CPUs that a thread runs, for calibration and comparison.
class TensorObserver {
 public:
  virtual ~TensorObserver() = default;
  // Called for each input of the engine, then for each output of each layer that runs. The elements at `data` are dense
  // and valid during the call only.
  virtual void observe(const Plan& plan, const network::ITensor& tensor, const TensorDesc& desc, const void* data) = 0;
};

// The observer of the calling thread; null if there is none.
TensorObserver* tensor_observer();
// Null removes the observer. It must live until it is removed.
void set_tensor_observer(TensorObserver* observer);

}  // namespace torch_tensorrt::engine
