#include "torch_tensorrt/core/network/shapes/value_range.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "torch_tensorrt/core/network/host/scalar_formulas.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

constexpr Interval kAnySize = {0, std::numeric_limits<double>::infinity()};

Interval point(double value) { return {value, value}; }

// Sets a dim to one end of its range; false if the range has no such end.
bool put_end(Interval range, bool at_high, int64_t& dim) {
  const double end = at_high ? range.high : range.low;
  if (std::isinf(end) || end < 0) return false;
  dim = static_cast<int64_t>(end);
  return true;
}

bool is_one_dimensional(const Dims& dims) { return dims.nbDims <= 1 && dims.is_static(); }

}  // namespace

Interval ValueRanges::of_dim(const ITensor& tensor, int32_t axis) {
  const int64_t known = tensor.getDimensions().d[axis];
  if (known >= 0) return point(static_cast<double>(known));
  const DimOrigin origin = origin_of_dim(tensor, axis);
  const Key key{origin.tensor, origin.axis};
  const auto found = dims_.find(key);
  if (found != dims_.end()) return found->second;
  const Interval range = find_dim(*origin.tensor, origin.axis);
  dims_[key] = range;
  return range;
}

Interval ValueRanges::find_dim(const ITensor& tensor, int32_t axis) {
  const int64_t known = tensor.getDimensions().d[axis];
  if (known >= 0) return point(static_cast<double>(known));
  const ILayer& layer = *tensor.producer();
  if (layer.getType() == LayerType::kINPUT) return of_input(tensor, axis);
  if (layer.sizes_depend_on_data()) return {0, largest_volume(*layer.getInput(0))};
  if (const ITensor* sizes = layer.size_input()) {
    const Interval said = of_element(*sizes, axis);
    return said.low >= 0 ? said : kAnySize;  // -1: inferred from the volume
  }
  return infer_dim(layer, tensor, axis);
}

double ValueRanges::largest_volume(const ITensor& tensor) {
  double volume = 1;
  for (int32_t i = 0; i < tensor.getDimensions().nbDims; ++i) volume *= of_dim(tensor, i).high;
  return std::isnan(volume) ? kAnySize.high : volume;  // NaN: an empty dimension times an unbounded one
}

Interval ValueRanges::of_input(const ITensor& input, int32_t axis) const {
  const auto range = profile_.find(input.getName());
  if (range == profile_.end()) return kAnySize;
  return {static_cast<double>(range->second.min.d[axis]), static_cast<double>(range->second.max.d[axis])};
}

Interval ValueRanges::of_value(const ITensor& input, int64_t element) const {
  const auto range = profile_.find(input.getName());
  const auto place = static_cast<size_t>(element);
  if (range == profile_.end() || place >= range->second.min_values.size()) return everything();
  return {static_cast<double>(range->second.min_values[place]), static_cast<double>(range->second.max_values[place])};
}

// Both ends of the inputs decide: larger inputs never shrink an output, apart from shapes that are an input.
Interval ValueRanges::infer_dim(const ILayer& layer, const ITensor& tensor, int32_t axis) {
  const int64_t low = infer_end(layer, tensor, axis, /*at_high=*/false);
  const int64_t high = infer_end(layer, tensor, axis, /*at_high=*/true);
  return {low < 0 ? kAnySize.low : static_cast<double>(low), high < 0 ? kAnySize.high : static_cast<double>(high)};
}

int64_t ValueRanges::infer_end(const ILayer& layer, const ITensor& tensor, int32_t axis, bool at_high) {
  std::vector<InferInput> inputs(static_cast<size_t>(layer.getNbInputs()));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ITensor* input = layer.getInput(static_cast<int32_t>(i));
    inputs[i].present = input != nullptr;
    if (input == nullptr) continue;
    inputs[i].type = {input->getType(), input->getDimensions()};
    inputs[i].value = input->shape_value() ? &*input->shape_value() : nullptr;
    Dims& dims = inputs[i].type.dims;
    for (int32_t j = 0; j < dims.nbDims; ++j) {
      if (dims.d[j] < 0 && !put_end(of_dim(*input, j), at_high, dims.d[j])) return -1;
    }
  }
  try {
    return layer.infer(inputs)[static_cast<size_t>(tensor.producer_output())].dims.d[axis];
  } catch (const Error&) {
    return -1;  // the input sizes at this end do not fit together
  }
}

