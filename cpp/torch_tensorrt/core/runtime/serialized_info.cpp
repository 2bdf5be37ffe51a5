#include "torch_tensorrt/core/runtime/serialized_info.h"

#include "torch_tensorrt/core/runtime/binding_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::runtime {

const char* const kSerializedInfoNames[SERIALIZATION_LEN] = {
    "ABI_TARGET",
    "NAME",
    "DEVICE",
    "ENGINE",
    "INPUT_BINDING_NAMES",
    "OUTPUT_BINDING_NAMES",
    "HW_COMPATIBLE",
    "SERIALIZED_METADATA",
    "TARGET_PLATFORM",
    "REQUIRES_OUTPUT_ALLOCATOR",
    "RESOURCE_ALLOCATION_STRATEGY",
    "REQUIRES_NATIVE_MULTIDEVICE",
    "ALIASED_IO",
};

namespace {

constexpr const char* kWhatToDo = "Compile the model again with this version";

bool parse_flag(const std::vector<std::string>& strings, SerializedInfoIndex place) {
  const std::string& text = strings[place];
  TORCHTRT_CHECK(text == "0" || text == "1", "field " << kSerializedInfoNames[place]
                                                      << " of the serialized engine is \"" << text
                                                      << "\", expected 0 or 1. " << kWhatToDo);
  return text == "1";
}

void check_format(const std::vector<std::string>& strings) {
  const bool known_length = strings.size() == static_cast<size_t>(SERIALIZATION_LEN);
  const bool known_version = !strings.empty() && strings[ABI_TARGET_IDX] == ABI_VERSION;
  if (!strings.empty() && !known_version) {
    TORCHTRT_THROW_ERROR("Program to be deserialized targets a different Torch-TensorRT ABI Version ("
                         << strings[ABI_TARGET_IDX].substr(0, 32) << ") than the Torch-TensorRT Runtime ABI Version ("
                         << ABI_VERSION << "). " << kWhatToDo);
  }
  TORCHTRT_CHECK(known_length, "Program to be deserialized targets an incompatible Torch-TensorRT ABI: it has "
                                   << strings.size() << " fields, expected " << static_cast<int64_t>(SERIALIZATION_LEN)
                                   << ". " << kWhatToDo);
}

std::string flag(bool value) { return value ? "1" : "0"; }

}  // namespace

std::vector<std::string> serialize_info(const EngineInfo& info) {
  std::vector<std::string> strings(SERIALIZATION_LEN);
  strings[ABI_TARGET_IDX] = ABI_VERSION;
  strings[NAME_IDX] = info.name;
  strings[DEVICE_IDX] = info.device.serialize();
  strings[INPUT_BINDING_NAMES_IDX] = serialize_binding_names(info.in_binding_names);
  strings[OUTPUT_BINDING_NAMES_IDX] = serialize_binding_names(info.out_binding_names);
  strings[HW_COMPATIBLE_IDX] = flag(info.hardware_compatible);
  strings[SERIALIZED_METADATA_IDX] = info.metadata;
  strings[TARGET_PLATFORM_IDX] = info.platform.serialize();
  strings[REQUIRES_OUTPUT_ALLOCATOR_IDX] = flag(info.requires_output_allocator);
  strings[RESOURCE_ALLOCATION_STRATEGY_IDX] = flag(info.dynamic_resource_allocation);
  strings[REQUIRES_NATIVE_MULTIDEVICE_IDX] = flag(info.requires_native_multidevice);
  strings[ALIASED_IO_IDX] = info.aliased_io;
  return strings;
}

EngineInfo parse_info(const std::vector<std::string>& strings,
                      const std::function<std::shared_ptr<const std::string>()>& engine) {
  check_format(strings);
  EngineInfo info;
  info.name = strings[NAME_IDX];
  info.device = RTDevice(strings[DEVICE_IDX]);
  info.in_binding_names = split_serialized_binding_names(strings[INPUT_BINDING_NAMES_IDX]);
  info.out_binding_names = split_serialized_binding_names(strings[OUTPUT_BINDING_NAMES_IDX]);
  info.hardware_compatible = parse_flag(strings, HW_COMPATIBLE_IDX);
  info.metadata = strings[SERIALIZED_METADATA_IDX];
  info.platform = Platform(strings[TARGET_PLATFORM_IDX]);
  info.requires_output_allocator = parse_flag(strings, REQUIRES_OUTPUT_ALLOCATOR_IDX);
  info.dynamic_resource_allocation = parse_flag(strings, RESOURCE_ALLOCATION_STRATEGY_IDX);
  info.requires_native_multidevice = parse_flag(strings, REQUIRES_NATIVE_MULTIDEVICE_IDX);
  info.aliased_io = strings[ALIASED_IO_IDX];
  info.engine = engine ? engine() : std::make_shared<const std::string>(base64_decode(strings[ENGINE_IDX]));
  return info;
}

}  // namespace torch_tensorrt::core::runtime
