#include "torch_tensorrt/core/network/shapes/dim_origin.h"

#include <algorithm>
#include <map>
#include <utility>

namespace torch_tensorrt::network {
namespace {

// The input dimension that equals the output's dimension; no input: there is none.
struct Place {
  int32_t input = -1;
  int32_t axis = 0;
};
using KeptPlace = Place (*)(const ILayer& layer, int32_t axis);

int32_t rank_of(const ITensor* tensor) { return tensor->getDimensions().nbDims; }

Place first(const ILayer&, int32_t axis) { return {0, axis}; }
Place first_if(bool kept, int32_t axis) { return kept ? Place{0, axis} : Place{}; }

// Effect of a window on the size of a dimension: size -> (size + surplus) / step + 1, rounded down, or the inverse.
struct WindowEffect {
  bool is_inverse = false;
  int64_t step = 1;
  int64_t surplus = 0;  // paddings minus the extent of the window
};
bool operator==(const WindowEffect& a, const WindowEffect& b) {
  return a.is_inverse == b.is_inverse && a.step == b.step && a.surplus == b.surplus;
}

// Effect of a convolution or pooling in its spatial dimension `i`; empty if its paddings depend on the size.
template <typename L>
std::optional<WindowEffect> effect_of(const L& layer, const Dims& window, int32_t i, bool is_inverse) {
  if (layer.getPaddingMode() != PaddingMode::kEXPLICIT_ROUND_DOWN) return std::nullopt;
  const auto padding = [i](const Dims& dims) { return dims.nbDims == 0 ? 0 : dims.d[i]; };
  const int64_t extent = layer.full_dilation().d[i] * (window.d[i] - 1) + 1;
  return WindowEffect{is_inverse, layer.full_stride().d[i],
                      padding(layer.getPrePadding()) + padding(layer.getPostPadding()) - extent};
}

// Empty if the layer has no window over the dimension.
std::optional<WindowEffect> window_effect(const ILayer& layer, int32_t axis) {
  const bool is_inverse = layer.getType() == LayerType::kDECONVOLUTION;
  if (is_inverse || layer.getType() == LayerType::kCONVOLUTION) {
    const auto& convolution = static_cast<const ConvolutionBase&>(layer);
    return axis < 2 ? std::nullopt : effect_of(convolution, convolution.getKernelSizeNd(), axis - 2, is_inverse);
  }
  if (const auto* pooling = layer_cast<IPoolingLayer>(&layer)) {
    const int32_t i = axis - (rank_of(layer.getOutput(0)) - pooling->getWindowSizeNd().nbDims);
    return i < 0 ? std::nullopt : effect_of(*pooling, pooling->getWindowSizeNd(), i, is_inverse);
  }
  return std::nullopt;
}

bool keeps_size(const ILayer& layer, int32_t axis) {
  const auto effect = window_effect(layer, axis);
  return effect && effect->step == 1 && effect->surplus == -1;
}

Place of_convolution(const ILayer& layer, int32_t axis) { return first_if(axis == 0 || keeps_size(layer, axis), axis); }

Place of_pooling(const ILayer& layer, int32_t axis) {
  const auto& pooling = static_cast<const IPoolingLayer&>(layer);
  const bool is_beside = axis < rank_of(layer.getOutput(0)) - pooling.getWindowSizeNd().nbDims;
  return first_if(is_beside || keeps_size(layer, axis), axis);
}

Place first_beside_axis(const ILayer& layer, int32_t axis) {
  return first_if(axis != static_cast<const IConcatenationLayer&>(layer).getAxis(), axis);
}

Place first_beside_top(const ILayer& layer, int32_t axis) {
  return first_if((static_cast<const ITopKLayer&>(layer).getReduceAxes() >> axis & 1U) == 0, axis);
}

// Reduced dimensions vanish or become 1.
Place of_reduce(const ILayer& layer, int32_t axis) {
  const auto& reduce = static_cast<const IReduceLayer&>(layer);
  const auto is_reduced = [&](int32_t i) { return (reduce.getReduceAxes() >> i & 1U) != 0; };
  if (reduce.getKeepDimensions()) return first_if(!is_reduced(axis), axis);
  for (int32_t i = 0, kept = 0; i < rank_of(layer.getInput(0)); ++i) {
    if (!is_reduced(i) && kept++ == axis) return {0, i};
  }
  return {};
}

Place first_if_whole(const ILayer& layer, int32_t axis) {
  const auto& slice = static_cast<const ISliceLayer&>(layer);
  return first_if(layer.getNbInputs() == 1 && slice.getStart().d[axis] == 0 && slice.getStride().d[axis] == 1 &&
                      slice.getSize().d[axis] == -1,
                  axis);
}

// The operand that is certainly not repeated along the dimension: the only one whose size there is not 1, or any of
// several that have the same size.
Place unrepeated(const ILayer& layer, int32_t axis) {
  const int32_t rank = rank_of(layer.getOutput(0));
  Place kept;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor& input = *layer.getInput(i);
    const Dims dims = input.getDimensions();
    const int32_t own = axis - (rank - dims.nbDims);
    if (own < 0 || dims.d[own] == 1) continue;
    if (kept.input < 0) {
      kept = {i, own};
    } else if (!is_same_size(*layer.getInput(kept.input), kept.axis, input, own)) {
      return {};
    }
  }
  return kept;
}

// Rows come from the first matrix, columns from the second, other dimensions from the operand that is not repeated.
Place of_product(const ILayer& layer, int32_t axis) {
  const auto& product = static_cast<const IMatrixMultiplyLayer&>(layer);
  const int32_t rank = rank_of(layer.getOutput(0));
  const bool has_vector =
      product.getOperation(0) == MatrixOperation::kVECTOR || product.getOperation(1) == MatrixOperation::kVECTOR;
  if (has_vector) return {};
  if (axis < rank - 2) return unrepeated(layer, axis);
  const int32_t input = axis == rank - 2 ? 0 : 1;
  const bool is_last = (input == 1) != (product.getOperation(input) == MatrixOperation::kTRANSPOSE);
  return {input, rank_of(layer.getInput(input)) - (is_last ? 1 : 2)};
}

// A batch of 1 serves every batch of the others; all batches that are not 1 are equal.
Place of_attention(const ILayer& layer, int32_t axis) {
  if (axis == 3) return {2, axis};
  int32_t input = 0;
  while (axis == 0 && input < 2 && layer.getInput(input)->getDimensions().d[0] == 1) ++input;
  return {input, axis};
}

// Steps and batch come from the input.
Place of_recurrent(const ILayer&, int32_t axis) { return first_if(axis < 2, axis); }

// The dims of the indices replace the axis.
Place of_gather_dim(const ILayer& layer, int32_t axis) {
  const auto& gather = static_cast<const IGatherLayer&>(layer);
  if (gather.getMode() != GatherMode::kDEFAULT || gather.getNbElementWiseDims() != 0) return {};
  const int32_t from = gather.getGatherAxis();
  const int32_t made = rank_of(layer.getInput(1));
  if (axis < from) return {0, axis};
  return axis < from + made ? Place{1, axis - from} : Place{0, axis - made + 1};
}

// Transposes move dimensions. A reshape keeps a dimension if it is the only unknown one and the known ones multiply to
// the same product as before. Shapes that are an input are handled elsewhere.
Place of_shuffle_dim(const ILayer& layer, int32_t axis) {
  const auto& shuffle = static_cast<const IShuffleLayer&>(layer);
  const Dims in = layer.getInput(0)->getDimensions();
  const Dims out = layer.getOutput(0)->getDimensions();
  if (!shuffle.has_reshape()) {
    const int32_t between = shuffle.has_second_transpose(out.nbDims) ? shuffle.getSecondTranspose().order[axis] : axis;
    return {0, shuffle.has_first_transpose(in.nbDims) ? shuffle.getFirstTranspose().order[between] : between};
  }
  if (layer.getNbInputs() > 1 || shuffle.has_second_transpose(out.nbDims) || shuffle.has_first_transpose(in.nbDims))
    return {};
  Place kept;
  int64_t known_in = 1;
  int64_t known_out = 1;
  for (int32_t i = 0; i < in.nbDims; ++i) {
    if (in.d[i] >= 0) {
      known_in *= in.d[i];
    } else if (kept.input >= 0) {
      return {};
    } else {
      kept = {0, i};
    }
  }
  for (int32_t i = 0; i < out.nbDims; ++i) {
    if (out.d[i] < 0 && i != axis) return {};
    if (out.d[i] >= 0) known_out *= out.d[i];
  }
  return out.d[axis] < 0 && known_in == known_out ? kept : Place{};
}

struct Row {
  LayerType type;
  KeptPlace kept_place;
};
constexpr Row kRows[] = {
    {LayerType::kACTIVATION, first},
    {LayerType::kUNARY, first},
    {LayerType::kSCALE, first},
    {LayerType::kSOFTMAX, first},
    {LayerType::kCAST, first},
    {LayerType::kIDENTITY, first},
    {LayerType::kNORMALIZATION, first},
    {LayerType::kREFORMAT, first},
    {LayerType::kCUMULATIVE, first},
    {LayerType::kSCATTER, first},
    {LayerType::kTOPK, first_beside_top},
    {LayerType::kCONVOLUTION, of_convolution},
    {LayerType::kDECONVOLUTION, of_convolution},
    {LayerType::kPOOLING, of_pooling},
    {LayerType::kCONCATENATION, first_beside_axis},
    {LayerType::kREDUCE, of_reduce},
    {LayerType::kSLICE, first_if_whole},
    {LayerType::kELEMENTWISE, unrepeated},
    {LayerType::kSELECT, unrepeated},
    {LayerType::kMATRIX_MULTIPLY, of_product},
    {LayerType::kATTENTION, of_attention},
    {LayerType::kRECURRENT, of_recurrent},
    {LayerType::kGATHER, of_gather_dim},
    {LayerType::kSHUFFLE, of_shuffle_dim},
};

Place kept_place(const ITensor& tensor, int32_t axis) {
  const ILayer& layer = *tensor.producer();
  if (layer.getNbInputs() == 0) return {};
  // The final states of a recurrent layer have one step only.
  if (layer.getType() == LayerType::kRECURRENT && axis == 0 && &tensor != layer.getOutput(0)) return {};
  for (const Row& row : kRows) {
    if (row.type == layer.getType()) return row.kept_place(layer, axis);
  }
  return {};
}

// ---- elements of shapes ---------------------------------------------------------------------------------------------

using Source = ElementSource;

Source of_slice(const ISliceLayer& slice, int64_t element) {
  if (slice.getNbInputs() != 1 || slice.getInput(0)->getDimensions().nbDims != 1) return {};
  return {slice.getInput(0), slice.getStart().d[0] + element * slice.getStride().d[0]};
}

Source of_gather(const IGatherLayer& gather, int64_t element) {
  const Dims data = gather.getInput(0)->getDimensions();
  const auto& indices = gather.getInput(1)->shape_value();
  const bool picks = gather.getMode() == GatherMode::kDEFAULT && gather.getNbElementWiseDims() == 0;
  if (!picks || data.nbDims != 1 || !indices || !indices->is_known()) return {};
  const int64_t index = indices->elements[static_cast<size_t>(element)];
  return {gather.getInput(0), index < 0 ? index + data.d[0] : index};
}

Source of_concatenation(const ILayer& layer, int64_t element) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const Dims dims = layer.getInput(i)->getDimensions();
    if (dims.nbDims != 1 || dims.d[0] < 0) return {};
    if (element < dims.d[0]) return {layer.getInput(i), element};
    element -= dims.d[0];
  }
  return {};
}

