#include <dlfcn.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "torch/version.h"

#include "torch_tensorrt/core/engine/backend/backend.h"
#include "torch_tensorrt/core/engine/build/precision_choice.h"
#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/engine/tactics/versions.h"
#include "torch_tensorrt/core/util/build_info.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/macros.h"
#include "torch_tensorrt/torch_tensorrt.h"

namespace torch_tensorrt {
namespace {

using engine::DeviceTarget;

constexpr double kGibibyte = 1024.0 * 1024.0 * 1024.0;

// A device, and the version or the reason of each backend on it.
struct DeviceState {
  DeviceTarget target;
  std::string name;  // of a GPU, as its vendor calls it
  int64_t memory_bytes = 0;
};

struct BackendState {
  std::string name;
  std::vector<Decision> available;    // on each device
  std::vector<std::string> versions;  // the same
};

struct Environment {
  std::string torch_found;  // empty if this torch does not tell
  std::string onednn;       // empty: not built with it
  std::vector<DeviceState> devices;
  std::vector<BackendState> backends;
  bool has_driver = false;  // of NVIDIA
  int32_t driver_cuda = 0;  // 12040 for 12.4; asked only if PyTorch sees a GPU
  std::vector<std::string> advice;

  bool has_gpu() const { return devices.size() > 1; }
};

std::string name_of(const DeviceTarget& target) {
  if (target.is_cpu()) return "cpu";
  return "gpu:" + std::to_string(target.gpu_id);
}

// "2.11.0" of the libtorch in this process. Its stable C interface has its version since 2.9.
std::string version_of_torch() {
  using Version = uint64_t (*)();
  const auto version = reinterpret_cast<Version>(dlsym(RTLD_DEFAULT, "aoti_torch_abi_version"));
  if (version == nullptr) return {};
  const uint64_t number = version();  // a byte each, from the top
  return str(number >> 56 & 0xFF, ".", number >> 48 & 0xFF, ".", number >> 40 & 0xFF);
}

// The CPU, then every GPU that PyTorch sees.
std::vector<DeviceState> find_devices() {
  std::vector<DeviceState> found = {{engine::describe_target(), "", 0}};
  const engine::DeviceAccess* gpus = engine::cuda_access();
  if (gpus == nullptr) return found;
  for (int32_t i = 0; gpus->available(i); ++i) {
    DeviceTarget gpu;
    gpu.gpu_id = i;
    const auto info = engine::cuda::Driver::get().device_info(i);
    found.push_back({engine::describe_target(gpu), info.name, info.memory_bytes});
  }
  return found;
}

std::vector<BackendState> find_backends(const std::vector<DeviceState>& devices) {
  std::vector<BackendState> found;
  for (const engine::Backend* backend : engine::backends()) {
    found.push_back({backend->name(), {}, {}});
    for (const DeviceState& device : devices) {
      const Decision decision = backend->available(device.target);
      found.back().available.push_back(decision);
      found.back().versions.push_back(decision ? backend->version() : std::string());
    }
  }
  return found;
}

// The lower precisions that a CPU may compute in, with their names in `enabled_precisions`.
struct Precision {
  const char* name;
  network::DataType type;
};
constexpr Precision kPrecisions[] = {
    {"bf16", network::DataType::kBF16}, {"fp16", network::DataType::kHALF}, {"int8", network::DataType::kINT8}};

std::vector<std::string> find_advice(const Environment& environment) {
  std::vector<std::string> advice;
  const auto& cpu = environment.devices[0].target;
  const std::string built = std::string(TORCH_VERSION).substr(0, std::string(TORCH_VERSION).find('+'));
  if (!environment.torch_found.empty() && environment.torch_found != built) {
    advice.push_back("torch " + environment.torch_found + " runs, but this library was built with torch " + built +
                     ": build it again with `pip install .`");
  }
  if (environment.onednn.empty()) {
    advice.emplace_back(
        "this build has no oneDNN, so PyTorch's operators run all layers on the CPU: build again with the packages of "
        "requirements/build.txt");
  }
  for (const Precision& precision : kPrecisions) {
    const Decision fast = engine::has_fast_kernels(cpu, precision.type);
    if (fast) continue;
    advice.push_back(
        str("with ", precision.name, " in enabled_precisions, layers on the CPU compute in f32: ", fast.reason()));
  }
  if (!environment.has_driver) {
    advice.emplace_back(
        "there is no NVIDIA driver (libcuda.so.1): to use an NVIDIA GPU, install its driver; in a container, start it "
        "with the NVIDIA container toolkit (--gpus all)");
    return advice;
  }
  if (!environment.has_gpu()) {
    advice.emplace_back(
        "there is an NVIDIA driver, but PyTorch sees no GPU: install a torch with CUDA (torch.cuda.is_available() "
        "tells), "
        "and look at CUDA_VISIBLE_DEVICES");
    return advice;
  }
  for (const BackendState& backend : environment.backends) {
    if (backend.name != "native" && !backend.available[1]) {
      advice.push_back("the backend " + backend.name + " cannot run on gpu:0: " + backend.available[1].reason());
    }
  }
  const bool has_other = environment.backends.size() > 1;
  if (!has_other) {
    advice.emplace_back(
        "this build has no backend for TensorRT: build again where TensorRT's headers are (TensorRT_ROOT, "
        "docs/tensorrt.md)");
  }
  return advice;
}

Environment find_environment() {
  Environment environment;
  environment.torch_found = version_of_torch();
  environment.onednn = engine::onednn_version();
  environment.devices = find_devices();
  environment.backends = find_backends(environment.devices);
  environment.has_driver = engine::cuda::Driver::is_installed();
  if (environment.has_gpu()) environment.driver_cuda = engine::cuda::Driver::get().version();
  environment.advice = find_advice(environment);
  return environment;
}

// "12.4" from 12040.
std::string cuda_version(int32_t number) { return str(number / 1000, ".", number % 1000 / 10); }

void write_device(std::ostream& stream, const DeviceState& device) {
  stream << "  " << name_of(device.target) << ": ";
  if (device.target.is_cpu()) {
    stream << device.target.isa << ", " << device.target.threads << " threads\n";
    return;
  }
  stream << device.name << ", " << device.target.isa << ", " << static_cast<double>(device.memory_bytes) / kGibibyte
         << " GiB\n";
}

void write_backend(std::ostream& stream, const BackendState& backend, const std::vector<DeviceState>& devices) {
  stream << "  " << backend.name << '\n';
  for (size_t i = 0; i < devices.size(); ++i) {
    const Decision& decision = backend.available[i];
    stream << "    " << name_of(devices[i].target) << ": ";
    if (decision) stream << "available, " << backend.versions[i] << '\n';
    if (!decision) stream << "not available: " << decision.reason() << '\n';
  }
}

nlohmann::json text_or_null(const std::string& text) { return text.empty() ? nlohmann::json() : nlohmann::json(text); }

}  // namespace

std::string get_environment_report() {
  const Environment environment = find_environment();
  std::ostringstream stream;
  stream << get_build_info();
  if (!environment.torch_found.empty()) stream << "PyTorch Version (found): " << environment.torch_found << '\n';
  if (!environment.onednn.empty()) stream << "oneDNN: " << environment.onednn << '\n';
  const std::string cuda = environment.has_driver ? "found" : "not found";
  stream << "NVIDIA driver: " << (environment.driver_cuda > 0 ? "CUDA " + cuda_version(environment.driver_cuda) : cuda)
         << "\nDevices:\n";
  stream.precision(3);
  for (const DeviceState& device : environment.devices) write_device(stream, device);
  if (!environment.has_gpu()) stream << "  PyTorch sees no GPU\n";
  stream << "Backends:\n";
  for (const BackendState& backend : environment.backends) write_backend(stream, backend, environment.devices);
  stream << "Advice:\n";
  for (const auto& line : environment.advice) stream << "  " << line << '\n';
  if (environment.advice.empty()) stream << "  none\n";
  return stream.str();
}

std::string get_environment_json() {
  const Environment environment = find_environment();
  const auto& cpu = environment.devices[0].target;
  nlohmann::json json = {
      {"version", TORCH_TENSORRT_VERSION},
      {"torch", {{"built_with", TORCH_VERSION}, {"found", text_or_null(environment.torch_found)}}},
      {"compiler", __VERSION__},
      {"onednn", text_or_null(environment.onednn)},
      {"cpu", {{"isa", cpu.isa}, {"threads", cpu.threads}}},
      {"driver",
       {{"found", environment.has_driver},
        {"cuda",
         environment.driver_cuda > 0 ? nlohmann::json(cuda_version(environment.driver_cuda)) : nlohmann::json()}}},
      {"gpus", nlohmann::json::array()},
      {"backends", nlohmann::json::array()},
      {"advice", environment.advice},
  };
  for (const Precision& precision : kPrecisions) {
    json["cpu"][precision.name] = static_cast<bool>(engine::has_fast_kernels(cpu, precision.type));
  }
  for (size_t i = 1; i < environment.devices.size(); ++i) {
    const DeviceState& gpu = environment.devices[i];
    json["gpus"].push_back({{"device", name_of(gpu.target)},
                            {"name", gpu.name},
                            {"architecture", gpu.target.isa},
                            {"memory_bytes", gpu.memory_bytes}});
  }
  for (const BackendState& backend : environment.backends) {
    nlohmann::json rows = nlohmann::json::array();
    for (size_t i = 0; i < environment.devices.size(); ++i) {
      const Decision& decision = backend.available[i];
      rows.push_back({{"device", name_of(environment.devices[i].target)},
                      {"available", bool(decision)},
                      {"version", text_or_null(backend.versions[i])},
                      {"reason", decision ? nlohmann::json() : nlohmann::json(decision.reason())}});
    }
    json["backends"].push_back({{"name", backend.name}, {"devices", rows}});
  }
  return json.dump(1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
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
