#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/runtime/Platform.h"
#include "torch_tensorrt/core/runtime/RTDevice.h"
#include "torch_tensorrt/core/util/encodings.h"

// An engine with all data that the torch side keeps about it, and its form as a list of strings.
namespace torch_tensorrt::core::runtime {

using util::base64_decode;
using util::base64_encode;

const std::string ABI_VERSION = "10";

// Places in the list of strings.
enum SerializedInfoIndex : int64_t {
  ABI_TARGET_IDX = 0,
  NAME_IDX,
  DEVICE_IDX,
  ENGINE_IDX,
  INPUT_BINDING_NAMES_IDX,
  OUTPUT_BINDING_NAMES_IDX,
  HW_COMPATIBLE_IDX,
  SERIALIZED_METADATA_IDX,
  TARGET_PLATFORM_IDX,
  REQUIRES_OUTPUT_ALLOCATOR_IDX,
  RESOURCE_ALLOCATION_STRATEGY_IDX,
  REQUIRES_NATIVE_MULTIDEVICE_IDX,
  ALIASED_IO_IDX,
  SERIALIZATION_LEN,
};
// The names of the places without the suffix, in order.
extern const char* const kSerializedInfoNames[SERIALIZATION_LEN];

struct EngineInfo {
  std::string name;
  RTDevice device;
  std::shared_ptr<const std::string> engine;  // the plan's bytes
  std::vector<std::string> in_binding_names;  // in PyTorch's argument order; empty: numbers in the names give it
  std::vector<std::string> out_binding_names;
  bool hardware_compatible = false;
  std::string metadata;
  Platform platform = get_current_platform();
  bool requires_output_allocator = false;
  bool dynamic_resource_allocation = false;
  bool requires_native_multidevice = false;
  std::string aliased_io;
};

// The list of strings, with an empty place for the engine's bytes.
std::vector<std::string> serialize_info(const EngineInfo& info);
// The inverse. `engine`, if not empty, provides the bytes in place of the base64 text. Throws Error, first for a wrong
// length or ABI version, then for an invalid field.
EngineInfo parse_info(const std::vector<std::string>& strings,
                      const std::function<std::shared_ptr<const std::string>()>& engine = {});

}  // namespace torch_tensorrt::core::runtime
