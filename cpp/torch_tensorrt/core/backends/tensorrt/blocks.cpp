#include "torch_tensorrt/core/backends/tensorrt/blocks.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

// Both enums have nvinfer1's numbers; ours has more values behind TensorRT's last.
static_assert(static_cast<int32_t>(network::DataType::kINT4) == static_cast<int32_t>(trt::DataType::kINT4));
static_assert(static_cast<int32_t>(network::DataType::kBF16) == static_cast<int32_t>(trt::DataType::kBF16));
static_assert(static_cast<int32_t>(network::DataType::kINT64) == static_cast<int32_t>(trt::DataType::kINT64));

template <typename T>
trt::ITensor& filled(Translator& t, trt::DataType type, const trt::Dims& dims, const std::vector<T>& values) {
  void* memory = t.keep(std::max<size_t>(values.size(), 1) * sizeof(T));
  if (!values.empty()) std::memcpy(memory, values.data(), values.size() * sizeof(T));
  return t.constant(dims, {type, memory, static_cast<int64_t>(values.size())});
}

trt::Dims ones(int32_t rank) {
  trt::Dims dims;
  dims.nbDims = rank;
  std::fill(dims.d, dims.d + rank, 1);
  return dims;
}

std::vector<int64_t> to_vector(const trt::Dims& dims) { return {dims.d, dims.d + dims.nbDims}; }

trt::Dims from_vector(const std::vector<int64_t>& values) {
  trt::Dims dims;
  dims.nbDims = static_cast<int32_t>(values.size());
  std::copy(values.begin(), values.end(), dims.d);
  return dims;
}

// TensorRT's unary and activation layers take no scalars.
template <typename F>
trt::ITensor& around_scalar(Translator& t, trt::ITensor& x, F make) {
  if (x.getDimensions().nbDims > 0) return t.output_of(make(x));
  return reshape(t, t.output_of(make(reshape(t, x, std::vector<int64_t>{1}))), std::vector<int64_t>{});
}

// Reshapes to dims that may be known only at run time: entry i is the input's dimension from[i], or 1.
trt::ITensor& rearranged(Translator& t, trt::ITensor& x, const std::vector<int32_t>& from) {
  const trt::Dims dims = x.getDimensions();
  std::vector<int64_t> spec;
  for (const int32_t source : from) spec.push_back(source < 0 ? 1 : dims.d[source]);
  if (std::count(spec.begin(), spec.end(), -1) <= 1) {
    if (is_static(dims) && to_vector(dims) == spec) return x;
    // For a constant, add it again with the other dims, from the same memory.
    const trt::Weights* weights = is_static(dims) ? t.weights_of(x) : nullptr;
    if (weights != nullptr) return t.constant(from_vector(spec), *weights);
    auto* layer = t.target().addShuffle(x);
    if (layer != nullptr) {
      layer->setZeroIsPlaceholder(false);
      layer->setReshapeDimensions(from_vector(spec));
    }
    return t.output_of(layer);
  }
  std::vector<trt::ITensor*> parts;
  for (const int32_t source : from) parts.push_back(source < 0 ? &integers(t, {1}) : &size(t, x, source));
  return reshape(t, x, concatenate(t, parts, 0));
}

}  // namespace

trt::DataType to_trt(network::DataType type) { return static_cast<trt::DataType>(type); }

trt::Dims to_trt(const network::Dims& dims) { return from_vector(dims.to_vector()); }

trt::Permutation to_trt(const network::Permutation& permutation) {
  trt::Permutation result;
  std::copy(permutation.order, permutation.order + trt::Dims::MAX_DIMS, result.order);
  return result;
}

bool is_static(const trt::Dims& dims) {
  return std::all_of(dims.d, dims.d + dims.nbDims, [](int64_t dim) { return dim >= 0; });
}

bool is_float(trt::DataType type) {
  return type == trt::DataType::kFLOAT || type == trt::DataType::kHALF || type == trt::DataType::kBF16;
}

