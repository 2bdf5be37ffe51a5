#include "torch_tensorrt/core/runtime/Platform.h"

namespace torch_tensorrt::core::runtime {

const std::unordered_map<Platform::PlatformEnum, std::string>& get_platform_name_map() {
  static const std::unordered_map<Platform::PlatformEnum, std::string> names = {
      {Platform::kLINUX_X86_64, "linux_x86_64"}, {Platform::kLINUX_AARCH64, "linux_aarch64"},
      {Platform::kWIN_X86_64, "windows_x86_64"}, {Platform::kWIN_ARM64, "windows_arm64"},
      {Platform::kUNKNOWN, "unknown"},
  };
  return names;
}

Platform::Platform(const std::string& name) {
  for (const auto& [value, text] : get_platform_name_map()) {
    if (text == name) platform = value;
  }
}

std::string Platform::serialize() const { return get_platform_name_map().at(platform); }

bool operator==(const Platform& a, const Platform& b) { return a.platform == b.platform; }
bool operator!=(const Platform& a, const Platform& b) { return !(a == b); }

std::ostream& operator<<(std::ostream& stream, const Platform& platform) { return stream << platform.serialize(); }

Platform get_current_platform() {
#if defined(__linux__) && defined(__x86_64__)
  return Platform::kLINUX_X86_64;
#elif defined(__linux__) && defined(__aarch64__)
  return Platform::kLINUX_AARCH64;
#elif defined(_WIN32) && defined(_M_X64)
  return Platform::kWIN_X86_64;
#elif defined(_WIN32) && defined(_M_ARM64)
  return Platform::kWIN_ARM64;
#else
  return Platform::kUNKNOWN;
#endif
}

bool is_supported_on_current_platform(Platform target) { return target == get_current_platform(); }

}  // namespace torch_tensorrt::core::runtime
