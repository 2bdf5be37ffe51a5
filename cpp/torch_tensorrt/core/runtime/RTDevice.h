#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::core::runtime {

const std::string DEVICE_INFO_DELIM = "%";

// The device that an engine was built for, or one that is there.
struct RTDevice {
  int64_t id = 0;
  int64_t major = 0;  // compute capability; 0 on a CPU
  int64_t minor = 0;
  network::DeviceType device_type = network::DeviceType::kCPU;
  std::string device_name;

  // The CPU of this machine.
  RTDevice();
  // One of this machine; the driver is asked for what a GPU is, which is "unknown" where it is not there.
  RTDevice(int64_t device_id, network::DeviceType type);
  explicit RTDevice(const engine::DeviceTarget& target);
  // What serialize() gives. Throws Error on anything else.
  explicit RTDevice(const std::string& device_info);

  // "id%major%minor%device_type%device_name"
  std::string serialize() const;
  // "8.6"
  std::string getSMCapability() const;
};
std::ostream& operator<<(std::ostream& stream, const RTDevice& device);

}  // namespace torch_tensorrt::core::runtime