trt::ITensor& cast(Translator& t, trt::ITensor& x, trt::DataType type) {
  if (x.getType() == type) return x;
  return t.output_of(t.target().addCast(x, type));
}

trt::ITensor& to_bool(Translator& t, trt::ITensor& x) {
  return unary(t, binary(t, trt::ElementWiseOperation::kEQUAL, x, 0.0), trt::UnaryOperation::kNOT);
}

trt::ITensor& unary(Translator& t, trt::ITensor& x, trt::UnaryOperation operation) {
  return around_scalar(t, x, [&](trt::ITensor& y) { return t.target().addUnary(y, operation); });
}

trt::ITensor& activation(Translator& t, trt::ITensor& x, trt::ActivationType type, double alpha, double beta) {
  return around_scalar(t, x, [&](trt::ITensor& y) {
    auto* layer = t.target().addActivation(y, type);
    if (layer == nullptr) return layer;
    layer->setAlpha(static_cast<float>(alpha));
    layer->setBeta(static_cast<float>(beta));
    return layer;
  });
}

trt::ITensor& binary(Translator& t, trt::ElementWiseOperation operation, trt::ITensor& a, trt::ITensor& b) {
  const int32_t rank = std::max(a.getDimensions().nbDims, b.getDimensions().nbDims);
  return t.output_of(t.target().addElementWise(with_rank(t, a, rank), with_rank(t, b, rank), operation));
}

trt::ITensor& binary(Translator& t, trt::ElementWiseOperation operation, trt::ITensor& a, double b) {
  return binary(t, operation, a, number(t, b, a));
}

trt::ITensor& binary(Translator& t, trt::ElementWiseOperation operation, double a, trt::ITensor& b) {
  return binary(t, operation, number(t, a, b), b);
}

trt::ITensor& select(Translator& t, trt::ITensor& condition, trt::ITensor& then_value, trt::ITensor& else_value) {
  const int32_t rank = std::max(
      {condition.getDimensions().nbDims, then_value.getDimensions().nbDims, else_value.getDimensions().nbDims});
  return t.output_of(t.target().addSelect(with_rank(t, condition, rank), with_rank(t, then_value, rank),
                                          with_rank(t, else_value, rank)));
}

trt::ITensor& number(Translator& t, double value, trt::ITensor& like) {
  return number(t, value, like.getType(), like.getDimensions().nbDims);
}

trt::ITensor& number(Translator& t, double value, trt::DataType type, int32_t rank) {
  switch (type) {
    case trt::DataType::kINT32:
      return filled<int32_t>(t, type, ones(rank), {static_cast<int32_t>(value)});
    case trt::DataType::kINT64:
      return filled<int64_t>(t, type, ones(rank), {static_cast<int64_t>(value)});
    case trt::DataType::kBOOL:
      return filled<uint8_t>(t, type, ones(rank), {static_cast<uint8_t>(value != 0 ? 1 : 0)});
    case trt::DataType::kFLOAT:
      return filled<float>(t, type, ones(rank), {static_cast<float>(value)});
    case trt::DataType::kHALF:
    case trt::DataType::kBF16:
      return cast(t, number(t, value, trt::DataType::kFLOAT, rank), type);
    default:
      TORCHTRT_THROW_ERROR("TensorRT has no constants of dtype " << static_cast<int32_t>(type));
  }
}

trt::ITensor& integers(Translator& t, const std::vector<int64_t>& values) {
  trt::Dims dims;
  dims.nbDims = 1;
  dims.d[0] = static_cast<int64_t>(values.size());
  return filled<int64_t>(t, trt::DataType::kINT64, dims, values);
}

trt::ITensor& shape(Translator& t, trt::ITensor& x) {
  const trt::Dims dims = x.getDimensions();
  if (is_static(dims)) return integers(t, to_vector(dims));
  return cast(t, t.output_of(t.target().addShape(x)), trt::DataType::kINT64);
}

