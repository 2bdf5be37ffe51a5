#include "torch_tensorrt/core/backends/tensorrt/version.h"

#include <tuple>

namespace torch_tensorrt::backends::tensorrt {
namespace {

// From version 10 on the number has room for minor versions above 9.
constexpr int32_t kFirstWideNumber = 10000;

}  // namespace

Version parse_version(int32_t number) {
  const int32_t major_unit = number >= kFirstWideNumber ? 10000 : 1000;
  return {number / major_unit, number % major_unit / 100, number % 100};
}

int32_t to_number(const Version& version) {
  const int32_t major_unit = version.major >= 10 ? 10000 : 1000;
  return version.major * major_unit + version.minor * 100 + version.patch;
}

std::string to_string(const Version& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch);
}

bool operator<(const Version& a, const Version& b) {
  return std::tie(a.major, a.minor, a.patch) < std::tie(b.major, b.minor, b.patch);
}

}  // namespace torch_tensorrt::backends::tensorrt
