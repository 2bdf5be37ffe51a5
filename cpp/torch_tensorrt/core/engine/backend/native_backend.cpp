#include "torch_tensorrt/core/engine/backend/native_backend.h"

#include <optional>

#include "torch_tensorrt/core/engine/build/network_choice.h"
#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/engine/run/native_executable.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

class NativeBackend final : public Backend {
 public:
  const char* name() const override { return kNativeBackend; }
  Decision available(const DeviceTarget& device) const override {
    if (device.is_dla()) return Decision::no("its engines run on CPUs and GPUs, not on DLA cores");
    return device_available(device);
  }
  std::string version() const override { return producer_text(); }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    using network::LayerType;
    const LayerType type = layer.getType();
    // These never run: a shape's values are known as soon as the sizes of the inputs are.
    if (type == LayerType::kINPUT || type == LayerType::kCONSTANT || type == LayerType::kSHAPE) return Decision::yes();
    if (Decision decision = sizes_are_known(layer); !decision) return decision;
    const TacticRegistry& registry = TacticRegistry::global();
    if (!registry.candidates(layer, device).empty()) return Decision::yes();
    return Decision::no("no tactic runs it:\n" + registry.explain(layer, device));
  }

  std::vector<Refusal> refusals(const network::INetworkDefinition& network, const DeviceTarget& device) const override {
    auto refused = Backend::refusals(network, device);
    return refused.empty() ? find_unknown_sizes(network) : refused;
  }

  std::string build(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                    BuildReport* report) const override {
    return Builder(settings).build(std::move(network), report);
  }

  std::string refit(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network,
                    const BuildSettings& settings) const override {
    BuildSettings here = settings;
    here.device.isa.clear();  // the plan may have been built on another machine
    return Builder(here).build_like(plan, std::move(network));
  }

  std::shared_ptr<Executable> load(std::shared_ptr<const Plan> plan) const override {
    const Decision decision = device_available(plan->target);
    if (!decision) {
      TORCHTRT_THROW_ERROR("engine \"" << plan->name << "\" was built for CUDA device " << plan->target.gpu_id << " ("
                                       << plan->target.isa << ") and cannot run here: " << decision.reason());
    }
    return std::make_shared<NativeExecutable>(std::move(plan));
  }
};

}  // namespace

Decision sizes_are_known(const network::ILayer& layer) {
  if (!layer.sizes_depend_on_data()) return Decision::yes();
  return Decision::no(
      "the shape of the result depends on the values of the input, but engines of the native backend compute all "
      "shapes from the shapes of the inputs; use where(mask, x, y) or masked_fill, which keep the shape, or "
      "backend=\"tensorrt\" on a GPU");
}

namespace {

bool is_known(const network::InferredTensor& tensor) { return tensor.value && tensor.value->is_known(); }

// Unset if the opt shapes do not fit the network: the build has the error.
std::optional<network::InferredTensors> infer_if_fit(const network::INetworkDefinition& network) {
  try {
    return infer_at_opt(network);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<Refusal> find_unknown_sizes(const network::INetworkDefinition& network) {
  std::vector<Refusal> found;
  for (const auto& layer : network.layers()) {
    const Decision known = sizes_are_known(*layer);
    if (!known) found.push_back({layer.get(), known.reason()});
  }
  if (!found.empty()) return found;  // what follows from them is unknown too
  const auto tensors = infer_if_fit(network);
  if (!tensors) return found;
  for (const auto& layer : network.layers()) {
    for (int32_t i = 0; i < layer->getNbInputs(); ++i) {
      const auto* input = layer->getInput(i);
      if (input == nullptr || !layer->reads_dims(i) || is_known(tensors->at(input))) continue;
      found.push_back({layer.get(),
                       "a size or a position that it takes is computed from the values of tensors, but engines of the "
                       "native backend compute all shapes from the shapes of the inputs; give the number as an integer "
                       "input of the method"});
      break;
    }
  }
  return found;
}

std::unique_ptr<Backend> make_native_backend() { return std::make_unique<NativeBackend>(); }

}  // namespace torch_tensorrt::engine
