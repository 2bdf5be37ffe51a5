#include "torch_tensorrt/core/network/shape_value.h"

#include <cstring>

namespace torch_tensorrt::network {

bool may_hold_shapes(DataType type) {
  return is_integral(type) || type == DataType::kBOOL || type == DataType::kFLOAT || type == DataType::kDOUBLE;
}

double to_real(int64_t element) {
  double value = 0;
  std::memcpy(&value, &element, sizeof(value));
  return value;
}

int64_t from_real(DataType type, double value) {
  if (type == DataType::kFLOAT) value = static_cast<double>(static_cast<float>(value));
  int64_t element = 0;
  std::memcpy(&element, &value, sizeof(element));
  return element;
}

}  // namespace torch_tensorrt::network
