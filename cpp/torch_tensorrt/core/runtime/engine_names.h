#pragma once

#include <torch/library.h>

#include "torch_tensorrt/core/runtime/TRTEngine.h"

namespace torch_tensorrt::core::runtime {

// Gives tensorrt::Engine the methods and properties of Torch-TensorRT about profiles, memory and several GPUs. Those
// that engines here do not have tell the state that holds here, and throw Error where they would change it.
void register_engine_names(torch::class_<TRTEngine>& engine);

// Registers the classes of Torch-TensorRT that have other names here; their constructors throw Error and name these.
void register_absent_classes(torch::Library& library);

}  // namespace torch_tensorrt::core::runtime
