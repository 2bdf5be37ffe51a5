#include <algorithm>

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/engine/build/build_engine.h"

// Names of the conversion that build engines, or that only programs of other people use.
namespace torch_tensorrt::core::conversion {

std::ostream& operator<<(std::ostream& os, const BuilderSettings& settings) {
  os << "Settings of the engine:\nenabled_precisions:";
  for (const auto precision : settings.enabled_precisions) os << ' ' << precision;
  return os << "\ndevice: " << settings.device << "\ncapability: " << settings.capability << '\n'
            << engine::to_text(settings);
}

std::string ConversionCtx::SerializeEngine() {
  // All layers have their sources now. The hook must not outlive the context.
  net->set_layer_hook({});
  value_tensor_map.clear();
  seen_itensors.clear();
  evaluated_value_map.clear();
  engine::BuildSettings build = settings;
  build.enabled_precisions = enabled_precisions;
  return engine::build_engine(std::move(net), build);
}

std::string ConvertBlockToEngine(const torch::jit::Block* b, ConversionInfo build_info,
                                 ir::StaticParams& static_params) {
  return convert_block(b, build_info, static_params)->SerializeEngine();
}

bool OpSupported(const torch::jit::Node* n) { return static_cast<bool>(node_decision(n)); }

bool InputIsCollection(const torch::jit::Block* b) {
  return std::any_of(b->inputs().begin(), b->inputs().end(), ir::is_collection);
}

bool OutputIsCollection(const torch::jit::Block* b) {
  return std::any_of(b->outputs().begin(), b->outputs().end(), ir::is_collection);
}

}  // namespace torch_tensorrt::core::conversion
