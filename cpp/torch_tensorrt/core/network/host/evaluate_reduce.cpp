#include <vector>

#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/host/evaluate_families.h"
#include "torch_tensorrt/core/network/host/scalar_formulas.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

struct Row {
  ReduceOperation operation;
  ElementWiseOperation combine;
  double start;
  bool takes_first;  // starts with the first element
};
constexpr Row kRows[] = {
    {ReduceOperation::kSUM, ElementWiseOperation::kSUM, 0, false},
    {ReduceOperation::kAVG, ElementWiseOperation::kSUM, 0, false},
    {ReduceOperation::kPROD, ElementWiseOperation::kPROD, 1, false},
    {ReduceOperation::kMAX, ElementWiseOperation::kMAX, 0, true},
    {ReduceOperation::kMIN, ElementWiseOperation::kMIN, 0, true},
};

const Row& row_of(const IReduceLayer& layer) {
  for (const Row& row : kRows) {
    if (row.operation == layer.getOperation()) return row;
  }
  TORCHTRT_THROW_ERROR(describe(layer) << ": the reduction has no formula");
}

bool is_reduced(const IReduceLayer& layer, int32_t axis) { return (layer.getReduceAxes() >> axis & 1U) != 0; }

// Strides of the result over the input's dims: 0 along reduced dims.
Strides result_strides(const IReduceLayer& layer, const Dims& dims) {
  Strides strides{};
  int64_t step = 1;
  for (int32_t i = dims.nbDims - 1; i >= 0; --i) {
    if (is_reduced(layer, i)) continue;
    strides[static_cast<size_t>(i)] = step;
    step *= dims.d[i];
  }
  return strides;
}

// T is double for floats and int64_t for all other dtypes.
template <typename T, typename Load>
std::vector<T> reduced(const IReduceLayer& layer, const Dims& dims, int64_t results, Load load) {
  const Row& row = row_of(layer);
  std::vector<T> values(static_cast<size_t>(results), static_cast<T>(row.start));
  std::vector<bool> has_first(row.takes_first ? static_cast<size_t>(results) : 0);
  int64_t i = 0;
  walk<1>(dims, {result_strides(layer, dims)}, [&](const std::array<int64_t, 1>& at) {
    const auto place = static_cast<size_t>(at[0]);
    const T element = load(i++);
    if (row.takes_first && !has_first[place]) {
      has_first[place] = true;
      values[place] = element;
      return;
    }
    values[place] = apply_elementwise(row.combine, values[place], element);
  });
  return values;
}

}  // namespace

void IReduceLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  const Dims& dims = inputs[0].type.dims;
  const DataType type = output.type.dtype;
  const int64_t results = output.type.dims.volume();
  TORCHTRT_CHECK(!row_of(*this).takes_first || dims.volume() > 0 || results == 0,
                 describe(*this) << ": no element to choose from in " << to_string(dims));
  if (!is_floating_point(type)) {
    const auto values =
        reduced<int64_t>(*this, dims, results, [&](int64_t i) { return load_integer(type, inputs[0].values(), i); });
    for (int64_t i = 0; i < results; ++i) store_integer(type, output.values, i, values[static_cast<size_t>(i)]);
    return;
  }
  const auto values =
      reduced<double>(*this, dims, results, [&](int64_t i) { return load_double(type, inputs[0].values(), i); });
  const bool is_average = operation_ == ReduceOperation::kAVG;
  const double count = results == 0 ? 1 : static_cast<double>(dims.volume()) / static_cast<double>(results);
  for (int64_t i = 0; i < results; ++i) {
    const double value = values[static_cast<size_t>(i)];
    store_double(type, output.values, i, is_average ? value / count : value);
  }
}

}  // namespace torch_tensorrt::network
