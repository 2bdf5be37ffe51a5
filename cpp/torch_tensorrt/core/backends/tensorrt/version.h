#pragma once

#include <cstdint>
#include <string>

namespace torch_tensorrt::backends::tensorrt {

// A version of TensorRT.
struct Version {
  int32_t major = 0;
  int32_t minor = 0;
  int32_t patch = 0;
};

// Parses the number of TensorRT's C function: 100600 or, before version 10, 8601.
Version parse_version(int32_t number);
// The number in the form of TensorRT's C functions.
int32_t to_number(const Version& version);
// "10.6.0"
std::string to_string(const Version& version);
bool operator<(const Version& a, const Version& b);

// The version whose headers the backend is written for. All 10.x have the same interface; other major versions have a
// different one.
constexpr int32_t kMajor = 10;

}  // namespace torch_tensorrt::backends::tensorrt
