#include "torch_tensorrt/core/engine/build/choice_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {

using network::DataType;

namespace {

// Whether layers of the kind do more than move or convert elements.
bool computes(network::LayerType kind) {
  using network::LayerType;
  static const std::set<LayerType> kMoving = {
      LayerType::kINPUT,   LayerType::kCONSTANT, LayerType::kSHUFFLE,  LayerType::kCONCATENATION, LayerType::kSLICE,
      LayerType::kSHAPE,   LayerType::kGATHER,   LayerType::kSELECT,   LayerType::kCAST,          LayerType::kIDENTITY,
      LayerType::kSCATTER, LayerType::kREFORMAT, LayerType::kQUANTIZE, LayerType::kDEQUANTIZE};
  return kMoving.count(kind) == 0;
}

DataType precision_of(const network::ILayer& layer) {
  return optimizer::computes_with_integers(layer) ? DataType::kINT8 : layer.getOutput(0)->getType();
}

// The layers, a line each, as far as a reader wants them.
std::string names_of(const std::vector<const network::ILayer*>& layers) {
  constexpr size_t kMostNames = 5;
  std::string names;
  for (size_t i = 0; i < std::min(layers.size(), kMostNames); ++i) names += "\n  " + network::describe(*layers[i]);
  if (layers.size() > kMostNames) names += fmt::format("\n  and {} more", layers.size() - kMostNames);
  return names;
}

}  // namespace

void note_precisions(NetworkChoice& best, const std::vector<DataType>& lows, double in_f32) {
  for (const DataType low : lows) {
    const std::string name = network::enum_name(low);
    const auto found = best.low_layers.find(low);
    if (found != best.low_layers.end() && found->second > 0) {
      best.notes.push_back(fmt::format("precision: {} in {} layers, {:.0f} us, {:.0f} us in f32", name, found->second,
                                       best.microseconds, in_f32));
    } else {
      best.notes.push_back("precision: " + name + " is not used: no split of the layers is faster");
    }
  }
}

void note_overrides(NetworkChoice& best, const PrecisionOverrides& overrides) {
  for (const std::string& pattern : overrides.unmatched(*best.network)) {
    best.notes.push_back(unmatched_override_note(pattern));
  }
  std::vector<const network::ILayer*> others;
  for (const auto& layer : best.network->layers()) {
    const auto wanted = computes(layer->getType()) ? overrides.find(*layer) : std::nullopt;
    const bool has_precision = network::is_floating_point(layer->getOutput(0)->getType()) ||
                               network::begins_with_dequantize(layer->epilogue());
    if (wanted && has_precision && *wanted != precision_of(*layer)) others.push_back(layer.get());
  }
  if (others.empty()) return;
  best.notes.push_back(
      fmt::format("precision: {} layers compute in another precision than wanted:{}", others.size(), names_of(others)));
}

void report_layers_in_f32(const network::INetworkDefinition& network, const BuildSettings& settings) {
  constexpr size_t kMostNames = 10;
  const bool may_be_f32 = settings.enabled_precisions.count(DataType::kFLOAT) != 0 || settings.use_explicit_typing;
  if (may_be_f32 || !settings.device.is_cpu()) return;
  std::string names;
  size_t count = 0;
  for (const auto& layer : network.layers()) {
    if (!computes(layer->getType()) || network::begins_with_dequantize(layer->epilogue())) continue;
    if (layer->getOutput(0)->getType() != DataType::kFLOAT) continue;
    if (++count <= kMostNames) names += "\n  " + network::describe(*layer);
  }
  if (count == 0) return;
  if (count > kMostNames) names += fmt::format("\n  and {} more", count - kMostNames);
  const std::string text =
      fmt::format("{} layers of the engine \"{}\" compute in f32, which enabled_precisions does not have:{}", count,
                  settings.name, names);
  if (settings.strict_precisions) {
    TORCHTRT_THROW_ERROR(text << "\nadd float to enabled_precisions, or turn strict_precisions off");
  }
  LOG_WARNING(text);
}

std::string unmatched_override_note(const std::string& pattern) {
  return "precision: the override \"" + pattern + "\" matches no layer";
}

std::vector<std::string> layers_beyond_notes(const network::INetworkDefinition& network,
                                             const optimizer::TensorRanges& seen) {
  std::vector<std::string> notes;
  const auto add = [&](const std::vector<int32_t>& places, const char* reason) {
    std::vector<const network::ILayer*> layers;
    for (const int32_t i : places) {
      if (computes(network.getLayer(i)->getType())) layers.push_back(network.getLayer(i));
    }
    if (layers.empty()) return;
    notes.push_back(fmt::format("precision: {} layers are not in f16: {}:{}", layers.size(), reason, names_of(layers)));
  };
  add(optimizer::layers_with_large_weights(network, DataType::kHALF), "they have weights beyond 65504");
  add(optimizer::layers_beyond(network, seen, DataType::kHALF), "the calibration saw numbers beyond 65504");
  return notes;
}

void note_beyond(NetworkChoice& best, const optimizer::TensorRanges& seen) {
  for (std::string& note : layers_beyond_notes(*best.network, seen)) best.notes.push_back(std::move(note));
}

void note_integer_weights(NetworkChoice& best) {
  const auto& layers = best.network->layers();
  const auto count = std::count_if(layers.begin(), layers.end(),
                                   [](const auto& layer) { return optimizer::has_integer_weights_only(*layer); });
  best.notes.push_back(count > 0 ? fmt::format("weight_only: int8 weights in {} products", count)
                                 : "weight_only: int8 weights are not used: no product of float32 is faster with them");
}

void note_reformats(NetworkChoice& choice) {
  for (const auto& layer : choice.network->layers()) {
    const auto* reformat = network::layer_cast<network::IReformatLayer>(layer.get());
    if (reformat == nullptr) continue;
    choice.notes.push_back(fmt::format("reformat \"{}\" to {}: {}", reformat->getName(),
                                       network::enum_name(reformat->getOutput(0)->format()), reformat->reason()));
  }
}

}  // namespace torch_tensorrt::engine
