#pragma once

#include <cstdint>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/types.h"
#include "torch_tensorrt/settings.h"

// The device and the settings of a build, from the front ends to the backends.
namespace torch_tensorrt::engine {

// The device that an engine is built for.
struct DeviceTarget {
  network::DeviceType device_type = network::DeviceType::kGPU;
  int64_t gpu_id = 0;               // of the GPU, or of the DLA core's GPU
  int64_t dla_core = 0;             // kDLA: which of the GPU's deep learning accelerators
  bool allow_gpu_fallback = false;  // kDLA: layers that the core does not take run on the GPU
  int32_t threads = 0;              // kCPU: threads of one call; 0: as many as the OpenMP runtime gives
  std::string isa;                  // "avx512_core", "sm_90"; empty until describe_target fills it

  static DeviceTarget cpu() {
    DeviceTarget target;
    target.device_type = network::DeviceType::kCPU;
    return target;
  }
  bool is_cpu() const { return device_type == network::DeviceType::kCPU; }
  bool is_dla() const { return device_type == network::DeviceType::kDLA; }
  // -1 unless it is a DLA core
  int32_t used_dla_core() const { return is_dla() ? static_cast<int32_t>(dla_core) : -1; }
};

// "cpu", "gpu:0" or "dla:0"
inline std::ostream& operator<<(std::ostream& os, const DeviceTarget& device) {
  if (device.is_cpu()) return os << "cpu";
  if (device.is_dla()) return os << "dla:" << device.dla_core;
  return os << "gpu:" << device.gpu_id;
}

// A parameter or buffer of the module that a network was made from.
struct Parameter {
  std::string name;   // "layer1.0.conv1.weight"
  std::string dtype;  // "float32"
  std::vector<int64_t> dims;
};

// How to build an engine: the user's settings (settings.h), and additions of the front end and the tests. With an empty
// timing_cache_path, the environment's TORCHTRT_TIMING_CACHE names the file, or there is none. Builds with one cache
// choose the same tactics and give identical bytes.
struct BuildSettings : Settings {
  std::string name;  // of the engine
  DeviceTarget device = DeviceTarget::cpu();
  // Dtypes that the builder may compute in; empty: float. The optimizer goes below the network's own dtypes only where
  // allowed.
  std::set<network::DataType> enabled_precisions = {network::DataType::kFLOAT};
  // The ranges of tensors for int8 (engine/build/calibration.h); empty if there is no calibration. kObserved: the
  // engines compute in float, with the tensors of those in int8, for a calibration or a comparison.
  std::string calibration;
  static constexpr const char* kObserved = "observed";
  network::EngineCapability capability = network::EngineCapability::kSTANDARD;
  // Tactics that may be used, by the part of their names before the dot ("onednn", "aten"). Empty: those of the
  // environment's TORCHTRT_TACTIC_SOURCES (comma separated), or all.
  std::vector<std::string> tactic_sources;
  // Folder for the network's text before and after every pass. Empty: build_engine takes NAME/BACKEND in the
  // environment's TORCHTRT_DUMP_DIRECTORY if that is set, else writes nothing.
  std::string dump_directory;

  // The network's origin, for making the same network again with other weights.
  std::string method = "forward";     // of the module: the method that the network computes
  std::vector<Parameter> parameters;  // of the module
};

}  // namespace torch_tensorrt::engine
