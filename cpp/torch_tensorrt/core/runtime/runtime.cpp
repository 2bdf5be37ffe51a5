#include "torch_tensorrt/core/runtime/runtime.h"

#include <ATen/Context.h>

#include <atomic>
#include <cstdlib>

#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::runtime {
namespace {

std::atomic<bool>& safe_mode() {
  static std::atomic<bool> enabled{false};
  return enabled;
}

std::atomic<int64_t>& graphs_mode() {
  static std::atomic<int64_t> mode{STANDARD};
  return mode;
}

bool rebuild_by_environment() {
  const char* value = std::getenv("TORCHTRT_REBUILD_ENGINES");
  return value != nullptr && std::string(value) == "1";
}

std::atomic<bool>& rebuilds() {
  static std::atomic<bool> enabled{rebuild_by_environment()};
  return enabled;
}

bool is_same_device(const RTDevice& a, const RTDevice& b) {
  return a.device_type == b.device_type && a.id == b.id && a.major == b.major && a.minor == b.minor;
}

// Any CPU of the platform runs an engine for CPUs: loading adapts the engine to the instruction set.
bool runs_on(const RTDevice& target, const RTDevice& device, bool hardware_compatible) {
  if (target.device_type != device.device_type) return false;
  if (target.device_type == network::DeviceType::kCPU) return true;
  constexpr int64_t kFirstCompatibleMajor = 8;
  if (hardware_compatible) return device.major >= kFirstCompatibleMajor;
  return target.major == device.major && target.minor == device.minor;
}

}  // namespace

bool get_multi_device_safe_mode() { return safe_mode().load(); }
void set_multi_device_safe_mode(bool enabled) { safe_mode().store(enabled); }

CudaGraphsMode get_cudagraphs_mode() { return static_cast<CudaGraphsMode>(graphs_mode().load()); }

void set_cudagraphs_mode(CudaGraphsMode mode) {
  TORCHTRT_CHECK(mode >= STANDARD && mode <= WHOLE_GRAPH_CUDAGRAPHS,
                 "CUDA graphs mode " << static_cast<int64_t>(mode)
                                     << " is not one of 0 (standard), 1 (subgraph), 2 (whole graph)");
  graphs_mode().store(mode);
}

bool get_rebuild_engines() { return rebuilds().load(); }
void set_rebuild_engines(bool enabled) { rebuilds().store(enabled); }

DeviceList::DeviceList() : devices_{RTDevice()} {
  const engine::DeviceAccess* access = engine::cuda_access();
  if (access == nullptr) return;
  for (int32_t i = 0; access->available(i); ++i) devices_.emplace_back(i, network::DeviceType::kGPU);
}

std::string DeviceList::dump_list() const {
  std::string text = "[";
  for (const RTDevice& device : devices_) text += str(text.size() == 1 ? "" : ", ", device);
  return text + "]";
}

const DeviceList& get_available_device_list() {
  static const DeviceList list;
  return list;
}

RTDevice get_current_device() {
  if (!at::hasCUDA()) return RTDevice();
  return RTDevice(at::detail::getCUDAHooks().current_device(), network::DeviceType::kGPU);
}

void set_rt_device(const RTDevice& device) {
  if (device.device_type == network::DeviceType::kCPU) return;
  TORCHTRT_CHECK(at::hasCUDA(),
                 "cannot make gpu:" << device.id << " the current device: PyTorch sees no GPU on this machine");
  const auto count = at::detail::getCUDAHooks().deviceCount();
  TORCHTRT_CHECK(device.id >= 0 && device.id < count,
                 "cannot make gpu:" << device.id
                                    << " the current device: the GPUs of this machine are gpu:0 to gpu:" << count - 1);
  at::detail::getCUDAHooks().setCurrentDevice(static_cast<c10::DeviceIndex>(device.id));
}

std::vector<RTDevice> find_compatible_devices(const RTDevice& target, bool hardware_compatible) {
  std::vector<RTDevice> found;
  for (const RTDevice& device : get_available_device_list().devices()) {
    if (runs_on(target, device, hardware_compatible)) found.push_back(device);
  }
  return found;
}

std::optional<RTDevice> preferred_device(const std::vector<RTDevice>& found, const RTDevice& target,
                                         const RTDevice& current) {
  for (const RTDevice& wanted : {target, current}) {
    for (const RTDevice& device : found) {
      if (is_same_device(device, wanted)) return device;
    }
  }
  return found.empty() ? std::nullopt : std::optional<RTDevice>(found.front());
}

std::optional<RTDevice> get_most_compatible_device(const RTDevice& target, const RTDevice& current,
                                                   bool hardware_compatible) {
  return preferred_device(find_compatible_devices(target, hardware_compatible), target, current);
}

}  // namespace torch_tensorrt::core::runtime
