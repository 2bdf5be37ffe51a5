#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <limits>

#include "conformance/bounds.h"
#include "conformance/case.h"
#include "torch_tensorrt/core/engine/tactics/aten/tensors.h"
#include "torch_tensorrt/core/network/enum_names.h"

namespace torch_tensorrt::conformance {
namespace {

at::Tensor uniform(const std::vector<int64_t>& dims, double low, double high, at::Generator generator) {
  return at::empty(dims, at::kDouble).uniform_(low, high, std::move(generator));
}

at::Tensor whole(const std::vector<int64_t>& dims, int64_t low, int64_t high, at::Generator generator) {
  return at::randint(low, high, dims, std::move(generator), at::TensorOptions().dtype(at::kLong)).to(at::kDouble);
}

at::Tensor with_special(at::Tensor tensor) {
  at::Tensor flat = tensor.view({-1});
  const double special[] = {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::quiet_NaN()};
  for (int64_t i = 0; i < flat.numel(); i += 3) flat[i].fill_(special[i / 3 % 3]);
  return tensor;
}

at::Tensor draw(const InputSpec& spec, at::Generator generator) {
  const bool is_float = network::is_floating_point(spec.type);
  switch (spec.fill) {
    case Fill::kNormal:
      if (spec.type == DataType::kBOOL) return whole(spec.dims, 0, 2, generator);
      if (spec.type == DataType::kUINT8) return whole(spec.dims, 0, 9, generator);
      if (!is_float) return whole(spec.dims, -4, 5, generator);
      return at::empty(spec.dims, at::kDouble).normal_(0, 1, generator);
    case Fill::kPositive:
      return is_float ? uniform(spec.dims, 0.1, 2, generator) : whole(spec.dims, 1, 6, generator);
    case Fill::kUnit:
      return uniform(spec.dims, -0.95, 0.95, generator);
    case Fill::kAboveOne:
      return uniform(spec.dims, 1.05, 3, generator);
    case Fill::kHalves:
      return whole(spec.dims, -9, 10, generator) * 0.5;
    case Fill::kSpecial:
      return with_special(at::empty(spec.dims, at::kDouble).normal_(0, 1, generator));
    case Fill::kIndices:
      return whole(spec.dims, -spec.limit, spec.limit, generator);
    case Fill::kBytes:
      if (spec.type == DataType::kUINT8) return whole(spec.dims, 0, 256, generator);
      return whole(spec.dims, -128, 128, generator);
    case Fill::kLarge:
      return uniform(spec.dims, 30000, 60000, generator);
    case Fill::kTiny:
      return uniform(spec.dims, 1e-7, 1e-4, generator);
    case Fill::kDistinct: {
      const int64_t count = c10::multiply_integers(spec.dims);
      return (at::randperm(count, generator).to(at::kDouble) - static_cast<double>(count / 2)).reshape(spec.dims);
    }
  }
  return {};
}

}  // namespace

at::ScalarType scalar_type(DataType type) { return engine::aten::scalar_type(type); }

Tolerance rounding(DataType type, double steps, const char* reason, double low_steps) {
  const double f32 = std::ldexp(1.0, -24);
  if (type == DataType::kFLOAT) return {f32 * steps, f32 * steps, reason};
  if (type == DataType::kDOUBLE) return {std::ldexp(steps, -53), std::ldexp(steps, -53), reason};
  const auto format = low_format(type);
  if (!format) return {0, 0, reason};
  const double low = format->unit * (low_steps == 0 ? steps : low_steps);
  return {low, low, reason, f32 * steps, f32 * steps};
}

at::Tensor random_tensor(const InputSpec& spec, uint64_t seed) {
  if (!spec.values.empty()) return at::tensor(spec.values, at::kLong).reshape(spec.dims).to(scalar_type(spec.type));
  return (draw(spec, at::detail::createCPUGenerator(seed)) * spec.scale).to(scalar_type(spec.type));
}

network::Weights weights_of(INetworkDefinition& network, const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  const auto type = engine::aten::find_data_type(dense.scalar_type());
  return network.own(type.value(), dense.const_data_ptr(), dense.numel());
}

network::Permutation permutation(const std::vector<int32_t>& order) {
  network::Permutation result;
  std::copy(order.begin(), order.end(), result.order);
  return result;
}

const std::vector<DataType>& float_types() {
  static const std::vector<DataType> types = {DataType::kFLOAT, DataType::kHALF, DataType::kBF16, DataType::kDOUBLE};
  return types;
}

std::string join(const std::string& name, DataType type) { return name + "_" + network::enum_name(type); }

const Cases& all_cases() {
  static const Cases cases = [] {
    Cases all;
    for (auto* make : {pointwise_cases, convolution_cases, pooling_cases, matrix_multiply_cases, reduction_cases,
                       normalization_cases, movement_cases, slice_cases, gather_cases, resize_cases, ordering_cases,
                       scatter_cases, attention_cases, recurrent_cases, quantization_cases}) {
      for (Case& row : make()) all.push_back(std::move(row));
    }
    return all;
  }();
  return cases;
}

}  // namespace torch_tensorrt::conformance
