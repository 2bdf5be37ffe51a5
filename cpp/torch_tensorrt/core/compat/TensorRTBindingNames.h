#pragma once

#include <string>
#include <vector>

#include "torch_tensorrt/core/runtime/binding_names.h"

namespace torch_tensorrt::core::runtime {

// Names of the engine's tensors in the order of PyTorch's arguments and results.
struct TensorRTBindingNames {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

// Infers the order of both directions of an engine.
inline TensorRTBindingNames infer_engine_binding_names(const std::vector<std::string>& engine_inputs,
                                                       const std::vector<std::string>& engine_outputs) {
  return {infer_binding_order(engine_inputs, "input"), infer_binding_order(engine_outputs, "output")};
}

}  // namespace torch_tensorrt::core::runtime