// At most one dimension, so that no transpose moves an element.
Source of_shuffle(const ILayer& layer, int64_t element) {
  const bool is_flat =
      layer.getInput(0)->getDimensions().nbDims <= 1 && layer.getOutput(0)->getDimensions().nbDims <= 1;
  return is_flat ? Source{layer.getInput(0), element} : Source{};
}

// ---- memory during one question ------------------------------------------------------------------------------------

using Key = std::pair<const ITensor*, int32_t>;

// Answers found on the way to one answer. Residual connections ask for the same dimension at every sum, which without a
// memory would double the questions each time. The memory ends with the outermost question, as passes may then change
// the network.
struct Memory {
  int32_t depth = 0;
  std::map<Key, DimOrigin> origins;
  std::map<Key, SizeFactors> factors;
};
thread_local Memory memory;

class Question {
 public:
  Question() { ++memory.depth; }
  ~Question() {
    if (--memory.depth > 0) return;
    memory.origins.clear();
    memory.factors.clear();
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
};

// ---- factors -------------------------------------------------------------------------------------------------------

void multiply(SizeFactors& product, const SizeFactors& factor) {
  product.known *= factor.known;
  product.unknown.insert(product.unknown.end(), factor.unknown.begin(), factor.unknown.end());
}

SizeFactors number(int64_t known) { return {known, {}}; }

// The size that a reshape asks for; empty if it is to be inferred (-1) or is computed in a way not understood here.
std::optional<SizeFactors> asked_size(const IShuffleLayer& shuffle, int32_t axis) {
  int64_t asked = ShapeValue::kUnknown;
  const ITensor* sizes = shuffle.getInput(1);
  if (sizes == nullptr) {
    asked = shuffle.getReshapeDimensions().d[axis];
  } else if (const auto& value = sizes->shape_value()) {
    asked = value->elements[static_cast<size_t>(axis)];
  }
  if (asked == 0 && shuffle.getZeroIsPlaceholder()) return factors_of_dim(*shuffle.getInput(0), axis);
  if (asked >= 0) return number(asked);
  return asked == ShapeValue::kUnknown && sizes != nullptr ? factors_of_element(*sizes, axis) : std::nullopt;
}

// The remaining factors for one dimension of a reshape, when all other dimensions are divided out.
std::optional<SizeFactors> rest_of_reshape(const IShuffleLayer& shuffle, int32_t axis) {
  const ITensor& in = *shuffle.getInput(0);
  const int32_t rank = rank_of(shuffle.getOutput(0));
  if (!shuffle.has_reshape() && shuffle.getInput(1) == nullptr) return std::nullopt;
  if (shuffle.has_first_transpose(rank_of(&in)) || shuffle.has_second_transpose(rank)) return std::nullopt;
  SizeFactors rest;
  for (int32_t i = 0; i < rank_of(&in); ++i) multiply(rest, factors_of_dim(in, i));
  for (int32_t i = 0; i < rank; ++i) {
    if (i == axis) continue;
    const auto asked = asked_size(shuffle, i);
    if (!asked || !divide(rest, *asked)) return std::nullopt;
  }
  return rest;
}

SizeFactors find_factors(const DimOrigin& origin) {
  const int64_t size = origin.tensor->getDimensions().d[origin.axis];
  if (size >= 0) return number(size);
  const auto* shuffle = layer_cast<IShuffleLayer>(origin.tensor->producer());
  std::optional<SizeFactors> factors;
  if (shuffle != nullptr && (shuffle->has_reshape() || shuffle->getInput(1) != nullptr)) {
    if (!shuffle->has_second_transpose(rank_of(origin.tensor))) factors = asked_size(*shuffle, origin.axis);
    if (!factors) factors = rest_of_reshape(*shuffle, origin.axis);
  }
  return factors ? *factors : SizeFactors{1, {origin}};
}

bool is_same_origin(DimOrigin a, DimOrigin b) {
  for (;;) {
    a = origin_of_dim(*a.tensor, a.axis);
    b = origin_of_dim(*b.tensor, b.axis);
    if (a == b) return true;
    const int64_t size_a = a.tensor->getDimensions().d[a.axis];
    const int64_t size_b = b.tensor->getDimensions().d[b.axis];
    if (size_a >= 0 || size_b >= 0) return size_a == size_b;
    const auto effect_a = window_effect(*a.tensor->producer(), a.axis);
    const auto effect_b = window_effect(*b.tensor->producer(), b.axis);
    if (!effect_a || !effect_b || !(*effect_a == *effect_b)) return false;
    a.tensor = a.tensor->producer()->getInput(0);
    b.tensor = b.tensor->producer()->getInput(0);
  }
}

}  // namespace

