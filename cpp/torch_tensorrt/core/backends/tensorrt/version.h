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

// From the one number that TensorRT's C function gives: 100600 or, before version 10, 8601.
Version parse_version(int32_t number);
// The number that TensorRT's C functions take.
int32_t to_number(const Version& version);
// "10.6.0"
std::string to_string(const Version& version);
bool operator<(const Version& a, const Version& b);

// The version whose headers the backend is written for. Its interface is the same in every 10.x, and different in any
// other major version.
constexpr int32_t kMajor = 10;

}  // namespace torch_tensorrt::backends::tensorrt
