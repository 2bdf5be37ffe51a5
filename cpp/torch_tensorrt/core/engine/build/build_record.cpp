#include "torch_tensorrt/core/engine/build/build_record.h"

#include <algorithm>

#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/engine/plan/plan_tensors.h"
#include "torch_tensorrt/core/network/attributes.h"

namespace torch_tensorrt::engine {
namespace {

// -1 where the tensor is not an output.
int64_t output_place(const network::INetworkDefinition& network, const network::ITensor* tensor) {
  const auto& outputs = network.outputs();
  const auto found = std::find(outputs.begin(), outputs.end(), tensor);
  return found == outputs.end() ? -1 : found - outputs.begin();
}

}  // namespace

void record_build(Plan& plan, const network::INetworkDefinition& network, const BuildSettings& settings) {
  plan.settings = settings;
  plan.signatures = layer_signatures(network);
}

BuildSettings settings_like(const Plan& plan) {
  BuildSettings settings;
  if (plan.settings) {
    settings = *plan.settings;
  } else {
    settings.use_explicit_typing = true;
    settings.disable_tf32 = true;
  }
  settings.name = plan.name;
  settings.backend = plan.backend;
  const bool allow_gpu_fallback = settings.target.allow_gpu_fallback;
  settings.target = plan.target;
  settings.target.allow_gpu_fallback = allow_gpu_fallback;
  settings.max_specializations = static_cast<uint64_t>(plan.max_specializations);
  return settings;
}

std::vector<uint64_t> layer_signatures(const network::INetworkDefinition& network) {
  const TensorNumbers numbers(network);
  std::vector<uint64_t> signatures;
  for (const auto& layer : network.layers()) {
    std::vector<int64_t> words = {
        static_cast<int64_t>(network::hash_layer(*layer, /*with_weight_values=*/false)),
        layer->precision() ? static_cast<int64_t>(*layer->precision()) : -1,
        layer->getNbInputs(),
    };
    for (int32_t i = 0; i < layer->getNbInputs(); ++i) words.push_back(numbers.of(layer->getInput(i)));
    for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
      words.push_back(static_cast<int64_t>(layer->getOutput(i)->format()));
      words.push_back(output_place(network, layer->getOutput(i)));
    }
    signatures.push_back(checksum({reinterpret_cast<const char*>(words.data()), words.size() * sizeof(int64_t)}));
  }
  return signatures;
}

}  // namespace torch_tensorrt::engine
