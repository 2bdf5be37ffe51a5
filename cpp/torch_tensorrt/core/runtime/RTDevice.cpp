#include "torch_tensorrt/core/runtime/RTDevice.h"

#include <charconv>
#include <vector>

#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/runtime/binding_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::runtime {
namespace {

using network::DeviceType;

constexpr size_t kFieldCount = 5;

struct DeviceTypeName {
  DeviceType type;
  const char* name;
};
constexpr DeviceTypeName kDeviceTypes[] = {
    {DeviceType::kCPU, "CPU"},
    {DeviceType::kGPU, "GPU"},
    {DeviceType::kDLA, "DLA"},
};

const char* find_type_name(DeviceType type) {
  for (const auto& row : kDeviceTypes) {
    if (row.type == type) return row.name;
  }
  return nullptr;
}

int64_t parse_number(const std::string& text, const std::string& whole) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  TORCHTRT_CHECK(error == std::errc() && end == text.data() + text.size(),
                 "device information \"" << whole << "\" has \"" << text << "\" where a number is expected");
  return value;
}

std::string describe_cpu() { return "cpu " + engine::describe_target().isa; }

}  // namespace

RTDevice::RTDevice() : RTDevice(0, DeviceType::kCPU) {}

RTDevice::RTDevice(int64_t device_id, DeviceType type) : id(device_id), device_type(type) {
  if (type == DeviceType::kCPU) {
    device_name = describe_cpu();
    return;
  }
  device_name = "unknown";
  try {
    const engine::cuda::DeviceInfo info = engine::cuda::Driver::get().device_info(static_cast<int32_t>(device_id));
    device_name = info.name;
    major = info.major;
    minor = info.minor;
  } catch (const Error& error) {
    LOG_DEBUG("gpu:" << device_id << " is not on this machine: " << error.msg());
  }
}

RTDevice::RTDevice(const engine::DeviceTarget& target)
    : RTDevice(target.gpu_id, target.is_cpu() ? DeviceType::kCPU : DeviceType::kGPU) {}

RTDevice::RTDevice(const std::string& device_info) {
  std::vector<std::string> fields = split_serialized_binding_names(device_info);
  TORCHTRT_CHECK(fields.size() == kFieldCount, "device information \"" << device_info << "\" has " << fields.size()
                                                                       << " fields, expected " << kFieldCount
                                                                       << ": id%major%minor%type%name");
  id = parse_number(fields[0], device_info);
  major = parse_number(fields[1], device_info);
  minor = parse_number(fields[2], device_info);
  device_type = static_cast<DeviceType>(parse_number(fields[3], device_info));
  TORCHTRT_CHECK(find_type_name(device_type) != nullptr,
                 "device information \"" << device_info << "\" has an unknown device type " << fields[3]);
  device_name = fields[4];
}

std::string RTDevice::serialize() const {
  return str(id, DEVICE_INFO_DELIM, major, DEVICE_INFO_DELIM, minor, DEVICE_INFO_DELIM,
             static_cast<int64_t>(device_type), DEVICE_INFO_DELIM, device_name);
}

std::string RTDevice::getSMCapability() const { return str(major, ".", minor); }

std::ostream& operator<<(std::ostream& stream, const RTDevice& device) {
  const char* type = find_type_name(device.device_type);
  stream << "Device(ID: " << device.id << ", Name: " << device.device_name;
  if (device.device_type == DeviceType::kGPU) stream << ", SM Capability: " << device.getSMCapability();
  return stream << ", Type: " << (type != nullptr ? type : "unknown") << ")";
}

}  // namespace torch_tensorrt::core::runtime
