#pragma once

#include <vector>

#include "ATen/core/Tensor.h"
#include "torch/script.h"

#include "data_file.h"
#include "input_spec.h"

// Calls of modules with the inputs of a command line.
namespace torchtrtc {

// The device of the first parameter or buffer.
at::Device device_of(const torch::jit::Module& module);
// The device of the first engine; a module without engines runs where its tensors are.
at::Device device_of_engines(const torch::jit::Module& compiled);

using Shape = std::vector<int64_t> torch_tensorrt::Input::*;

// The values of files, and random values (in the domain of the input, of this shape) for the other specs.
Arguments sample_arguments(const std::vector<InputSpec>& specs, Shape shape, const torch::jit::Module& module);

// Copies on the device, which a module may write.
Arguments copied(const Arguments& arguments, at::Device device);

// The tensors of the result, in order. The module gets copies of the arguments on the device.
std::vector<at::Tensor> run(torch::jit::Module& module, const Arguments& arguments, at::Device device);
// The same for a module that is not compiled, on its device. If it refuses the arguments, they are cast to the dtype of
// its weights, as engines do.
std::vector<at::Tensor> run_original(torch::jit::Module& module, const Arguments& arguments);

}  // namespace torchtrtc
