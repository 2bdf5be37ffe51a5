#include "torch_tensorrt/core/conversion/converters/impl/numbers.h"

#include <cmath>

#include "ATen/ops/scalar_tensor.h"
#include "c10/core/DefaultDtype.h"

namespace torch_tensorrt::core::conversion::converters {

using nvinfer1::ElementWiseOperation;

bool is_rounded_by(at::ScalarType type, const Operand& operand) {
  if (!at::isReducedFloatingType(type)) return false;
  if (operand.tensor != nullptr) return rank(operand.tensor) == 0 && scalar_type(operand.tensor) != type;
  const double exact = operand.number.toDouble();
  const double rounded = at::scalar_tensor(exact, at::TensorOptions().dtype(at::kDouble)).to(type).item().toDouble();
  return !std::isnan(exact) && rounded != exact;
}

at::ScalarType default_float() { return c10::get_default_dtype_as_scalartype(); }

Centered centered(ConversionCtx* ctx, ITensor* x, uint32_t axes) {
  const auto mean_of = [&](ITensor* values) {
    return reduce(ctx, nvinfer1::ReduceOperation::kAVG, values, axes, /*keep=*/true);
  };
  auto* mean = mean_of(x);
  auto* distances = apply(ctx, ElementWiseOperation::kSUB, x, mean);
  auto* rest = mean_of(distances);
  return {apply(ctx, ElementWiseOperation::kSUB, distances, rest), apply(ctx, ElementWiseOperation::kSUM, mean, rest)};
}

}  // namespace torch_tensorrt::core::conversion::converters