ElementSource source_of_element(const ITensor& tensor, int64_t element) {
  const ILayer& layer = *tensor.producer();
  if (const auto* slice = layer_cast<ISliceLayer>(&layer)) return of_slice(*slice, element);
  if (const auto* gather = layer_cast<IGatherLayer>(&layer)) return of_gather(*gather, element);
  if (layer.getType() == LayerType::kCONCATENATION) return of_concatenation(layer, element);
  if (layer.getType() == LayerType::kSHUFFLE) return of_shuffle(layer, element);
  const bool keeps =
      layer.getType() == LayerType::kIDENTITY || (layer.getType() == LayerType::kCAST && is_integral(tensor.getType()));
  return keeps ? Source{layer.getInput(0), element} : Source{};
}

const ITensor* size_input(const ILayer& layer) {
  if (const auto* shuffle = layer_cast<IShuffleLayer>(&layer)) {
    return shuffle->has_second_transpose(rank_of(layer.getOutput(0))) ? nullptr : layer.getInput(1);
  }
  if (layer.getType() == LayerType::kRESIZE) return layer.getInput(1);
  return layer.getType() == LayerType::kSLICE ? layer.getInput(2) : nullptr;
}

bool operator==(const DimOrigin& a, const DimOrigin& b) { return a.tensor == b.tensor && a.axis == b.axis; }

