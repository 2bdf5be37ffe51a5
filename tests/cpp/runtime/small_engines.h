#pragma once

#include <ATen/core/Tensor.h>
#include <torch/custom_class.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/runtime/TRTEngine.h"

// Engines that build in milliseconds.
namespace torch_tensorrt::tests {

using EnginePtr = c10::intrusive_ptr<core::runtime::TRTEngine>;

std::string build(std::shared_ptr<network::INetworkDefinition> network, const std::string& source = "");

// relu(convolution(x) + r), then a mean over the image. x: f32[-1x3x-1x-1] from 1x3x4x4 to 8x3x16x16; r: the sizes of
// the convolution's result. Convolution 3 -> 4 channels, 3x3, padding 1.
std::string build_convolution_engine();
std::vector<at::Tensor> run_convolution(const at::Tensor& x, const at::Tensor& r);

// Two inputs f32[2x3], two results: their sum and their difference. The parameters name the network's tensors.
std::string build_sum_and_difference(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs);

// tanh(exp(x)) for f32[16], with one source of tactics ("aten", "onednn") or all.
std::string build_pointwise_engine(const std::string& source = "");

// x + x for a given dtype and dims.
std::string build_doubling_engine(network::DataType type, const network::Dims& dims);

// x f32[2x12] reshaped to the two numbers of the second input (int64[2], or int32). With say_elements, the profile
// gives their values: 1, 1 to 12, 24.
std::string build_reshape_engine(network::DataType shape_type, bool say_elements = false);

// Finds the inputs and outputs by the numbers in their names.
EnginePtr make_engine(const std::string& plan);

// The message of the Error that the call throws; fails the test if it throws none.
std::string error_of(const std::function<void()>& call);

}  // namespace torch_tensorrt::tests
