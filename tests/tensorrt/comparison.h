#pragma once

#include <string>
#include <vector>

#include "tensorrt/case_file.h"

namespace torch_tensorrt::tensorrt_test {

// The elements as doubles; kINT64 only as exactly as doubles allow.
std::vector<double> to_doubles(network::DataType dtype, const std::string& bytes);

// Empty if the bytes are as expected, else the fault.
std::string compare(const FileCase& row, network::DataType dtype, const std::string& bytes);
// The reason if TensorRT's known behavior explains every difference; empty if some difference remains.
std::string known_difference(const FileCase& row, network::DataType dtype, const std::string& bytes);
// The same if f16 is allowed: every difference is as expected for inputs rounded to f16.
std::string rounding_difference(const FileCase& row, network::DataType dtype, const std::string& bytes);

}  // namespace torch_tensorrt::tensorrt_test
