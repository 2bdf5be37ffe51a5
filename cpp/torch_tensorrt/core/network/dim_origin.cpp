#include "torch_tensorrt/core/network/dim_origin.h"

#include "torch_tensorrt/core/network/same_dims.h"

namespace torch_tensorrt::network {
namespace {

// The dimension of an input that is the output's dimension; no input: none is.
struct Place {
  int32_t input = -1;
  int32_t axis = 0;
};
using KeptPlace = Place (*)(const ILayer& layer, int32_t axis);

int32_t rank_of(const ITensor* tensor) { return tensor->getDimensions().nbDims; }

Place first(const ILayer&, int32_t axis) { return {0, axis}; }
Place first_if(bool kept, int32_t axis) { return kept ? Place{0, axis} : Place{}; }

// What a window does to the size of a dimension: size -> (size + surplus) / step + 1, rounded down, or the inverse.
struct WindowEffect {
  bool is_inverse = false;
  int64_t step = 1;
  int64_t surplus = 0;  // paddings less the extent of the window
};
bool operator==(const WindowEffect& a, const WindowEffect& b) {
  return a.is_inverse == b.is_inverse && a.step == b.step && a.surplus == b.surplus;
}

// Of a convolution or a pooling on its spatial dimension number `i`; empty for paddings that depend on the size.
template <typename L>
std::optional<WindowEffect> effect_of(const L& layer, const Dims& window, int32_t i, bool is_inverse) {
  if (layer.getPaddingMode() != PaddingMode::kEXPLICIT_ROUND_DOWN) return std::nullopt;
  const auto padding = [i](const Dims& dims) { return dims.nbDims == 0 ? 0 : dims.d[i]; };
  const int64_t extent = layer.full_dilation().d[i] * (window.d[i] - 1) + 1;
  return WindowEffect{is_inverse, layer.full_stride().d[i],
                      padding(layer.getPrePadding()) + padding(layer.getPostPadding()) - extent};
}

// Empty where the layer has no window over the dimension.
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

// Dimensions that are reduced are gone, or 1.
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

// The operand that is not repeated along the dimension, where that is certain.
Place unrepeated(const ILayer& layer, int32_t axis) {
  const int32_t rank = rank_of(layer.getOutput(0));
  Place kept;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const Dims dims = layer.getInput(i)->getDimensions();
    const int32_t own = axis - (rank - dims.nbDims);
    if (own < 0 || dims.d[own] == 1) continue;
    if (kept.input >= 0) return {};
    kept = {i, own};
  }
  return kept;
}

// Rows are the first matrix's, columns the second's, the rest that of the operand which is not repeated there.
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

// A batch of 1 serves all; those that are not are the same.
Place of_attention(const ILayer& layer, int32_t axis) {
  if (axis == 3) return {2, axis};
  int32_t input = 0;
  while (axis == 0 && input < 2 && layer.getInput(input)->getDimensions().d[0] == 1) ++input;
  return {input, axis};
}

// The dims of the indices stand for the axis.
Place of_gather_dim(const ILayer& layer, int32_t axis) {
  const auto& gather = static_cast<const IGatherLayer&>(layer);
  if (gather.getMode() != GatherMode::kDEFAULT || gather.getNbElementWiseDims() != 0) return {};
  const int32_t from = gather.getGatherAxis();
  const int32_t made = rank_of(layer.getInput(1));
  if (axis < from) return {0, axis};
  return axis < from + made ? Place{1, axis - from} : Place{0, axis - made + 1};
}

// Transposes move dimensions; a reshape keeps one when it is the only unknown one and the known ones multiply to as
// much as before. Places where the shape is an input are looked at elsewhere.
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
    {LayerType::kGATHER, of_gather_dim},
    {LayerType::kSHUFFLE, of_shuffle_dim},
};

Place kept_place(const ILayer& layer, int32_t axis) {
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

// Of one dimension at most, so that no transpose moves anything.
Source of_shuffle(const ILayer& layer, int64_t element) {
  const bool is_flat =
      layer.getInput(0)->getDimensions().nbDims <= 1 && layer.getOutput(0)->getDimensions().nbDims <= 1;
  return is_flat ? Source{layer.getInput(0), element} : Source{};
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
  DimOrigin origin{&tensor, axis};
  for (;;) {
    const ILayer& layer = *origin.tensor->producer();
    // Where the sizes of a reshape or a slice are an input, they say which dimension it is.
    if (const ITensor* sizes = size_input(layer)) {
      const auto said = origin_of_element(*sizes, origin.axis);
      if (said) return *said;
    }
    const Place place = layer.getNbInputs() == 0 ? Place{} : kept_place(layer, origin.axis);
    if (place.input < 0) return origin;
    origin = {layer.getInput(place.input), place.axis};
  }
}

bool is_same_size(const ITensor& a, int32_t axis_a, const ITensor& b, int32_t axis_b) {
  DimOrigin from_a{&a, axis_a};
  DimOrigin from_b{&b, axis_b};
  for (;;) {
    from_a = origin_of_dim(*from_a.tensor, from_a.axis);
    from_b = origin_of_dim(*from_b.tensor, from_b.axis);
    if (from_a == from_b) return true;
    const int64_t size_a = from_a.tensor->getDimensions().d[from_a.axis];
    const int64_t size_b = from_b.tensor->getDimensions().d[from_b.axis];
    if (size_a >= 0 || size_b >= 0) return size_a == size_b;
    const auto effect_a = window_effect(*from_a.tensor->producer(), from_a.axis);
    const auto effect_b = window_effect(*from_b.tensor->producer(), from_b.axis);
    if (!effect_a || !effect_b || !(*effect_a == *effect_b)) return false;
    from_a.tensor = from_a.tensor->producer()->getInput(0);
    from_b.tensor = from_b.tensor->producer()->getInput(0);
  }
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
  const auto origin = origin_of_element(shape, element);
  return origin && *origin == origin_of_dim(tensor, axis);
}

}  // namespace torch_tensorrt::network
