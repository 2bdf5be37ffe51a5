#include "torch_tensorrt/core/optimizer/dim_origin.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::Dims;
using network::ILayer;
using network::ITensor;
using network::LayerType;

// The input whose dimension of the same place the output's is, -1 where it is none.
using KeptInput = int32_t (*)(const ILayer& layer, int32_t axis);

int32_t first(const ILayer&, int32_t) { return 0; }
int32_t first_for_batch(const ILayer&, int32_t axis) { return axis == 0 ? 0 : -1; }

int32_t first_for_pooling(const ILayer& layer, int32_t axis) {
  const auto& pooling = static_cast<const network::IPoolingLayer&>(layer);
  const int32_t spatial = pooling.getWindowSizeNd().nbDims;
  return axis < layer.getOutput(0)->getDimensions().nbDims - spatial ? 0 : -1;
}

int32_t first_beside_axis(const ILayer& layer, int32_t axis) {
  return axis == static_cast<const network::IConcatenationLayer&>(layer).getAxis() ? -1 : 0;
}

int32_t first_if_kept(const ILayer& layer, int32_t axis) {
  const auto& reduce = static_cast<const network::IReduceLayer&>(layer);
  const bool is_reduced = (reduce.getReduceAxes() >> axis & 1U) != 0;
  return reduce.getKeepDimensions() && !is_reduced ? 0 : -1;
}

int32_t first_if_whole(const ILayer& layer, int32_t axis) {
  const auto& slice = static_cast<const network::ISliceLayer&>(layer);
  const bool is_whole = layer.getNbInputs() == 1 && slice.getStart().d[axis] == 0 && slice.getStride().d[axis] == 1 &&
                        slice.getSize().d[axis] == -1;
  return is_whole ? 0 : -1;
}

// The operand that is not repeated along the dimension, where that is certain.
int32_t unrepeated(const ILayer& layer, int32_t axis) {
  const int32_t rank = layer.getOutput(0)->getDimensions().nbDims;
  int32_t kept = -1;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const Dims dims = layer.getInput(i)->getDimensions();
    const int32_t own = axis - (rank - dims.nbDims);
    if (own < 0 || dims.d[own] == 1) continue;
    if (kept >= 0 || dims.nbDims != rank) return -1;
    kept = i;
  }
  return kept;
}

struct Row {
  LayerType type;
  KeptInput kept_input;
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
    {LayerType::kCONVOLUTION, first_for_batch},
    {LayerType::kDECONVOLUTION, first_for_batch},
    {LayerType::kPOOLING, first_for_pooling},
    {LayerType::kCONCATENATION, first_beside_axis},
    {LayerType::kREDUCE, first_if_kept},
    {LayerType::kSLICE, first_if_whole},
    {LayerType::kELEMENTWISE, unrepeated},
};

int32_t kept_input(const ILayer& layer, int32_t axis) {
  for (const Row& row : kRows) {
    if (row.type == layer.getType()) return row.kept_input(layer, axis);
  }
  return -1;
}

// ---- elements of shapes ---------------------------------------------------------------------------------------------

// One step towards the Shape layer: the input and its element, or nothing.
struct Source {
  const ITensor* tensor = nullptr;
  int64_t element = 0;
};

Source of_slice(const network::ISliceLayer& slice, int64_t element) {
  if (slice.getNbInputs() != 1 || slice.getInput(0)->getDimensions().nbDims != 1) return {};
  return {slice.getInput(0), slice.getStart().d[0] + element * slice.getStride().d[0]};
}

Source of_gather(const network::IGatherLayer& gather, int64_t element) {
  const Dims data = gather.getInput(0)->getDimensions();
  const auto& indices = gather.getInput(1)->shape_value();
  const bool picks = gather.getMode() == network::GatherMode::kDEFAULT && gather.getNbElementWiseDims() == 0;
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

Source step(const ITensor& tensor, int64_t element) {
  const ILayer& layer = *tensor.producer();
  if (const auto* slice = network::layer_cast<network::ISliceLayer>(&layer)) return of_slice(*slice, element);
  if (const auto* gather = network::layer_cast<network::IGatherLayer>(&layer)) return of_gather(*gather, element);
  if (layer.getType() == LayerType::kCONCATENATION) return of_concatenation(layer, element);
  if (layer.getType() == LayerType::kSHUFFLE) return of_shuffle(layer, element);
  const bool keeps = layer.getType() == LayerType::kIDENTITY ||
                     (layer.getType() == LayerType::kCAST && network::is_integral(tensor.getType()));
  return keeps ? Source{layer.getInput(0), element} : Source{};
}

}  // namespace

bool operator==(const DimOrigin& a, const DimOrigin& b) { return a.tensor == b.tensor && a.axis == b.axis; }

DimOrigin origin_of_dim(const ITensor& tensor, int32_t axis) {
  DimOrigin origin{&tensor, axis};
  for (;;) {
    const ILayer& layer = *origin.tensor->producer();
    const int32_t input = layer.getNbInputs() == 0 ? -1 : kept_input(layer, origin.axis);
    if (input < 0) return origin;
    origin.tensor = layer.getInput(input);
  }
}

std::optional<DimOrigin> origin_of_element(const ITensor& shape, int64_t element) {
  Source source{&shape, element};
  while (source.tensor != nullptr) {
    const ILayer& layer = *source.tensor->producer();
    if (layer.getType() == LayerType::kSHAPE) {
      return origin_of_dim(*layer.getInput(0), static_cast<int32_t>(source.element));
    }
    source = step(*source.tensor, source.element);
  }
  return std::nullopt;
}

bool is_size_of(const ITensor& shape, int64_t element, const ITensor& tensor, int32_t axis) {
  const auto origin = origin_of_element(shape, element);
  return origin && *origin == origin_of_dim(tensor, axis);
}

}  // namespace torch_tensorrt::optimizer