Interval ValueRanges::of_element(const ITensor& tensor, int64_t element) {
  const Key key{&tensor, element};
  const auto found = elements_.find(key);
  if (found != elements_.end()) return found->second;
  const Interval range = find_element(tensor, element);
  elements_[key] = range;
  return range;
}

Interval ValueRanges::find_element(const ITensor& tensor, int64_t element) {
  const auto& value = tensor.shape_value();
  if (value && value->elements[static_cast<size_t>(element)] != ShapeValue::kUnknown) {
    const int64_t known = value->elements[static_cast<size_t>(element)];
    return point(is_floating_point(tensor.getType()) ? to_real(known) : static_cast<double>(known));
  }
  const ILayer& layer = *tensor.producer();
  if (layer.getType() == LayerType::kINPUT) return of_value(tensor, element);
  return layer.range_of(element, *this);
}

Interval ValueRanges::of_operand(const ILayer& layer, int32_t index, int64_t element) {
  const ITensor& operand = *layer.getInput(index);
  const Dims dims = operand.getDimensions();
  if (!is_one_dimensional(dims) || !is_one_dimensional(layer.getOutput(0)->getDimensions())) return everything();
  return of_element(operand, dims.volume() == 1 ? 0 : element);
}

namespace {

struct Search {
  std::vector<DimOrigin> found;
  std::unordered_set<const ITensor*> seen;
  bool of_sizes_only = true;
};

void look_behind(const ITensor& tensor, Search& search);

// Finds the input dimensions behind a dimension.
void look_behind_dim(const DimOrigin& origin, Search& search) {
  if (origin.tensor->getDimensions().d[origin.axis] >= 0) return;
  const ILayer& layer = *origin.tensor->producer();
  if (layer.getType() == LayerType::kINPUT) {
    if (std::find(search.found.begin(), search.found.end(), origin) == search.found.end()) {
      search.found.push_back(origin);
    }
    return;
  }
  if (layer.sizes_depend_on_data()) {
    search.of_sizes_only = false;
    return;
  }
  if (!search.seen.insert(origin.tensor).second) return;
  if (const ITensor* sizes = layer.size_input()) return look_behind(*sizes, search);
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor* input = layer.getInput(i);
    for (int32_t j = 0; input != nullptr && j < input->getDimensions().nbDims; ++j) {
      look_behind_dim(origin_of_dim(*input, j), search);
    }
  }
}

void look_behind(const ITensor& tensor, Search& search) {
  const ILayer& layer = *tensor.producer();
  if (layer.getType() == LayerType::kCONSTANT || !search.seen.insert(&tensor).second) return;
  if (layer.getType() == LayerType::kINPUT) {
    search.of_sizes_only = false;
    return;
  }
  if (const InputDim measured = layer.measured_dim(0); measured.input >= 0) {
    const ITensor& input = *layer.getInput(measured.input);
    for (int32_t i = 0; i < input.getDimensions().nbDims; ++i) look_behind_dim(origin_of_dim(input, i), search);
    return;
  }
  // An element taken alone from a shape is distinguished from its neighbors.
  const auto whole = tensor.getDimensions().volume() == 1 ? origin_of_element(tensor, 0) : std::nullopt;
  if (whole) return look_behind_dim(*whole, search);
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    if (layer.getInput(i) != nullptr) look_behind(*layer.getInput(i), search);
  }
}

}  // namespace

std::vector<DimOrigin> sizes_behind(const ITensor& tensor, bool& of_sizes_only) {
  Search search;
  look_behind(tensor, search);
  of_sizes_only = search.of_sizes_only;
  return search.found;
}

namespace {

using Op = ElementWiseOperation;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Interval kEither = {0, 1};

// For functions whose extremes are at the corners of the ranges.
template <typename F>
Interval at_corners(const Interval& a, const Interval& b, F f) {
  const double corners[] = {f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)};
  return {*std::min_element(std::begin(corners), std::end(corners)),
          *std::max_element(std::begin(corners), std::end(corners))};
}

double product(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }
double quotient(double a, double b) { return std::isinf(a) && std::isinf(b) ? 0 : a / b; }

