#include "torch_tensorrt/core/backends/tensorrt/translate/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/translate/translator.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using Binary = trt::ElementWiseOperation;
using network::INormalizationLayer;
using trt::ReduceOperation;
using trt::UnaryOperation;

// TensorRT's layer normalizes the last dimensions only. TensorRT 10.6 was seen to find no kernel if these have one
// element.
bool has_native(uint32_t axes, const trt::Dims& dims) {
  const uint32_t all = (uint32_t{1} << dims.nbDims) - 1;
  const uint32_t others = all & ~axes;
  bool is_one = true;
  for (int32_t i = 0; i < dims.nbDims; ++i) is_one = is_one && ((axes >> i & 1U) == 0 || dims.d[i] == 1);
  return (others & (others + 1)) == 0 && !is_one;
}

trt::ITensor& mean(Translator& t, trt::ITensor& x, uint32_t axes) {
  return reduce(t, ReduceOperation::kAVG, x, axes, /*keep=*/true);
}

// centered / sqrt(mean(centered^2) + epsilon)
trt::ITensor& by_deviation(Translator& t, trt::ITensor& centered, uint32_t axes, double epsilon) {
  trt::ITensor& square = mean(t, binary(t, Binary::kPROD, centered, centered), axes);
  trt::ITensor& deviation = unary(t, binary(t, Binary::kSUM, square, epsilon), UnaryOperation::kSQRT);
  return binary(t, Binary::kDIV, centered, deviation);
}

trt::ITensor& native(Translator& t, trt::ITensor& x, uint32_t axes, double epsilon, trt::ITensor& scale,
                     trt::ITensor& bias) {
  auto& made = t.added(t.target().addNormalization(x, scale, bias, axes));
  made.setEpsilon(static_cast<float>(epsilon));
  return *made.getOutput(0);
}

// The normalization without scale and bias.
trt::ITensor& plain(Translator& t, const INormalizationLayer& layer, trt::ITensor& x, uint32_t axes) {
  const auto epsilon = layer.getEpsilon();
  if (layer.getRms()) return by_deviation(t, x, axes, epsilon);
  if (has_native(axes, x.getDimensions())) {
    return native(t, x, axes, layer.getEpsilon(), number(t, 1, x), number(t, 0, x));
  }
  // Subtract the mean twice: far from 0 the first mean is rounded by more than the distances, whose own mean is small.
  trt::ITensor& distances = binary(t, Binary::kSUB, x, mean(t, x, axes));
  return by_deviation(t, binary(t, Binary::kSUB, distances, mean(t, distances, axes)), axes, epsilon);
}

// N x C x ... seen as N x groups x the rest.
trt::ITensor& grouped(Translator& t, const INormalizationLayer& layer, trt::ITensor& x) {
  trt::ITensor& groups = reshape(t, x, std::vector<int64_t>{0, layer.getNbGroups(), -1});
  trt::ITensor& normal = plain(t, layer, groups, /*axes=*/4U);
  return reshape(t, normal, shape(t, x));
}

struct Affine {
  trt::ITensor* scale = nullptr;
  trt::ITensor* bias = nullptr;
};

Affine affine_of(Translator& t, const INormalizationLayer& layer, trt::DataType type, int32_t rank) {
  Affine affine;
  const auto operand = [&](int32_t i) { return &with_rank(t, cast(t, t.input(i), type), rank); };
  if (layer.getHasScale()) affine.scale = operand(1);
  if (layer.getHasBias()) affine.bias = operand(layer.getHasScale() ? 2 : 1);
  return affine;
}

bool same_dims(const trt::Dims& a, const trt::Dims& b) {
  bool same = a.nbDims == b.nbDims;
  for (int32_t i = 0; same && i < a.nbDims; ++i) same = a.d[i] == b.d[i] && a.d[i] >= 0;
  return same;
}

trt::ITensor& normalized(Translator& t, const INormalizationLayer& layer, trt::ITensor& x) {
  const int32_t rank = x.getDimensions().nbDims;
  const Affine affine = affine_of(t, layer, x.getType(), rank);
  const bool whole = affine.scale != nullptr && affine.bias != nullptr &&
                     same_dims(affine.scale->getDimensions(), affine.bias->getDimensions());
  if (whole && !layer.getRms() && layer.getNbGroups() == 1 && has_native(layer.getAxes(), x.getDimensions())) {
    return native(t, x, layer.getAxes(), layer.getEpsilon(), *affine.scale, *affine.bias);
  }
  trt::ITensor* result = layer.getNbGroups() > 1 ? &grouped(t, layer, x) : &plain(t, layer, x, layer.getAxes());
  if (affine.scale != nullptr) result = &binary(t, Binary::kPROD, *result, *affine.scale);
  if (affine.bias != nullptr) result = &binary(t, Binary::kSUM, *result, *affine.bias);
  return *result;
}

}  // namespace

void translate_normalization(Translator& t) {
  const Translator::KeepF32 keep(t);
  trt::ITensor& x = t.input(0);
  t.give(cast(t, normalized(t, t.layer<INormalizationLayer>(), widened(t, x)), x.getType()));
}

}  // namespace torch_tensorrt::backends::tensorrt