DimOrigin origin_of_dim(const ITensor& tensor, int32_t axis) {
  const Question question;
  DimOrigin origin{&tensor, axis};
  std::vector<Key> way;
  for (;;) {
    const Key key{origin.tensor, origin.axis};
    const auto known = memory.origins.find(key);
    if (known != memory.origins.end()) {
      origin = known->second;
      break;
    }
    way.push_back(key);
    const ILayer& layer = *origin.tensor->producer();
    // If the sizes of a reshape or a slice are an input, its elements name the dimension.
    if (const ITensor* sizes = size_input(layer)) {
      const auto said = origin_of_element(*sizes, origin.axis);
      if (said) {
        origin = *said;
        break;
      }
    }
    const Place place = kept_place(*origin.tensor, origin.axis);
    if (place.input < 0) break;
    origin = {layer.getInput(place.input), place.axis};
  }
  for (const Key& key : way) memory.origins[key] = origin;
  return origin;
}

SizeFactors factors_of_dim(const ITensor& tensor, int32_t axis) {
  const Question question;
  const DimOrigin origin = origin_of_dim(tensor, axis);
  const Key key{origin.tensor, origin.axis};
  const auto known = memory.factors.find(key);
  if (known != memory.factors.end()) return known->second;
  SizeFactors factors = find_factors(origin);
  memory.factors[key] = factors;
  return factors;
}