Interval divide(Op operation, const Interval& a, const Interval& b, bool integral) {
  if (b.low <= 0 && b.high >= 0) return everything();
  const Interval exact = at_corners(a, b, quotient);
  if (operation == Op::kFLOOR_DIV) return {std::floor(exact.low), std::floor(exact.high)};
  return integral ? Interval{std::trunc(exact.low), std::trunc(exact.high)} : exact;
}

// Within one period the remainder grows with a.
Interval remainder(Op operation, const Interval& a, const Interval& b, bool integral) {
  if (b.low <= 0 || (operation == Op::kFMOD && a.low < 0)) return everything();
  if (b.is_point() && std::floor(a.low / b.low) == std::floor(a.high / b.low)) {
    const double start = std::floor(a.low / b.low) * b.low;
    return {a.low - start, a.high - start};
  }
  return {0, integral ? b.high - 1 : b.high};
}

Interval equal(const Interval& a, const Interval& b) {
  if (a.high < b.low || b.high < a.low) return {0, 0};
  return a.is_point() && b.is_point() ? Interval{1, 1} : kEither;
}

Interval greater(const Interval& a, const Interval& b) {
  if (a.low > b.high) return {1, 1};
  return a.high <= b.low ? Interval{0, 0} : kEither;
}

Interval power(const Interval& a, const Interval& b) {
  if (a.low < 0 || !b.is_point() || b.low < 0) return everything();
  return {std::pow(a.low, b.low), std::pow(a.high, b.low)};
}

bool grows(UnaryOperation operation) {
  using Unary = UnaryOperation;
  for (const Unary other : {Unary::kFLOOR, Unary::kCEIL, Unary::kROUND, Unary::kSQRT, Unary::kEXP, Unary::kLOG,
                            Unary::kLOG2, Unary::kLOG10, Unary::kSIGN}) {
    if (operation == other) return true;
  }
  return false;
}

// Unbounded if the result may be NaN, e.g. the root of a possibly negative range.
Interval checked(const Interval& x) { return x.low <= x.high ? x : everything(); }

}  // namespace

Interval everything() { return {-kInfinity, kInfinity}; }

Interval hull(const Interval& a, const Interval& b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

Interval apply_elementwise(Op operation, const Interval& a, const Interval& b, bool integral) {
  switch (operation) {
    case Op::kSUM:
      return checked({a.low + b.low, a.high + b.high});
    case Op::kSUB:
      return checked({a.low - b.high, a.high - b.low});
    case Op::kPROD:
      return at_corners(a, b, product);
    case Op::kMAX:
    case Op::kOR:
      return {std::max(a.low, b.low), std::max(a.high, b.high)};
    case Op::kMIN:
    case Op::kAND:
      return {std::min(a.low, b.low), std::min(a.high, b.high)};
    case Op::kDIV:
    case Op::kFLOOR_DIV:
      return divide(operation, a, b, integral);
    case Op::kFMOD:
    case Op::kREMAINDER:
      return remainder(operation, a, b, integral);
    case Op::kEQUAL:
      return equal(a, b);
    case Op::kGREATER:
      return greater(a, b);
    case Op::kLESS:
      return greater(b, a);
    case Op::kXOR: {
      const Interval same = equal(a, b);
      return {1 - same.high, 1 - same.low};
    }
    case Op::kPOW:
      return checked(power(a, b));
    case Op::kATAN2:
    case Op::kBIT_AND:
    case Op::kBIT_OR:
    case Op::kBIT_XOR:
      return everything();
  }
  return everything();
}

Interval apply_unary(UnaryOperation operation, const Interval& x) {
  if (operation == UnaryOperation::kNEG) return {-x.high, -x.low};
  if (operation == UnaryOperation::kNOT) return {1 - x.high, 1 - x.low};
  if (operation == UnaryOperation::kABS) {
    const double far = std::max(std::abs(x.low), std::abs(x.high));
    return {x.low <= 0 && x.high >= 0 ? 0 : std::min(std::abs(x.low), std::abs(x.high)), far};
  }
  if (!grows(operation)) return everything();
  return checked({apply_unary(operation, x.low), apply_unary(operation, x.high)});
}

Interval cast(const Interval& x, DataType to) {
  if (is_floating_point(to)) return x;
  if (is_integral(to)) return {std::trunc(x.low), std::trunc(x.high)};
  if (x.low > 0 || x.high < 0) return {1, 1};
  return x.is_point() ? Interval{0, 0} : kEither;
}

}  // namespace torch_tensorrt::network
