#pragma once

#include <cstdint>
#include <memory>
#include <set>

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"

namespace torch_tensorrt::network {

enum class BuilderFlag : int32_t {
  kFP16 = 0,
  kINT8 = 1,
  kDEBUG = 2,
  kGPU_FALLBACK = 3,
  kREFIT = 4,
  kDISABLE_TIMING_CACHE = 5,
  kTF32 = 7,
  kSPARSE_WEIGHTS = 8,
  kBF16 = 17,
};
// Names of calibration algorithms; torch_tensorrt/ptq.h uses them.
class IInt8LegacyCalibrator {};
class IInt8EntropyCalibrator {};
class IInt8EntropyCalibrator2 {};
class IInt8MinMaxCalibrator {};

enum class MemoryPoolType : int32_t { kWORKSPACE = 0, kDLA_MANAGED_SRAM, kDLA_LOCAL_DRAM, kDLA_GLOBAL_DRAM };
enum class ProfilingVerbosity : int32_t { kLAYER_NAMES_ONLY = 0, kNONE, kDETAILED };

using core::util::logging::ILogger;

// Settings of one build that converters may read and set.
class IBuilderConfig {
 public:
  void setFlag(BuilderFlag flag) { flags_.insert(flag); }
  void clearFlag(BuilderFlag flag) { flags_.erase(flag); }
  bool getFlag(BuilderFlag flag) const { return flags_.count(flag) != 0; }
  void setMemoryPoolLimit(MemoryPoolType pool, uint64_t bytes) { pools_[static_cast<int32_t>(pool)] = bytes; }
  uint64_t getMemoryPoolLimit(MemoryPoolType pool) const { return pools_[static_cast<int32_t>(pool)]; }
  void setAvgTimingIterations(int32_t count) { avg_timing_iterations_ = count; }
  int32_t getAvgTimingIterations() const { return avg_timing_iterations_; }
  void setEngineCapability(EngineCapability capability) { capability_ = capability; }
  EngineCapability getEngineCapability() const { return capability_; }
  void setDefaultDeviceType(DeviceType type) { device_type_ = type; }
  DeviceType getDefaultDeviceType() const { return device_type_; }
  void setDLACore(int32_t core) { dla_core_ = core; }
  int32_t getDLACore() const { return dla_core_; }

 private:
  std::set<BuilderFlag> flags_;
  uint64_t pools_[4] = {0, 0, 0, 0};
  int32_t avg_timing_iterations_ = 1;
  EngineCapability capability_ = EngineCapability::kSTANDARD;
  DeviceType device_type_ = DeviceType::kCPU;
  int32_t dla_core_ = -1;
};

// Makes networks and configurations. engine::Builder builds the engines.
class IBuilder {
 public:
  // The flags (explicit batch, strong typing) are ignored: this library always has both.
  std::unique_ptr<INetworkDefinition> createNetworkV2(uint32_t /*flags*/) const {
    return std::make_unique<INetworkDefinition>();
  }
  std::unique_ptr<IBuilderConfig> createBuilderConfig() const { return std::make_unique<IBuilderConfig>(); }
};

}  // namespace torch_tensorrt::network