std::optional<SizeFactors> factors_of_element(const ITensor& shape, int64_t element) {
  const Question question;
  const auto& value = shape.shape_value();
  if (value && value->elements[static_cast<size_t>(element)] != ShapeValue::kUnknown) {
    const int64_t known = value->elements[static_cast<size_t>(element)];
    return known < 0 ? std::nullopt : std::optional<SizeFactors>(number(known));
  }
  const ILayer& layer = *shape.producer();
  if (layer.getType() == LayerType::kSHAPE) {
    return factors_of_dim(*layer.getInput(0), static_cast<int32_t>(element));
  }
  const auto* product = layer_cast<IElementWiseLayer>(&layer);
  if (product != nullptr && product->getOperation() == ElementWiseOperation::kPROD && layer.epilogue().empty()) {
    SizeFactors factors;
    for (const int32_t i : {0, 1}) {
      const ITensor& operand = *layer.getInput(i);
      if (rank_of(&operand) > 1) return std::nullopt;
      const auto factor = factors_of_element(operand, operand.getDimensions().volume() == 1 ? 0 : element);
      if (!factor) return std::nullopt;
      multiply(factors, *factor);
    }
    return factors;
  }
  const Source source = source_of_element(shape, element);
  return source.tensor == nullptr ? std::nullopt : factors_of_element(*source.tensor, source.element);
}

bool divide(SizeFactors& factors, const SizeFactors& divisor) {
  const Question question;
  if (divisor.known == 0 || factors.known % divisor.known != 0) return false;
  factors.known /= divisor.known;
  for (const DimOrigin& part : divisor.unknown) {
    const auto same = [&](const DimOrigin& other) { return is_same_origin(part, other); };
    const auto found = std::find_if(factors.unknown.begin(), factors.unknown.end(), same);
    if (found == factors.unknown.end()) return false;
    factors.unknown.erase(found);
  }
  return true;
}

namespace {

bool is_same(SizeFactors a, const SizeFactors& b) { return divide(a, b) && a.known == 1 && a.unknown.empty(); }

}  // namespace

bool is_same_size(const ITensor& a, int32_t axis_a, const ITensor& b, int32_t axis_b) {
  const Question question;
  if (is_same_origin({&a, axis_a}, {&b, axis_b})) return true;
  return is_same(factors_of_dim(a, axis_a), factors_of_dim(b, axis_b));
}

bool have_same_dims(const ITensor& a, const ITensor& b) {
  const int32_t rank = rank_of(&a);
  if (a.getDimensions() != b.getDimensions()) return false;
  for (int32_t i = 0; i < rank; ++i) {
    if (!is_same_size(a, i, b, i)) return false;
  }
  return true;
}

std::optional<DimOrigin> origin_of_element(const ITensor& shape, int64_t element) {
  Source source{&shape, element};
  while (source.tensor != nullptr) {
    const ILayer& layer = *source.tensor->producer();
    if (layer.getType() == LayerType::kSHAPE) {
      return origin_of_dim(*layer.getInput(0), static_cast<int32_t>(source.element));
    }
    source = source_of_element(*source.tensor, source.element);
  }
  return std::nullopt;
}

bool is_size_of(const ITensor& shape, int64_t element, const ITensor& tensor, int32_t axis) {
  const Question question;
  const auto factors = factors_of_element(shape, element);
  return factors && is_same(*factors, factors_of_dim(tensor, axis));
}

}  // namespace torch_tensorrt::network