trt::ITensor& size(Translator& t, trt::ITensor& x, int32_t axis) {
  const trt::Dims dims = x.getDimensions();
  if (dims.d[axis] >= 0) return integers(t, {dims.d[axis]});
  return t.output_of(t.target().addSlice(shape(t, x), {1, {axis}}, {1, {1}}, {1, {1}}));
}

trt::ITensor& places(Translator& t, trt::ITensor& x, int32_t axis) {
  const int64_t count = x.getDimensions().d[axis];
  if (count >= 0) {
    std::vector<int64_t> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(i);
    return integers(t, values);
  }
  auto& made = t.added(t.target().addFill({1, {1}}, trt::FillOperation::kLINSPACE, trt::DataType::kINT64));
  made.setInput(0, size(t, x, axis));
  made.setInput(1, number(t, 0, trt::DataType::kINT64, 0));
  made.setInput(2, integers(t, {1}));
  return *made.getOutput(0);
}

trt::ITensor& concatenate(Translator& t, const std::vector<trt::ITensor*>& parts, int32_t axis) {
  auto* layer = t.target().addConcatenation(parts.data(), static_cast<int32_t>(parts.size()));
  if (layer != nullptr) layer->setAxis(axis);
  return t.output_of(layer);
}

trt::ITensor& reshape(Translator& t, trt::ITensor& x, const std::vector<int64_t>& dims) {
  if (to_vector(x.getDimensions()) == dims && is_static(x.getDimensions())) return x;
  auto* layer = t.target().addShuffle(x);
  if (layer != nullptr) layer->setReshapeDimensions(from_vector(dims));
  return t.output_of(layer);
}

trt::ITensor& reshape(Translator& t, trt::ITensor& x, trt::ITensor& dims) {
  auto* layer = t.target().addShuffle(x);
  if (layer != nullptr) {
    layer->setInput(1, dims);
    layer->setZeroIsPlaceholder(false);
  }
  return t.output_of(layer);
}

trt::ITensor& unsqueeze(Translator& t, trt::ITensor& x, const std::vector<int32_t>& places) {
  std::vector<int32_t> from(static_cast<size_t>(x.getDimensions().nbDims));
  std::iota(from.begin(), from.end(), 0);
  for (const int32_t place : places) from.insert(from.begin() + place, -1);
  return rearranged(t, x, from);
}

trt::ITensor& squeeze(Translator& t, trt::ITensor& x, const std::vector<int32_t>& places) {
  std::vector<int32_t> from(static_cast<size_t>(x.getDimensions().nbDims));
  std::iota(from.begin(), from.end(), 0);
  for (auto place = places.rbegin(); place != places.rend(); ++place) from.erase(from.begin() + *place);
  return rearranged(t, x, from);
}

trt::ITensor& with_rank(Translator& t, trt::ITensor& x, int32_t rank) {
  const int32_t missing = rank - x.getDimensions().nbDims;
  if (missing <= 0) return x;
  std::vector<int32_t> places(static_cast<size_t>(missing));
  std::iota(places.begin(), places.end(), 0);
  return unsqueeze(t, x, places);
}

trt::ITensor& transpose(Translator& t, trt::ITensor& x, const trt::Permutation& order) {
  auto* layer = t.target().addShuffle(x);
  if (layer != nullptr) layer->setFirstTranspose(order);
  return t.output_of(layer);
}

trt::ITensor& reduce(Translator& t, trt::ReduceOperation operation, trt::ITensor& x, uint32_t axes, bool keep) {
  return t.output_of(t.target().addReduce(x, operation, axes, keep));
}

trt::ITensor& widened(Translator& t, trt::ITensor& x) {
  const bool narrow = x.getType() == trt::DataType::kHALF || x.getType() == trt::DataType::kBF16;
  return narrow ? cast(t, x, trt::DataType::kFLOAT) : x;
}

}  // namespace torch_tensorrt::backends::tensorrt
