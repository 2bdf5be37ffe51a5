#include "torch_tensorrt/core/backends/tensorrt/prepare/precisions.h"

#include "torch_tensorrt/core/engine/build/choice_notes.h"
#include "torch_tensorrt/core/engine/build/precision_overrides.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::backends::tensorrt {

using network::DataType;

LayerPrecisions layer_precisions(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                                 const optimizer::TensorRanges& ranges) {
  LayerPrecisions result;
  if (settings.enabled_precisions.count(DataType::kHALF) != 0) {
    for (const int32_t i : optimizer::layers_beyond(network, ranges, DataType::kHALF)) {
      result.wanted[network.getLayer(i)] = DataType::kFLOAT;
    }
    for (const int32_t i : optimizer::layers_with_large_weights(network, DataType::kHALF)) {
      result.wanted[network.getLayer(i)] = DataType::kFLOAT;
    }
    result.beyond = engine::layers_beyond_notes(network, ranges);
  }
  const engine::PrecisionOverrides overrides(settings.precision_overrides);
  for (const auto& layer : network.layers()) {
    const auto chosen = overrides.find(*layer);
    if (chosen && *chosen != DataType::kINT8) result.wanted[layer.get()] = *chosen;
  }
  for (const std::string& pattern : overrides.unmatched(network)) {
    result.notes.push_back(engine::unmatched_override_note(pattern));
  }
  return result;
}

}  // namespace torch_tensorrt::backends::tensorrt
