#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/prepare/facts.h"
#include "torch_tensorrt/core/backends/tensorrt/support.h"
#include "torch_tensorrt/core/backends/tensorrt/translator.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers that combine the elements along an axis.
namespace torch_tensorrt::backends::tensorrt {
namespace {

using Binary = trt::ElementWiseOperation;
using network::CumulativeOperation;
using network::ReduceOperation;
using trt::DataType;

static_assert(static_cast<int32_t>(ReduceOperation::kAVG) == static_cast<int32_t>(trt::ReduceOperation::kAVG));
static_assert(static_cast<int32_t>(network::TopKOperation::kMIN) == static_cast<int32_t>(trt::TopKOperation::kMIN));

bool adds_up(ReduceOperation operation) {
  return operation == ReduceOperation::kSUM || operation == ReduceOperation::kPROD ||
         operation == ReduceOperation::kAVG;
}

// An average of this many elements may run in f16, as in poolings: its result and its rounding stay in their range.
constexpr int64_t kFewElements = 1024;

bool averages_few(const network::IReduceLayer& layer) {
  if (layer.getOperation() != ReduceOperation::kAVG) return false;
  int64_t count = 1;
  for (int32_t i = 0; i < layer.getInput(0)->getDimensions().nbDims; ++i) {
    if ((layer.getReduceAxes() >> i & 1U) == 0) continue;
    const auto size = largest_size(layer, i);
    if (!size || *size > kFewElements) return false;
    count *= *size;
  }
  return count <= kFewElements;
}

// Reduces one dimension after another.
trt::ITensor& reduce_by_steps(Translator& t, trt::ReduceOperation operation, trt::ITensor& x, uint32_t axes,
                              bool keep) {
  trt::ITensor* result = &x;
  for (int32_t axis = x.getDimensions().nbDims - 1; axis >= 0; --axis) {
    if ((axes >> axis & 1U) != 0) result = &reduce(t, operation, *result, uint32_t{1} << axis, keep);
  }
  return *result;
}

// log softmax(x) = x - m - log(sum(exp(x - m))) with the maximum m.
trt::ITensor& log_softmax(Translator& t, trt::ITensor& x, uint32_t axes) {
  const Translator::KeepF32 keep(t);
  trt::ITensor& shifted = binary(t, Binary::kSUB, x, reduce(t, trt::ReduceOperation::kMAX, x, axes, true));
  trt::ITensor& sum = reduce(t, trt::ReduceOperation::kSUM, unary(t, shifted, trt::UnaryOperation::kEXP), axes, true);
  return binary(t, Binary::kSUB, shifted, unary(t, sum, trt::UnaryOperation::kLOG));
}

trt::ITensor& plain_softmax(Translator& t, trt::ITensor& x, uint32_t axes) {
  auto* made = t.target().addSoftMax(x);
  if (made != nullptr) made->setAxes(axes);
  return t.output_of(made);
}

// ---- running results -----------------------------------------------------------------------------------------------

struct Running {
  Binary combine;
  trt::SampleMode outside;  // elements before the first one
  double fill;
};

Running running(CumulativeOperation operation) {
  switch (operation) {
    case CumulativeOperation::kSUM:
      return {Binary::kSUM, trt::SampleMode::kFILL, 0};
    case CumulativeOperation::kPROD:
      return {Binary::kPROD, trt::SampleMode::kFILL, 1};
    case CumulativeOperation::kMAX:
      return {Binary::kMAX, trt::SampleMode::kCLAMP, 0};
    case CumulativeOperation::kMIN:
      return {Binary::kMIN, trt::SampleMode::kCLAMP, 0};
  }
  TORCHTRT_THROW_ERROR("the cumulative operation is unknown");
}

// Shifts the tensor along the axis: element i of the result is element i - distance.
trt::ITensor& moved(Translator& t, trt::ITensor& x, int32_t axis, int64_t distance, const Running& rule) {
  const trt::Dims dims = x.getDimensions();
  trt::Dims start = dims;
  trt::Dims stride = dims;
  std::fill(start.d, start.d + dims.nbDims, 0);
  std::fill(stride.d, stride.d + dims.nbDims, 1);
  start.d[axis] = -distance;
  auto& made = t.added(t.target().addSlice(x, start, is_static(dims) ? dims : stride, stride));
  if (!is_static(dims)) made.setInput(2, shape(t, x));
  made.setMode(rule.outside);
  if (rule.outside == trt::SampleMode::kFILL) made.setInput(4, number(t, rule.fill, x.getType(), 0));
  return *made.getOutput(0);
}

}  // namespace

void translate_reduce(Translator& t) {
  const auto& layer = t.layer<network::IReduceLayer>();
  trt::ITensor& x = t.input(0);
  const DataType type = x.getType();
  if (layer.getReduceAxes() == 0) {
    t.give(x);
    return;
  }
  const auto operation = static_cast<trt::ReduceOperation>(layer.getOperation());
  const auto how = follows_moved_copy(layer) ? reduce_by_steps : reduce;
  const auto apply = [&](trt::ITensor& value) -> trt::ITensor& {
    return how(t, operation, value, layer.getReduceAxes(), layer.getKeepDimensions());
  };
  if (type == DataType::kBOOL) {
    t.give(binary(t, Binary::kGREATER, apply(cast(t, x, DataType::kINT32)), 0.0));
    return;
  }
  if (!adds_up(layer.getOperation())) {
    t.give(apply(x));
    return;
  }
  // In f32 an average would cost two conversions of layout, a notable time in networks with global poolings.
  const Translator::KeepF32 keep(t, !averages_few(layer));
  t.give(cast(t, apply(widened(t, x)), type));
}

void translate_softmax(Translator& t) {
  const auto& layer = t.layer<network::ISoftMaxLayer>();
  trt::ITensor& given = t.input(0);
  const int32_t rank = given.getDimensions().nbDims;
  // TensorRT's softmax needs a dimension beside the one that it runs over.
  const int32_t missing = std::max(0, 2 - rank);
  trt::ITensor& x = with_rank(t, given, 2);
  const uint32_t axes = rank == 0 ? 2U : layer.getAxes() << missing;
  trt::ITensor& result =
      layer.getLog() ? cast(t, log_softmax(t, widened(t, x), axes), given.getType()) : plain_softmax(t, x, axes);
  std::vector<int32_t> added;
  for (int32_t i = 0; i < missing; ++i) added.push_back(i);
  t.give(added.empty() ? result : squeeze(t, result, added));
}

namespace {

// The largest (or smallest) integer and its first index: TensorRT's top-k takes only floats.
void give_best_integer(Translator& t, trt::ITensor& x, int32_t axis, bool largest, DataType index_type) {
  const uint32_t axes = 1U << axis;
  const auto best_of = largest ? trt::ReduceOperation::kMAX : trt::ReduceOperation::kMIN;
  trt::ITensor& best = reduce(t, best_of, x, axes, /*keep=*/true);
  std::vector<int64_t> along(static_cast<size_t>(x.getDimensions().nbDims), 1);
  along[static_cast<size_t>(axis)] = -1;
  trt::ITensor& all = reshape(t, places(t, x, axis), along);
  trt::ITensor& behind = number(t, static_cast<double>(kMaxVolume), all);
  trt::ITensor& where = select(t, binary(t, Binary::kEQUAL, x, best), all, behind);
  t.give(best, 0);
  t.give(cast(t, reduce(t, trt::ReduceOperation::kMIN, where, axes, /*keep=*/true), index_type), 1);
}

}  // namespace

// TensorRT specifies neither NaN, which PyTorch counts as the largest, nor which of equal elements comes first.
void translate_topk(Translator& t) {
  const auto& layer = t.layer<network::ITopKLayer>();
  trt::ITensor& given = t.input(0);
  if (!is_float(given.getType())) {
    give_best_integer(t, given, __builtin_ctz(layer.getReduceAxes()),
                      layer.getOperation() == network::TopKOperation::kMAX, to_trt(layer.getIndicesType()));
    return;
  }
  const bool flat = given.getDimensions().nbDims == 1;
  trt::ITensor& x = with_rank(t, given, 2);
  auto& made = t.added(t.target().addTopK(x, static_cast<trt::TopKOperation>(layer.getOperation()),
                                          static_cast<int32_t>(layer.getK()), layer.getReduceAxes() << (flat ? 1 : 0)));
  const auto shaped = [&](int32_t i) -> trt::ITensor& {
    trt::ITensor& output = *made.getOutput(i);
    return flat ? squeeze(t, output, {0}) : output;
  };
  t.give(shaped(0), 0);
  t.give(cast(t, shaped(1), to_trt(layer.getIndicesType())), 1);
}

// Each step combines every element with the element a power of two before it.
void translate_cumulative(Translator& t) {
  const auto& layer = t.layer<network::ICumulativeLayer>();
  const Running rule = running(layer.getOperation());
  const int64_t size = largest_size(layer, layer.getAxis()).value();
  const Translator::KeepF32 keep(t);
  trt::ITensor* result = &widened(t, t.input(0));
  for (int64_t distance = 1; distance < size; distance *= 2) {
    result = &binary(t, rule.combine, *result, moved(t, *result, layer.getAxis(), distance, rule));
  }
  t.give(cast(t, *result, t.input(0).getType()));
}

// ---- normalization -------------------------------------------------------------------------------------------------

namespace {

using network::INormalizationLayer;
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
  return reduce(t, trt::ReduceOperation::kAVG, x, axes, /*keep=*/true);
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
