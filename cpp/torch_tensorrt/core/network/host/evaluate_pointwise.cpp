#include <cmath>

#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/host/evaluate_families.h"
#include "torch_tensorrt/core/network/host/scalar_formulas.h"

// Layers that compute each element of the result from the elements at the same place.
namespace torch_tensorrt::network {

Strides row_major_strides(const Dims& dims) {
  Strides strides{};
  int64_t step = 1;
  for (int32_t i = dims.nbDims - 1; i >= 0; --i) {
    strides[static_cast<size_t>(i)] = step;
    step *= dims.d[i];
  }
  return strides;
}

Strides broadcast_strides(const Dims& operand, const Dims& result) {
  const Strides own = row_major_strides(operand);
  Strides strides{};
  const int32_t skipped = result.nbDims - operand.nbDims;
  for (int32_t i = 0; i < operand.nbDims; ++i) {
    strides[static_cast<size_t>(skipped + i)] = operand.d[i] == 1 ? 0 : own[static_cast<size_t>(i)];
  }
  return strides;
}

namespace {

// Integers and bools are computed in 64 bits, floats in double.
bool is_exact(DataType type) { return !is_floating_point(type); }

template <typename F>
void map_doubles(const HostTensor& input, const MutableTensor& output, F f) {
  const int64_t count = output.type.dims.volume();
  for (int64_t i = 0; i < count; ++i) {
    store_double(output.type.dtype, output.values, i, f(load_double(input.type.dtype, input.values(), i)));
  }
}

template <typename F>
void map_integers(const HostTensor& input, const MutableTensor& output, F f) {
  const int64_t count = output.type.dims.volume();
  for (int64_t i = 0; i < count; ++i) {
    store_integer(output.type.dtype, output.values, i, f(load_integer(input.type.dtype, input.values(), i)));
  }
}

// Wraps around at the smallest number, as PyTorch does.
int64_t negated(int64_t x) { return static_cast<int64_t>(0 - static_cast<uint64_t>(x)); }

int64_t integer_unary(UnaryOperation operation, int64_t x) {
  if (operation == UnaryOperation::kABS) return x < 0 ? negated(x) : x;
  if (operation == UnaryOperation::kNEG) return negated(x);
  return static_cast<int64_t>(apply_unary(operation, static_cast<double>(x)));
}

// Only kRELU and kCLIP have a form for integers; a bound is truncated to an integer.
int64_t integer_activation(const IActivationLayer& layer, int64_t x) {
  const auto value = static_cast<double>(x);
  const double result = apply_activation(layer.getActivationType(), value, layer.getAlpha(), layer.getBeta());
  return result == value ? x : static_cast<int64_t>(result);
}

double weight_at(const Weights& weights, int64_t index, double missing) {
  return weights.count == 0 ? missing : load_double(weights.type, weights.values, index);
}

// Strides of the weights over the elements of the input.
Strides weight_strides(const IScaleLayer& layer, const Dims& dims) {
  Strides strides{};
  if (layer.getMode() == ScaleMode::kUNIFORM) return strides;
  if (layer.getMode() == ScaleMode::kCHANNEL) {
    strides[static_cast<size_t>(layer.getChannelAxis())] = 1;
    return strides;
  }
  strides = row_major_strides(dims);
  strides[0] = 0;
  return strides;
}

double epilogue_value(const EpilogueOp& op, double value, const HostTensor* operand, int64_t place) {
  if (op.kind == EpilogueOp::Kind::kActivation) return apply_activation(op.activation, value, op.alpha, op.beta);
  if (op.kind == EpilogueOp::Kind::kQuantize) {
    const int64_t low = IQuantizeLayer::lowest(op.type);
    return static_cast<double>(quantize(static_cast<float>(value), static_cast<float>(op.alpha),
                                        static_cast<int64_t>(op.beta), low, IQuantizeLayer::highest(op.type)));
  }
  double other = load_double(operand->type.dtype, operand->values(), place);
  if (op.kind == EpilogueOp::Kind::kDequantize) return value * other;
  if (op.alpha != 0) other = (other - op.beta) * op.alpha;
  return op.swapped ? apply_elementwise(op.elementwise, other, value) : apply_elementwise(op.elementwise, value, other);
}

}  // namespace

void IActivationLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  if (is_exact(output.type.dtype)) {
    map_integers(inputs[0], output, [&](int64_t x) { return integer_activation(*this, x); });
    return;
  }
  map_doubles(inputs[0], output, [&](double x) { return apply_activation(type_, x, alpha_, beta_); });
}

void IElementWiseLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  const Dims& dims = output.type.dims;
  const DataType type = inputs[0].type.dtype;
  const std::array<Strides, 2> strides{broadcast_strides(inputs[0].type.dims, dims),
                                       broadcast_strides(inputs[1].type.dims, dims)};
  int64_t i = 0;
  walk<2>(dims, strides, [&](const std::array<int64_t, 2>& at) {
    if (is_exact(type)) {
      const int64_t value = apply_elementwise(operation_, load_integer(type, inputs[0].values(), at[0]),
                                              load_integer(type, inputs[1].values(), at[1]));
      store_integer(output.type.dtype, output.values, i++, value);
      return;
    }
    const double value = apply_elementwise(operation_, load_double(type, inputs[0].values(), at[0]),
                                           load_double(type, inputs[1].values(), at[1]));
    store_double(output.type.dtype, output.values, i++, value);
  });
}

void IUnaryLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  if (is_exact(inputs[0].type.dtype)) {
    map_integers(inputs[0], output, [&](int64_t x) { return integer_unary(operation_, x); });
    return;
  }
  map_doubles(inputs[0], output, [&](double x) { return apply_unary(operation_, x); });
}

void IScaleLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  const DataType type = output.type.dtype;
  const Dims& dims = output.type.dims;
  int64_t i = 0;
  walk<1>(dims, {weight_strides(*this, dims)}, [&](const std::array<int64_t, 1>& at) {
    double value = load_double(type, inputs[0].values(), i);
    value = value * weight_at(scale_, at[0], 1.0) + weight_at(shift_, at[0], 0.0);
    if (power_.count != 0) value = std::pow(value, weight_at(power_, at[0], 1.0));
    store_double(type, output.values, i++, value);
  });
}

void ICastLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  if (is_exact(inputs[0].type.dtype)) {
    map_integers(inputs[0], output, [](int64_t x) { return x; });
    return;
  }
  map_doubles(inputs[0], output, [](double x) { return x; });
}

void ISelectLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  const Dims& dims = output.type.dims;
  const DataType type = output.type.dtype;
  const std::array<Strides, 3> strides{broadcast_strides(inputs[0].type.dims, dims),
                                       broadcast_strides(inputs[1].type.dims, dims),
                                       broadcast_strides(inputs[2].type.dims, dims)};
  int64_t i = 0;
  walk<3>(dims, strides, [&](const std::array<int64_t, 3>& at) {
    const size_t chosen = load_integer(inputs[0].type.dtype, inputs[0].values(), at[0]) != 0 ? 1 : 2;
    if (is_exact(type)) {
      store_integer(type, output.values, i++, load_integer(type, inputs[chosen].values(), at[chosen]));
    } else {
      store_double(type, output.values, i++, load_double(type, inputs[chosen].values(), at[chosen]));
    }
  });
}

void apply_epilogue(const ILayer& layer, const std::vector<HostTensor>& inputs, const TensorType& type, void* values) {
  for (const EpilogueOp& op : layer.epilogue()) {
    const bool reads = op.reads_input();
    const HostTensor* operand = reads ? &inputs[static_cast<size_t>(op.input)] : nullptr;
    const Strides strides = reads ? broadcast_strides(operand->type.dims, type.dims) : Strides{};
    int64_t i = 0;
    walk<1>(type.dims, {strides}, [&](const std::array<int64_t, 1>& at) {
      store_double(type.dtype, values, i, epilogue_value(op, load_double(type.dtype, values, i), operand, at[0]));
      ++i;
    });
  }
}

}  // namespace torch_tensorrt::network
