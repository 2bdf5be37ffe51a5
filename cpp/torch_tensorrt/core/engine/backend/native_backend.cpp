#include "torch_tensorrt/core/engine/backend/native_backend.h"

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

std::unique_ptr<Backend> make_native_backend() { return std::make_unique<NativeBackend>(); }

}  // namespace torch_tensorrt::engine
