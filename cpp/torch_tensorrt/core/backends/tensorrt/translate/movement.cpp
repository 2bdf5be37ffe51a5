#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/prepare/facts.h"
#include "torch_tensorrt/core/backends/tensorrt/translator.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers that move elements or change their dtype.
namespace torch_tensorrt::backends::tensorrt {
namespace {

using Binary = trt::ElementWiseOperation;
using trt::DataType;

// TensorRT converts to u8 only floats between 0 and 255; PyTorch keeps the lowest 8 bits of the integer.
trt::ITensor& to_uint8(Translator& t, trt::ITensor& x) {
  trt::ITensor& whole = cast(t, x, DataType::kINT32);
  trt::ITensor& above = binary(t, Binary::kPROD, binary(t, Binary::kFLOOR_DIV, whole, 256.0), number(t, 256, whole));
  return cast(t, cast(t, binary(t, Binary::kSUB, whole, above), DataType::kFLOAT), DataType::kUINT8);
}

std::vector<int64_t> sizes_of(const trt::Dims& dims) { return {dims.d, dims.d + dims.nbDims}; }

bool goes_wrong(const trt::Dims& dims) { return transposes_wrongly(sizes_of(dims)); }

trt::ITensor& transpose_without_units(Translator& t, trt::ITensor& x, const network::Permutation& order) {
  const UnitTranspose steps = without_units(sizes_of(x.getDimensions()), order);
  trt::Permutation rest{};
  std::copy(steps.order.begin(), steps.order.end(), rest.order);
  return unsqueeze(t, transpose(t, squeeze(t, x, steps.units), rest), steps.added);
}

}  // namespace

void translate_input(Translator& t) {
  const network::ITensor& ours = *t.layer().getOutput(0);
  trt::ITensor* made = t.target().addInput(ours.getName(), to_trt(ours.getType()), to_trt(ours.getDimensions()));
  TORCHTRT_CHECK(made != nullptr, "TensorRT refuses the input \"" << ours.getName() << "\" of dims "
                                                                  << network::to_string(ours.getDimensions()));
  t.give(*made);
}

void translate_constant(Translator& t) {
  const auto& layer = t.layer<network::IConstantLayer>();
  t.give(t.constant(to_trt(layer.getDimensions()), t.borrow(layer.getWeights(), "")));
}

void translate_shuffle(Translator& t) {
  const auto& layer = t.layer<network::IShuffleLayer>();
  const trt::Dims dims = t.input(0).getDimensions();
  const bool has_first = layer.has_first_transpose(dims.nbDims);
  const bool is_first_apart = has_first && goes_wrong(dims);
  trt::ITensor& x = is_first_apart ? transpose_without_units(t, t.input(0), layer.getFirstTranspose()) : t.input(0);
  auto& made = t.added(t.target().addShuffle(x));
  if (has_first && !is_first_apart) made.setFirstTranspose(to_trt(layer.getFirstTranspose()));
  made.setZeroIsPlaceholder(layer.getZeroIsPlaceholder());
  if (t.has_input(1)) {
    made.setInput(1, t.input(1));
  } else if (layer.has_reshape()) {
    made.setReshapeDimensions(to_trt(layer.getReshapeDimensions()));
  }
  trt::ITensor& reshaped = *made.getOutput(0);
  if (!layer.has_second_transpose(layer.getOutput(0)->getDimensions().nbDims)) return t.give(reshaped);
  if (goes_wrong(reshaped.getDimensions())) {
    return t.give(transpose_without_units(t, reshaped, layer.getSecondTranspose()));
  }
  made.setSecondTranspose(to_trt(layer.getSecondTranspose()));
  t.give(reshaped);
}

void translate_concatenation(Translator& t) {
  std::vector<trt::ITensor*> parts;
  for (int32_t i = 0; i < t.layer().getNbInputs(); ++i) parts.push_back(&t.input(i));
  t.give(concatenate(t, parts, t.layer<network::IConcatenationLayer>().getAxis()));
}

void translate_shape(Translator& t) { t.give(shape(t, t.input(0))); }

void translate_cast(Translator& t) {
  const DataType type = to_trt(t.layer<network::ICastLayer>().getToType());
  trt::ITensor& x = t.input(0);
  if (x.getType() == type) {
    t.give(x);
    return;
  }
  // TensorRT converts u8 only to floats.
  trt::ITensor& source = x.getType() == DataType::kUINT8 ? cast(t, x, DataType::kFLOAT) : x;
  if (type == DataType::kBOOL) {
    t.give(to_bool(t, source));
    return;
  }
  t.give(type == DataType::kUINT8 ? to_uint8(t, source) : cast(t, source, type));
}

void translate_same(Translator& t) { t.give(t.input(0)); }

// ---- by places: slices and indices ---------------------------------------------------------------------------------

namespace {

using network::Dims;

template <typename T>
bool any_negative(const network::Weights& weights) {
  const auto* values = static_cast<const T*>(weights.values);
  return std::any_of(values, values + weights.count, [](T value) { return value < 0; });
}

const network::IConstantLayer* constant_of(const network::ITensor& indices) {
  return network::layer_cast<network::IConstantLayer>(indices.producer());
}

// Whether the indices come from a nonzero search, perhaps moved or cast: these are never negative.
bool are_places(const network::ITensor& indices) {
  const network::ILayer& layer = *indices.producer();
  if (layer.getType() == network::LayerType::kNON_ZERO) return true;
  const auto* slice = network::layer_cast<network::ISliceLayer>(&layer);
  const bool moves = layer.getType() == network::LayerType::kCAST || layer.getType() == network::LayerType::kSHUFFLE ||
                     (slice != nullptr && slice->getMode() != network::SampleMode::kFILL);
  return moves && are_places(*layer.getInput(0));
}

bool may_be_negative(const network::ITensor& indices) {
  const auto* constant = constant_of(indices);
  if (constant == nullptr) return !are_places(indices);
  const network::Weights& weights = constant->getWeights();
  return weights.type == network::DataType::kINT64 ? any_negative<int64_t>(weights) : any_negative<int32_t>(weights);
}

// Constant indices into an axis of known size, made to count from its start.
template <typename T>
trt::ITensor& moved_constant(Translator& t, const network::IConstantLayer& constant, int64_t size) {
  const network::Weights& weights = constant.getWeights();
  const auto* values = static_cast<const T*>(weights.values);
  auto* memory = static_cast<T*>(t.keep(static_cast<size_t>(weights.bytes())));
  for (int64_t i = 0; i < weights.count; ++i) memory[i] = values[i] < 0 ? values[i] + static_cast<T>(size) : values[i];
  const trt::Weights moved{to_trt(weights.type), memory, weights.count};
  return t.constant(to_trt(constant.getDimensions()), moved);
}

// Makes indices that count from the end count from the start: TensorRT leaves negative ones undefined on a dynamic
// axis. `sizes` broadcasts to the indices.
trt::ITensor& from_start(Translator& t, trt::ITensor& indices, trt::ITensor& sizes) {
  trt::ITensor& moved = binary(t, Binary::kSUM, indices, cast(t, sizes, indices.getType()));
  return select(t, binary(t, Binary::kLESS, indices, 0.0), moved, indices);
}

trt::ITensor& from_start(Translator& t, trt::ITensor& data, trt::ITensor& indices, int32_t axis) {
  const network::ITensor& ours = *t.layer().getInput(1);
  if (!may_be_negative(ours)) return indices;
  const int64_t known = data.getDimensions().d[axis];
  const auto* constant = constant_of(ours);
  if (constant == nullptr || known < 0) return from_start(t, indices, size(t, data, axis));
  return indices.getType() == DataType::kINT64 ? moved_constant<int64_t>(t, *constant, known)
                                               : moved_constant<int32_t>(t, *constant, known);
}

// The same for tuples of indices into the dimensions from `first` on.
trt::ITensor& tuples_from_start(Translator& t, trt::ITensor& data, trt::ITensor& indices, int32_t first) {
  if (!may_be_negative(*t.layer().getInput(1))) return indices;
  const trt::Dims dims = indices.getDimensions();
  std::vector<trt::ITensor*> sizes;
  for (int32_t i = 0; i < dims.d[dims.nbDims - 1]; ++i) sizes.push_back(&size(t, data, first + i));
  return sizes.empty() ? indices : from_start(t, indices, concatenate(t, sizes, 0));
}

// TensorRT gathers and scatters bool only through i32.
trt::ITensor& movable(Translator& t, trt::ITensor& x) {
  return x.getType() == DataType::kBOOL ? cast(t, x, DataType::kINT32) : x;
}

trt::ITensor& moved_back(Translator& t, trt::ITensor& x, DataType type) {
  if (type != DataType::kBOOL) return x;
  return binary(t, Binary::kGREATER, x, 0.0);
}

// The part of the data that indices of these dims can reach along all dimensions but the axis.
trt::ITensor& reachable(Translator& t, trt::ITensor& data, const trt::Dims& indices, int32_t axis) {
  const trt::Dims dims = data.getDimensions();
  trt::Dims sizes = dims;
  trt::Dims start = dims;
  trt::Dims stride = dims;
  bool smaller = false;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    start.d[i] = 0;
    stride.d[i] = 1;
    if (i == axis || indices.d[i] == dims.d[i] || indices.d[i] < 0) continue;
    sizes.d[i] = indices.d[i];
    smaller = true;
  }
  if (!smaller || !is_static(sizes)) return data;
  return t.output_of(t.target().addSlice(data, start, sizes, stride));
}

// ---- slice ---------------------------------------------------------------------------------------------------------

// A size of -1 runs to the end; if the sizes of the output are known, they say where that is.
bool runs_to_end(const network::ISliceLayer& layer) {
  const Dims& sizes = layer.getSize();
  const bool by_input = layer.getNbInputs() > 2 && layer.getInput(2) != nullptr;
  return !by_input && std::count(sizes.d, sizes.d + sizes.nbDims, -1) > 0;
}

// For one dimension, as a tensor of one element: max(0, ceil((size - start) / stride)); for a negative stride,
// ceil((start + 1) / -stride).
trt::ITensor& size_to_end(Translator& t, trt::ITensor& x, int32_t axis, int64_t start, int64_t stride) {
  trt::ITensor& room =
      stride > 0 ? binary(t, Binary::kSUB, size(t, x, axis), static_cast<double>(start)) : integers(t, {start + 1});
  const int64_t step = std::abs(stride);
  trt::ITensor& rounded = binary(t, Binary::kSUM, room, static_cast<double>(step - 1));
  return binary(t, Binary::kMAX, binary(t, Binary::kFLOOR_DIV, rounded, static_cast<double>(step)), 0.0);
}

// One element of a slice's starts or strides, for those given as a tensor, whose numbers are unknown here.
trt::ITensor& element_of(Translator& t, trt::ITensor& values, int32_t place) {
  return t.output_of(t.target().addSlice(values, {1, {place}}, {1, {1}}, {1, {1}}));
}

trt::ITensor& sizes_to_end(Translator& t, const network::ISliceLayer& layer, trt::ITensor& x) {
  std::vector<trt::ITensor*> sizes;
  const bool start_by_input = t.has_input(1);
  for (int32_t i = 0; i < layer.getSize().nbDims; ++i) {
    const int64_t wanted = layer.getSize().d[i];
    const int64_t stride = layer.getStride().nbDims > i ? layer.getStride().d[i] : 1;
    if (wanted >= 0) {
      sizes.push_back(&integers(t, {wanted}));
    } else if (!start_by_input) {
      sizes.push_back(&size_to_end(t, x, i, layer.getStart().d[i], stride));
    } else {
      trt::ITensor& start = cast(t, element_of(t, t.input(1), i), DataType::kINT64);
      trt::ITensor& room = binary(t, Binary::kSUB, size(t, x, i), start);
      trt::ITensor& rounded = binary(t, Binary::kSUM, room, static_cast<double>(stride - 1));
      sizes.push_back(
          &binary(t, Binary::kMAX, binary(t, Binary::kFLOOR_DIV, rounded, static_cast<double>(stride)), 0.0));
    }
  }
  return concatenate(t, sizes, 0);
}

trt::Dims or_default(const Dims& dims, int32_t rank, int64_t fill) {
  if (dims.nbDims == rank) return to_trt(dims);
  trt::Dims result;
  result.nbDims = rank;
  std::fill(result.d, result.d + rank, fill);
  return result;
}

void set_slice_inputs(Translator& t, const network::ISliceLayer& layer, trt::ITensor& x, trt::ISliceLayer& made) {
  const bool to_end = runs_to_end(layer) && !is_static(to_trt(layer.getOutput(0)->getDimensions()));
  for (int32_t i = 1; i <= 3; ++i) {
    if (i < layer.getNbInputs() && t.has_input(i)) made.setInput(i, t.input(i));
  }
  if (to_end) made.setInput(2, sizes_to_end(t, layer, x));
  if (layer.getMode() != network::SampleMode::kFILL) return;
  const bool by_input = layer.getNbInputs() > 4 && t.has_input(4);
  trt::ITensor& fill = by_input ? movable(t, t.input(4)) : number(t, layer.getFillValue(), x.getType(), 0);
  made.setInput(4, reshape(t, fill, std::vector<int64_t>{}));
}

}  // namespace

