#pragma once

#include <map>
#include <vector>

#include "torch_tensorrt/core/network/shapes/dim_origin.h"

// Bounds of sizes, and of numbers computed from sizes, for the ranges of the inputs.
namespace torch_tensorrt::network {

// A closed interval. Bools are 0 and 1.
struct Interval {
  double low;
  double high;
  bool is_point() const { return low == high; }
};

// Bounds that hold for every shape in the profile. They may be wider than necessary, and infinite if nothing is known.
// Results are remembered, so the part of the network behind them must not change.
class ValueRanges {
 public:
  explicit ValueRanges(const Profile& profile) : profile_(profile) {}
  Interval of_dim(const ITensor& tensor, int32_t axis);
  Interval of_element(const ITensor& tensor, int64_t element);
  // The operand's element for an element of the result, if broadcasting is unambiguous.
  Interval of_operand(const ILayer& layer, int32_t index, int64_t element);

 private:
  using Key = std::pair<const ITensor*, int64_t>;
  Interval find_dim(const ITensor& tensor, int32_t axis);
  double largest_volume(const ITensor& tensor);
  Interval of_input(const ITensor& input, int32_t axis) const;
  Interval of_value(const ITensor& input, int64_t element) const;
  Interval infer_dim(const ILayer& layer, const ITensor& tensor, int32_t axis);
  int64_t infer_end(const ILayer& layer, const ITensor& tensor, int32_t axis, bool at_high);
  Interval find_element(const ITensor& tensor, int64_t element);

  const Profile& profile_;
  std::map<Key, Interval> dims_;
  std::map<Key, Interval> elements_;
};

// Dimensions of network inputs that a small tensor is computed from, each once. `of_sizes_only` becomes false if the
// tensor also depends on elements of the inputs.
std::vector<DimOrigin> sizes_behind(const ITensor& tensor, bool& of_sizes_only);

// Arithmetic on intervals.

Interval everything();
Interval hull(const Interval& a, const Interval& b);
Interval apply_elementwise(ElementWiseOperation operation, const Interval& a, const Interval& b, bool integral);
Interval apply_unary(UnaryOperation operation, const Interval& x);
Interval cast(const Interval& x, DataType to);

}  // namespace torch_tensorrt::network
