#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/support/support.h"
#include "torch_tensorrt/core/backends/tensorrt/translate/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/translate/translator.h"
#include "torch_tensorrt/core/util/macros.h"

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

}  // namespace torch_tensorrt::backends::tensorrt
