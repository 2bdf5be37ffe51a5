#include "torch_tensorrt/core/optimizer/fusion/channel_affine.h"

#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/optimizer/constants.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::Dims;
using network::ElementWiseOperation;
using network::IElementWiseLayer;
using network::IScaleLayer;
using network::ScaleMode;

using Elements = std::vector<double>;

bool are_finite(const Elements& elements) {
  return std::all_of(elements.begin(), elements.end(), [](double x) { return std::isfinite(x); });
}

std::optional<Elements> weights_or(const network::Weights& weights, double missing) {
  return weights.count == 0 ? Elements{missing} : read_elements(weights);
}

std::optional<ChannelAffine> of_scale(const IScaleLayer& layer) {
  const bool per_channel =
      layer.getMode() == ScaleMode::kUNIFORM || (layer.getMode() == ScaleMode::kCHANNEL && layer.getChannelAxis() == 1);
  if (!per_channel || layer.getPower().count != 0) return std::nullopt;
  const auto scale = weights_or(layer.getScale(), 1);
  const auto shift = weights_or(layer.getShift(), 0);
  if (!scale || !shift) return std::nullopt;
  return ChannelAffine{*scale, *shift};
}

// The constant's elements, if they differ only along dimension 1 of the result.
std::optional<Elements> per_channel_constant(const network::ITensor& tensor, const Dims& result) {
  const auto* constant = constant_of(&tensor);
  if (constant == nullptr) return std::nullopt;
  const Dims& dims = constant->getDimensions();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const bool is_channel = result.nbDims - dims.nbDims + i == 1;
    if (dims.d[i] != 1 && !is_channel) return std::nullopt;
  }
  return read_elements(constant->getWeights());
}

template <typename F>
Elements mapped(Elements elements, F f) {
  std::transform(elements.begin(), elements.end(), elements.begin(), f);
  return elements;
}

std::optional<ChannelAffine> of_operation(ElementWiseOperation operation, const Elements& c, bool is_first) {
  const auto negative = [](double x) { return -x; };
  switch (operation) {
    case ElementWiseOperation::kSUM:
      return ChannelAffine{{1}, c};
    case ElementWiseOperation::kPROD:
      return ChannelAffine{c, {0}};
    case ElementWiseOperation::kSUB:
      return is_first ? ChannelAffine{{1}, mapped(c, negative)} : ChannelAffine{{-1}, c};
    case ElementWiseOperation::kDIV:
      if (!is_first) return std::nullopt;
      return ChannelAffine{mapped(c, [](double x) { return 1 / x; }), {0}};
    case ElementWiseOperation::kMAX:
    case ElementWiseOperation::kMIN:
    case ElementWiseOperation::kPOW:
    case ElementWiseOperation::kFLOOR_DIV:
    case ElementWiseOperation::kAND:
    case ElementWiseOperation::kOR:
    case ElementWiseOperation::kXOR:
    case ElementWiseOperation::kEQUAL:
    case ElementWiseOperation::kGREATER:
    case ElementWiseOperation::kLESS:
    case ElementWiseOperation::kATAN2:
    case ElementWiseOperation::kFMOD:
    case ElementWiseOperation::kREMAINDER:
    case ElementWiseOperation::kBIT_AND:
    case ElementWiseOperation::kBIT_OR:
    case ElementWiseOperation::kBIT_XOR:
      break;
  }
  return std::nullopt;
}

std::optional<ChannelAffine> of_elementwise(const IElementWiseLayer& layer, const network::ITensor& input) {
  const Dims dims = layer.getOutput(0)->getDimensions();
  const bool is_plain = layer.epilogue().empty() && network::is_floating_point(input.getType()) && dims.nbDims >= 2 &&
                        dims == input.getDimensions();
  if (!is_plain) return std::nullopt;
  const bool is_first = layer.getInput(0) == &input;
  const auto elements = per_channel_constant(*layer.getInput(is_first ? 1 : 0), dims);
  return elements ? of_operation(layer.getOperation(), *elements, is_first) : std::nullopt;
}

}  // namespace

std::optional<ChannelAffine> read_channel_affine(const network::ILayer& layer, const network::ITensor& input) {
  std::optional<ChannelAffine> affine;
  if (const auto* scale = network::layer_cast<IScaleLayer>(&layer)) affine = of_scale(*scale);
  if (const auto* elementwise = network::layer_cast<IElementWiseLayer>(&layer)) {
    affine = of_elementwise(*elementwise, input);
  }
  if (!affine || !are_finite(affine->scale) || !are_finite(affine->shift)) return std::nullopt;
  return affine;
}

ChannelAffine compose(const ChannelAffine& a, const ChannelAffine& b) {
  ChannelAffine both;
  const size_t scales = std::max(a.scale.size(), b.scale.size());
  const size_t shifts = std::max({a.shift.size(), b.scale.size(), b.shift.size()});
  for (size_t i = 0; i < scales; ++i) {
    const auto channel = static_cast<int64_t>(i);
    both.scale.push_back(a.scale_at(channel) * b.scale_at(channel));
  }
  for (size_t i = 0; i < shifts; ++i) {
    const auto channel = static_cast<int64_t>(i);
    both.shift.push_back(a.shift_at(channel) * b.scale_at(channel) + b.shift_at(channel));
  }
  return both;
}

}  // namespace torch_tensorrt::optimizer