void translate_slice(Translator& t) {
  const auto& layer = t.layer<network::ISliceLayer>();
  const DataType type = t.input(0).getType();
  trt::ITensor& x = movable(t, t.input(0));
  const int32_t rank = x.getDimensions().nbDims;
  const trt::Dims output = to_trt(layer.getOutput(0)->getDimensions());
  // If only the run knows the sizes, they are set as an input below.
  const Dims attribute = runs_to_end(layer) ? Dims() : layer.getSize();
  const trt::Dims sizes = runs_to_end(layer) && is_static(output) ? output : or_default(attribute, rank, 1);
  auto& made = t.added(
      t.target().addSlice(x, or_default(layer.getStart(), rank, 0), sizes, or_default(layer.getStride(), rank, 1)));
  made.setMode(static_cast<trt::SampleMode>(layer.getMode()));
  set_slice_inputs(t, layer, x, made);
  t.give(moved_back(t, *made.getOutput(0), type));
}

void translate_gather(Translator& t) {
  const auto& layer = t.layer<network::IGatherLayer>();
  const DataType type = t.input(0).getType();
  trt::ITensor& data = movable(t, t.input(0));
  const bool by_tuples = layer.getMode() == network::GatherMode::kND;
  const int32_t shared = layer.getNbElementWiseDims();
  const bool by_scalar =
      layer.getMode() == network::GatherMode::kDEFAULT && layer.getInput(1)->getDimensions().nbDims == 0;
  trt::ITensor& indices = by_tuples
                              ? tuples_from_start(t, data, t.input(1), shared)
                              : with_rank(t, from_start(t, data, t.input(1), layer.getGatherAxis()), by_scalar ? 1 : 0);
  trt::ITensor& source = layer.getMode() == network::GatherMode::kELEMENT
                             ? reachable(t, data, indices.getDimensions(), layer.getGatherAxis())
                             : data;
  auto& made = t.added(t.target().addGatherV2(source, indices, static_cast<trt::GatherMode>(layer.getMode())));
  if (!by_tuples) made.setGatherAxis(layer.getGatherAxis());
  made.setNbElementWiseDims(shared);
  // TensorRT keeps a dimension of size 1 for a scalar index.
  trt::ITensor& found = by_scalar ? squeeze(t, *made.getOutput(0), {layer.getGatherAxis()}) : *made.getOutput(0);
  t.give(moved_back(t, found, type));
}

void translate_scatter(Translator& t) {
  const auto& layer = t.layer<network::IScatterLayer>();
  const DataType type = t.input(0).getType();
  trt::ITensor& data = movable(t, t.input(0));
  const bool by_tuples = layer.getMode() == network::ScatterMode::kND;
  trt::ITensor& indices =
      by_tuples ? tuples_from_start(t, data, t.input(1), 0) : from_start(t, data, t.input(1), layer.getAxis());
  // In networks without strong typing, TensorRT scatters only by i32.
  auto& made = t.added(t.target().addScatter(data, cast(t, indices, DataType::kINT32), movable(t, t.input(2)),
                                             static_cast<trt::ScatterMode>(layer.getMode())));
  made.setAxis(layer.getAxis());
  t.give(moved_back(t, *made.getOutput(0), type));
}

// TensorRT's nonzero takes f32, f16, i32 and bool.
void translate_non_zero(Translator& t) {
  trt::ITensor& x = t.input(0);
  trt::ITensor& places = t.output_of(t.target().addNonZero(x.getType() == DataType::kBOOL ? x : to_bool(t, x)));
  t.give(cast(t, places, DataType::kINT32));
}

}  // namespace torch_tensorrt::backends::tensorrt
