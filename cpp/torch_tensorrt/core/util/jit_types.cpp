#include "torch_tensorrt/core/util/jit_types.h"

#include "c10/util/ArrayRef.h"

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

std::ostream& operator<<(std::ostream& stream, const DataType& type) { return stream << enum_name(type); }
std::ostream& operator<<(std::ostream& stream, const TensorFormat& format) { return stream << enum_name(format); }
std::ostream& operator<<(std::ostream& stream, const Dims& dims) {
  return stream << c10::IntArrayRef(dims.d, dims.nbDims);
}
std::ostream& operator<<(std::ostream& stream, const Permutation& permutation) {
  return stream << c10::ArrayRef<int32_t>(permutation.order, Dims::MAX_DIMS);
}
std::ostream& operator<<(std::ostream& stream, const DeviceType& type) {
  if (type == DeviceType::kGPU) return stream << "GPU";
  return stream << (type == DeviceType::kDLA ? "DLA" : "CPU");
}
std::ostream& operator<<(std::ostream& stream, const EngineCapability& capability) {
  if (capability == EngineCapability::kSTANDARD) return stream << "standard";
  return stream << (capability == EngineCapability::kSAFETY ? "safety" : "DLA standalone");
}

}  // namespace torch_tensorrt::network

namespace torch_tensorrt::core::util {
namespace {

const std::map<at::ScalarType, network::DataType> kTypes = {
    {at::kFloat, network::DataType::kFLOAT},   {at::kHalf, network::DataType::kHALF},
    {at::kChar, network::DataType::kINT8},     {at::kInt, network::DataType::kINT32},
    {at::kBool, network::DataType::kBOOL},     {at::kByte, network::DataType::kUINT8},
    {at::kLong, network::DataType::kINT64},    {at::kBFloat16, network::DataType::kBF16},
    {at::kDouble, network::DataType::kDOUBLE}, {at::kShort, network::DataType::kINT16},
};

}  // namespace

std::optional<at::ScalarType> optTRTDataTypeToScalarType(network::DataType t) {
  for (const auto& [scalar_type, type] : kTypes) {
    if (type == t) return scalar_type;
  }
  return std::nullopt;
}

at::ScalarType TRTDataTypeToScalarType(network::DataType t) {
  const auto type = optTRTDataTypeToScalarType(t);
  if (!type) TORCHTRT_THROW_ERROR("dtype " << t << " has no counterpart in PyTorch");
  return *type;
}

std::optional<network::DataType> optScalarTypeToTRTDataType(at::ScalarType t) {
  const auto found = kTypes.find(t);
  if (found == kTypes.end()) return std::nullopt;
  return found->second;
}

network::DataType ScalarTypeToTRTDataType(at::ScalarType t) {
  const auto type = optScalarTypeToTRTDataType(t);
  const char* hint = c10::isComplexType(t)
                         ? ": complex numbers are not in an engine; keep the real and the imaginary part as tensors"
                         : "";
  TORCHTRT_CHECK(type, "Unsupported ATen data type: " << c10::toString(t) << hint);
  return *type;
}

const std::map<at::ScalarType, network::DataType>& dtype_pairs() { return kTypes; }

}  // namespace torch_tensorrt::core::util
