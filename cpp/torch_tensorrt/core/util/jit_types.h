#pragma once

#include <map>
#include <optional>
#include <ostream>

#include "c10/core/ScalarType.h"

#include "torch_tensorrt/core/network/types.h"

// Prints the values of networks, and converts dtypes between PyTorch and networks.
namespace torch_tensorrt::network {

std::ostream& operator<<(std::ostream& stream, const DataType& type);
std::ostream& operator<<(std::ostream& stream, const TensorFormat& format);
std::ostream& operator<<(std::ostream& stream, const Dims& dims);
std::ostream& operator<<(std::ostream& stream, const Permutation& permutation);
std::ostream& operator<<(std::ostream& stream, const DeviceType& type);
std::ostream& operator<<(std::ostream& stream, const EngineCapability& capability);

}  // namespace torch_tensorrt::network

namespace torch_tensorrt::core::util {

// Both throw Error for a dtype without a counterpart.
at::ScalarType TRTDataTypeToScalarType(network::DataType t);
network::DataType ScalarTypeToTRTDataType(at::ScalarType t);
std::optional<at::ScalarType> optTRTDataTypeToScalarType(network::DataType t);
std::optional<network::DataType> optScalarTypeToTRTDataType(at::ScalarType t);
// All pairs of dtypes.
const std::map<at::ScalarType, network::DataType>& dtype_pairs();

}  // namespace torch_tensorrt::core::util
