#include "torch_tensorrt/core/engine/build/precision_overrides.h"

#include <fnmatch.h>

#include <algorithm>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;

struct Name {
  const char* text;
  DataType type;
};
constexpr Name kNames[] = {
    {"f32", DataType::kFLOAT},     {"fp32", DataType::kFLOAT}, {"float32", DataType::kFLOAT},
    {"float", DataType::kFLOAT},   {"f16", DataType::kHALF},   {"fp16", DataType::kHALF},
    {"float16", DataType::kHALF},  {"half", DataType::kHALF},  {"bf16", DataType::kBF16},
    {"bfloat16", DataType::kBF16}, {"i8", DataType::kINT8},    {"int8", DataType::kINT8},
};

bool matches(const std::string& pattern, const network::ILayer& layer) {
  return fnmatch(pattern.c_str(), layer.getName(), 0) == 0;
}

}  // namespace

PrecisionOverrides::PrecisionOverrides(const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    const size_t place = entry.rfind('=');
    const std::string type = place == std::string::npos ? std::string() : entry.substr(place + 1);
    const auto* found =
        std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& n) { return type == n.text; });
    if (place == 0 || found == std::end(kNames)) {
      TORCHTRT_THROW_ERROR("precision_overrides has \"" << entry << "\", must be PATTERN=PRECISION with the precision "
                                                        << "f32, f16, bf16 or i8, as in \"*layer4*=f32\"");
    }
    entries_.push_back({entry.substr(0, place), found->type});
  }
}

void PrecisionOverrides::require_enabled(const std::set<DataType>& enabled) const {
  for (const Entry& entry : entries_) {
    if (entry.precision == DataType::kFLOAT || enabled.count(entry.precision) != 0) continue;
    const std::string name = network::enum_name(entry.precision);
    TORCHTRT_THROW_ERROR("precision_overrides wants " << name << " for \"" << entry.pattern << "\", but "
                                                      << "enabled_precisions lacks " << name << "; add it");
  }
}

std::optional<DataType> PrecisionOverrides::find(const network::ILayer& layer) const {
  for (const Entry& entry : entries_) {
    if (matches(entry.pattern, layer)) return entry.precision;
  }
  return std::nullopt;
}

bool PrecisionOverrides::allow(const network::ILayer& layer, network::DataType precision) const {
  const auto chosen = find(layer);
  return !chosen || *chosen == precision;
}

std::vector<std::string> PrecisionOverrides::unmatched(const network::INetworkDefinition& network) const {
  std::vector<std::string> result;
  for (const Entry& entry : entries_) {
    const auto& layers = network.layers();
    const bool is_used =
        std::any_of(layers.begin(), layers.end(), [&](const auto& layer) { return matches(entry.pattern, *layer); });
    if (!is_used) result.push_back(entry.pattern);
  }
  return result;
}

}  // namespace torch_tensorrt::engine
