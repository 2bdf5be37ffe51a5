#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::core::runtime {

const std::string DEVICE_INFO_DELIM = "%";

// The device that an engine was built for, or a device of this machine.
struct RTDevice {
  int64_t id = 0;
  int64_t major = 0;  // compute capability; 0 on a CPU
  int64_t minor = 0;
  network::DeviceType device_type = network::DeviceType::kCPU;
  std::string device_name;

  // The CPU of this machine.
  RTDevice();
  // A device of this machine. Asks the driver for the GPU's properties; the name of a missing GPU is "unknown".
  RTDevice(int64_t device_id, network::DeviceType type);
  // The GPU for a DLA core: its engines have their inputs and outputs there.
  explicit RTDevice(const engine::DeviceTarget& target);
  // Parses the text that serialize() gives. Throws Error on any other text.
  explicit RTDevice(const std::string& device_info);

  // "id%major%minor%device_type%device_name"
  std::string serialize() const;
  // "8.6"
  std::string getSMCapability() const;
};
std::ostream& operator<<(std::ostream& stream, const RTDevice& device);

}  // namespace torch_tensorrt::core::runtime
