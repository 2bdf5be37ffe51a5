#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

// Inputs whose values decide on the shapes of other tensors.
namespace torch_tensorrt::backends::tensorrt {

// "input n (input_1)", as the user and the engine know it.
std::string describe_argument(const network::ITensor& input);
// "[1, 4]".
std::string text_of(const std::vector<int64_t>& values);
// Values of the input at one point of a profile as TensorRT's profiles hold them. Throws Error naming the argument
// where nothing is said of them, and where one does not fit 32 bits.
std::vector<int32_t> profile_values(const network::ITensor& input, const std::vector<int64_t>& values);
// Whether each value is in the range; a range that is not said takes all.
bool values_fit(const std::vector<int64_t>& values, const network::ProfileRange& range);

}  // namespace torch_tensorrt::backends::tensorrt
