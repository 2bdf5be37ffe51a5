#include <fmt/format.h>
#include <xxhash.h>

#include "torch_tensorrt/core/engine/producer.h"
#include "torch_tensorrt/core/engine/timing_cache.h"
#include "torch_tensorrt/core/network/attribute_hash.h"
#include "torch_tensorrt/core/network/enum_names.h"

namespace torch_tensorrt::engine {
namespace {

std::string desc_text(const TensorDesc& desc) {
  return network::enum_name(desc.dtype) + network::to_string(desc.dims) + network::enum_name(desc.format);
}

std::string input_text(const LayerInstance& instance, size_t i) {
  if (!instance.present[i]) return "none;";
  std::string text = desc_text(instance.inputs[i]);
  if (instance.constants[i] != nullptr) text += "const";
  if (instance.values[i]) {
    for (const int64_t element : instance.values[i]->elements) text += fmt::format(",{}", element);
  }
  return text + ";";
}

}  // namespace

std::string timing_key(const LayerInstance& instance, const Tactic& tactic, const DeviceTarget& target) {
  std::string text =
      fmt::format("{}|{}|{}|{}|{}|{:x}|", producer_text(), static_cast<int32_t>(target.kind), target.isa,
                  target.threads, tactic.name(), network::hash_layer(*instance.layer, /*with_weight_values=*/false));
  for (size_t i = 0; i < instance.inputs.size(); ++i) text += input_text(instance, i);
  text += "|";
  for (const TensorDesc& output : instance.outputs) text += desc_text(output) + ";";
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{} {:016x}{:016x}", tactic.name(), hash.high64, hash.low64);
}

}  // namespace torch_tensorrt::engine
