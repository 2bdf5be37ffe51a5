#include "torch_tensorrt/core/engine/build/refit.h"

#include "torch_tensorrt/core/engine/build/calibration.h"

#include <algorithm>
#include <map>

#include "torch_tensorrt/core/engine/backend/backend.h"
#include "torch_tensorrt/core/engine/backend/native_backend.h"
#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/network/attributes.h"
#include "torch_tensorrt/core/network/layer.h"
#include "torch_tensorrt/core/network/verifier.h"
#include "torch_tensorrt/core/util/macros.h"

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
  plan.network_key = network_key(network);
  for (const auto& layer : network.layers()) ++plan.converted[network::enum_name(layer->getType())];
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
  const bool allow_gpu_fallback = settings.device.allow_gpu_fallback;
  settings.device = plan.target;
  settings.device.allow_gpu_fallback = allow_gpu_fallback;
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

namespace {

// An error lists at most this many parameters of a module.
constexpr size_t kMaxParametersListed = 20;

std::string describe(const Parameter& parameter) {
  std::string dims;
  for (const int64_t dim : parameter.dims) dims += (dims.empty() ? "" : ", ") + std::to_string(dim);
  return parameter.dtype + " [" + dims + "]";
}

std::map<std::string, std::string> descriptions(const std::vector<Parameter>& parameters) {
  std::map<std::string, std::string> result;
  for (const Parameter& parameter : parameters) result.emplace(parameter.name, describe(parameter));
  return result;
}

std::vector<std::string> differences(const std::vector<Parameter>& made_with, const std::vector<Parameter>& given) {
  const auto before = descriptions(made_with);
  const auto now = descriptions(given);
  std::vector<std::string> list;
  for (const auto& [name, description] : before) {
    const auto found = now.find(name);
    if (found == now.end()) {
      list.push_back(str("\"", name, "\", ", description, ", is missing"));
    } else if (found->second != description) {
      list.push_back(str("\"", name, "\" is ", found->second, ", must be ", description));
    }
  }
  for (const auto& [name, description] : now) {
    if (before.count(name) == 0) {
      list.push_back(str("\"", name, "\", ", description, ", is not in the compiled module"));
    }
  }
  return list;
}

const BuildSettings& recorded_settings(const Plan& plan) {
  TORCHTRT_CHECK(plan.settings, "the engine \"" << plan.name << "\" (written by \"" << plan.producer
                                                << "\") does not record the module that it was built from, so its "
                                                   "weights cannot be replaced; compile the module again");
  return *plan.settings;
}

// The layer at `index` that the plan was built from; only plans with a portable network still have it (not ours).
std::string layer_before(const Plan& plan, size_t index) {
  if (plan.backend == kNativeBackend || index >= plan.signatures.size()) return {};
  return ", where the compiled module has " + network::describe(*plan.network->getLayer(static_cast<int32_t>(index)));
}

// Lowering merges parameters of equal value unless `refit` is set.
const char* advice(const Plan& plan) {
  return plan.settings->refit
             ? "; compile the new module instead"
             : "; compile the new module instead. If parameters of the compiled module had equal values (ones, zeros) "
               "and those of the new module differ, compile the first one with refit=True";
}

void check_same_layers(const Plan& plan, const network::INetworkDefinition& network) {
  const auto now = layer_signatures(network);
  if (now == plan.signatures) return;
  const size_t common = std::min(now.size(), plan.signatures.size());
  const auto first =
      std::mismatch(now.begin(), now.begin() + static_cast<std::ptrdiff_t>(common), plan.signatures.begin());
  const auto index = static_cast<size_t>(first.first - now.begin());
  const std::string where = index == now.size()
                                ? str("it has only the first ", index, " of ", plan.signatures.size(), " layers")
                                : "the first layer that differs is " +
                                      network::describe(*network.getLayer(static_cast<int32_t>(index))) +
                                      layer_before(plan, index);
  TORCHTRT_THROW_ERROR(
      "the new module does not have the same layers as the module that the engine \""
      << plan.name << "\" was built from: " << where
      << ". The new module must have the same code, and the values of its parameters must not change the layers"
      << advice(plan));
}

bool equal(const network::ProfileRange& a, const network::ProfileRange& b) {
  return a.min == b.min && a.opt == b.opt && a.max == b.max && a.min_values == b.min_values &&
         a.opt_values == b.opt_values && a.max_values == b.max_values;
}

std::string range_text(const network::ProfileRange& range) {
  return network::to_string(range.min) + " to " + network::to_string(range.max);
}

// Reuse the first build's names: lowering numbers values differently, and a backend may address weights by name.
void copy_names(const network::INetworkDefinition& from, network::INetworkDefinition& to) {
  for (int32_t i = 0; i < from.getNbLayers(); ++i) {
    const network::ILayer& named = *from.getLayer(i);
    network::ILayer& layer = *to.getLayer(i);
    layer.setName(named.getName());
    layer.setMetadata(named.getMetadata());
    for (int32_t k = 0; k < named.getNbOutputs(); ++k) layer.getOutput(k)->setName(named.getOutput(k)->getName());
  }
}

}  // namespace

void check_parameters(const std::vector<Parameter>& made_with, const std::vector<Parameter>& given) {
  const auto list = differences(made_with, given);
  if (list.empty()) return;
  std::string text;
  for (size_t i = 0; i < std::min(list.size(), kMaxParametersListed); ++i) text += "\n  " + list[i];
  if (list.size() > kMaxParametersListed) text += "\n  ...";
  TORCHTRT_THROW_ERROR("the parameters and buffers of the new module must be those of the module that was compiled; "
                       << list.size() << (list.size() == 1 ? " differs:" : " differ:") << text);
}

void check_parameters(const Plan& plan, const std::vector<Parameter>& given) {
  check_parameters(recorded_settings(plan).parameters, given);
}

void check_same_ranges(const Plan& plan, const network::INetworkDefinition& network) {
  recorded_settings(plan);
  const auto& before = plan.network->profiles();
  const auto& now = network.profiles();
  for (size_t i = 0; i < std::min(before.size(), now.size()); ++i) {
    for (const auto& [name, range] : now[i]) {
      const auto found = before[i].find(name);
      TORCHTRT_CHECK(found == before[i].end() || equal(found->second, range),
                     "input " << name << " of the engine \"" << plan.name
                              << "\" has another range of shapes with the new module: " << range_text(range) << ", but "
                              << range_text(found->second) << " in the compiled module" << advice(plan));
    }
  }
}

std::string refit_engine(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network) {
  recorded_settings(plan);
  network::verify_network(*network);
  check_same_layers(plan, *network);
  network->profiles() = plan.network->profiles();
  if (plan.backend != kNativeBackend) copy_names(*plan.network, *network);
  return find_backend(plan.backend).refit(plan, std::move(network), settings_like(plan));
}

}  // namespace torch_tensorrt::engine
