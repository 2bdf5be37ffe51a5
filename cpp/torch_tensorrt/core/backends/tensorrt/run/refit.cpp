#include "torch_tensorrt/core/backends/tensorrt/run/refit.h"

#include "torch_tensorrt/core/backends/tensorrt/run/build.h"
#include "torch_tensorrt/core/backends/tensorrt/run/engine.h"
#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"
#include "torch_tensorrt/core/backends/tensorrt/run/vendor.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

constexpr const char* kDecides =
    "the values of weights decide on what TensorRT is given, and the new ones decide otherwise; compile the new module "
    "instead";

// Ask TensorRT: after one refit some versions serialize engines that cannot be refitted again.
void check_refittable(const VendorEngine& engine, const engine::BuildSettings& settings) {
  TORCHTRT_CHECK(engine.is_refittable(), "the weights of the engine \""
                                             << settings.name << "\" were replaced once, after which TensorRT "
                                             << to_string(engine.library().version())
                                             << " replaces them no more; give the module that was compiled");
}

bool is_same_kind(const network::Weights& a, const network::Weights& b) {
  return a.type == b.type && a.count == b.count;
}

}  // namespace

void check_same_weights(const NamedWeights& before, const NamedWeights& after) {
  for (const auto& [name, weights] : after) {
    const auto found = before.find(name);
    if (found != before.end() && is_same_kind(found->second, weights)) continue;
    TORCHTRT_THROW_ERROR("weights \"" << name << "\", " << weights.count << " of " << network::enum_name(weights.type)
                                      << ": " << kDecides);
  }
  for (const auto& [name, weights] : before) {
    TORCHTRT_CHECK(after.count(name) != 0, "weights \"" << name << "\": " << kDecides);
  }
}

NamedWeights pick_weights(const NamedWeights& all, const std::vector<std::string>& names) {
  NamedWeights picked;
  for (const std::string& name : names) {
    const auto found = all.find(name);
    TORCHTRT_CHECK(found != all.end(), "the engine has weights \"" << name << "\" that its network does not have; "
                                                                   << "compile the new module instead");
    picked.insert(*found);
  }
  return picked;
}

std::string refit_serialized(std::string_view payload, const network::INetworkDefinition& before,
                             const network::INetworkDefinition& after, const engine::BuildSettings& settings) {
  const auto library = require_vendor_library();
  const engine::cuda::DeviceGuard device(settings.device.gpu_id);
  const auto engine = VendorEngine::load(payload.data(), payload.size(), settings.device.gpu_id);
  check_refittable(*engine, settings);
  MessageGatherer messages;
  const VendorNetwork old = translate_network(before, settings, {}, *library, messages);
  const VendorNetwork fresh = translate_network(after, settings, {}, *library, messages);
  const NamedWeights& weights = fresh.translator->named_weights();
  check_same_weights(old.translator->named_weights(), weights);
  const NamedWeights picked = pick_weights(weights, engine->weight_names());
  engine->refit(picked);
  LOG_INFO("TensorRT " << to_string(library->version()) << " replaced " << picked.size() << " weights of the engine \""
                       << settings.name << "\"");
  return engine->serialize();
}

}  // namespace torch_tensorrt::backends::tensorrt
