#pragma once

#include "torch/csrc/jit/api/module.h"

namespace torch_tensorrt::core::util {

// A copy with classes, methods and module objects of its own, in a compilation unit of its own; tensors and all other
// values of attributes are shared. A submodule that two attributes hold stays one object.
// torch::jit::Module::clone() instead adds the classes to the compilation unit of the given module. It does so without
// a lock, though other threads may read or extend the unit, and the unit keeps them for as long as it lives. clone()
// also runs the module's __getstate__ and __setstate__; this function runs nothing.
torch::jit::Module copy_module(const torch::jit::Module& module);

}  // namespace torch_tensorrt::core::util
