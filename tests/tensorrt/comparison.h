#pragma once

#include <string>
#include <vector>

#include "tensorrt/case_file.h"

namespace torch_tensorrt::tensorrt_test {

// The elements as doubles; for kINT64 only as exact as doubles are.
std::vector<double> to_doubles(network::DataType dtype, const std::string& bytes);

// Empty when the bytes are as expected; else what is wrong.
std::string compare(const FileCase& row, network::DataType dtype, const std::string& bytes);
// Why all that differs is what TensorRT is known to do, and nothing else does; empty when something else does, too.
std::string known_difference(const FileCase& row, network::DataType dtype, const std::string& bytes);
// The same where f16 is allowed: all that differs is as expected for inputs that are rounded to it.
std::string rounding_difference(const FileCase& row, network::DataType dtype, const std::string& bytes);

}  // namespace torch_tensorrt::tensorrt_test
