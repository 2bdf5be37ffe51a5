#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <unordered_map>

namespace torch_tensorrt::core::runtime {

// Operating system and instruction set that an engine was built for.
struct Platform {
  enum PlatformEnum : int8_t { kLINUX_X86_64 = 0, kLINUX_AARCH64, kWIN_X86_64, kUNKNOWN, kWIN_ARM64 };

  Platform() = default;
  Platform(PlatformEnum value) : platform(value) {}
  // "linux_x86_64"; an unknown name gives kUNKNOWN.
  explicit Platform(const std::string& name);

  std::string serialize() const;

  PlatformEnum platform = kUNKNOWN;
};
bool operator==(const Platform& a, const Platform& b);
bool operator!=(const Platform& a, const Platform& b);
std::ostream& operator<<(std::ostream& stream, const Platform& platform);

const std::unordered_map<Platform::PlatformEnum, std::string>& get_platform_name_map();
Platform get_current_platform();
bool is_supported_on_current_platform(Platform target);

}  // namespace torch_tensorrt::core::runtime
