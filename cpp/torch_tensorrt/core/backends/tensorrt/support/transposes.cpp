#include "torch_tensorrt/core/backends/tensorrt/support/transposes.h"

#include <algorithm>

namespace torch_tensorrt::backends::tensorrt {
namespace {

// Dimensions of size 1 that stand behind others.
std::vector<int32_t> inner_units(const std::vector<int64_t>& dims) {
  std::vector<int32_t> units;
  bool is_behind = false;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1 && is_behind) units.push_back(static_cast<int32_t>(i));
    is_behind = is_behind || dims[i] != 1;
  }
  return units;
}

}  // namespace

bool transposes_wrongly(const std::vector<int64_t>& dims) { return dims.size() >= 5 && !inner_units(dims).empty(); }

UnitTranspose without_units(const std::vector<int64_t>& dims, const network::Permutation& order) {
  UnitTranspose result;
  result.units = inner_units(dims);
  for (size_t i = 0; i < dims.size(); ++i) {
    const int32_t axis = order.order[i];
    const auto next = std::lower_bound(result.units.begin(), result.units.end(), axis);
    if (next != result.units.end() && *next == axis) {
      result.added.push_back(static_cast<int32_t>(i));
    } else {
      result.order.push_back(axis - static_cast<int32_t>(next - result.units.begin()));
    }
  }
  return result;
}

}  // namespace torch_tensorrt::backends::tensorrt
