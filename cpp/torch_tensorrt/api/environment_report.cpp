#include <sstream>

#include "torch/version.h"

#include "torch_tensorrt/core/engine/backend/backend.h"
#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/build_info.h"
#include "torch_tensorrt/macros.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt {
namespace {

using engine::DeviceTarget;

constexpr double kGibibyte = 1024.0 * 1024.0 * 1024.0;

// The CPU, then every GPU that PyTorch sees.
std::vector<DeviceTarget> targets() {
  std::vector<DeviceTarget> found = {engine::describe_target()};
  const engine::DeviceAccess* gpus = engine::cuda_access();
  if (gpus == nullptr) return found;
  for (int32_t i = 0; gpus->available(i); ++i) {
    DeviceTarget gpu;
    gpu.gpu_id = i;
    found.push_back(engine::describe_target(gpu));
  }
  return found;
}

std::string name_of(const DeviceTarget& target) {
  if (target.is_cpu()) return "cpu";
  return "gpu:" + std::to_string(target.gpu_id);
}

void write_device(std::ostream& stream, const DeviceTarget& target) {
  stream << "  " << name_of(target) << ": ";
  if (target.is_cpu()) {
    stream << target.isa << ", " << target.threads << " threads\n";
    return;
  }
  const auto info = engine::cuda::Driver::get().device_info(target.gpu_id);
  stream << info.name << ", " << target.isa << ", " << static_cast<double>(info.memory_bytes) / kGibibyte << " GiB\n";
}

void write_backend(std::ostream& stream, const engine::Backend& backend, const std::vector<DeviceTarget>& devices) {
  stream << "  " << backend.name() << '\n';
  for (const DeviceTarget& device : devices) {
    const Decision decision = backend.available(device);
    stream << "    " << name_of(device) << ": ";
    if (decision) stream << "available, " << backend.version() << '\n';
    if (!decision) stream << "not available: " << decision.reason() << '\n';
  }
}

}  // namespace

std::string get_environment_report() {
  std::ostringstream stream;
  stream << get_build_info() << "Devices:\n";
  stream.precision(3);
  const auto devices = targets();
  for (const DeviceTarget& device : devices) write_device(stream, device);
  if (devices.size() == 1) stream << "  PyTorch sees no GPU\n";
  stream << "Backends:\n";
  for (const engine::Backend* backend : engine::backends()) write_backend(stream, *backend, devices);
  return stream.str();
}

}  // namespace torch_tensorrt

namespace torch_tensorrt::core::util {

std::string get_build_info() {
  std::ostringstream text;
  text << "Torch-TensorRT Version: " << TORCH_TENSORRT_VERSION << "\nPyTorch Version (built with): " << TORCH_VERSION
       << "\nCompiler: " << __VERSION__ << "\nTactic sources:";
  std::string last;
  for (const auto* tactic : engine::TacticRegistry::global().all()) {
    const std::string name = tactic->name();
    const std::string source = name.substr(0, name.find('.'));
    if (source != last) text << ' ' << source;
    last = source;
  }
  text << "\nCPU: " << engine::describe_target().isa << '\n';
  return text.str();
}

}  // namespace torch_tensorrt::core::util
