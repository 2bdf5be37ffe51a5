#include "torch_tensorrt/core/engine/build/tactic_choice.h"

#include <algorithm>
#include <new>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

// A tactic that fails to answer does not take the instance; running out of memory is not an answer and throws.
Decision ask(const Tactic& tactic, const LayerInstance& instance, const DeviceTarget& target) {
  try {
    const auto is_view = [](const TensorDesc& input) { return input.view_strides.has_value(); };
    if (!tactic.takes_views(target) && std::any_of(instance.inputs.begin(), instance.inputs.end(), is_view)) {
      return Decision::no("takes no views of other tensors");
    }
    return tactic.takes(instance);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    return Decision::no(GetExceptionString(e));
  }
}

std::string reason_against(const Tactic& tactic, const LayerInstance& instance, const DeviceTarget& target) {
  const Decision supported = tactic.supports(*instance.layer, target);
  if (!supported) return supported.reason();
  const Decision taken = ask(tactic, instance, target);
  return taken ? "not among the allowed tactic sources" : taken.reason();
}

}  // namespace

std::string describe_instance(const LayerInstance& instance) {
  std::string text = network::describe(*instance.layer) + " with inputs";
  for (size_t i = 0; i < instance.inputs.size(); ++i) {
    if (!instance.present[i]) continue;
    text += str(" ", network::enum_name(instance.inputs[i].dtype), "[", network::to_string(instance.inputs[i].dims),
                "]@", network::enum_name(instance.inputs[i].format));
  }
  return text;
}

std::vector<const Tactic*> usable_tactics(const LayerInstance& instance, const DeviceTarget& target,
                                          const std::vector<std::string>& sources) {
  auto tactics = TacticRegistry::global().candidates(*instance.layer, target, sources);
  const auto declines = [&](const Tactic* tactic) { return !ask(*tactic, instance, target); };
  tactics.erase(std::remove_if(tactics.begin(), tactics.end(), declines), tactics.end());
  return tactics;
}

void throw_unusable(const LayerInstance& instance, const DeviceTarget& target,
                    const std::vector<std::string>& sources) {
  std::string reasons;
  for (const Tactic* tactic : TacticRegistry::global().all()) {
    reasons += str("  ", tactic->name(), ": ", reason_against(*tactic, instance, target), "\n");
  }
  std::string allowed;
  for (const std::string& source : sources) allowed += (allowed.empty() ? " of the sources " : ", ") + source;
  TORCHTRT_THROW_ERROR(
      "no tactic" << allowed << " runs " << describe_instance(instance) << ":\n"
                  << (reasons.empty() ? "  no tactic is registered\n" : reasons)
                  << "change the operation in the model, or load a library with a tactic that runs it");
}

const Tactic& tactic_for(const LayerInstance& instance, const Tactic* preferred, const DeviceTarget& target) {
  if (preferred != nullptr && ask(*preferred, instance, target)) return *preferred;
  const auto tactics = usable_tactics(instance, target, {});
  if (tactics.empty()) throw_unusable(instance, target, {});
  return *tactics.front();
}

std::unique_ptr<Kernel> prepare_kernel(const Tactic& tactic, const LayerInstance& instance, WeightStore& weights,
                                       const DeviceTarget& target) {
  try {
    return tactic.prepare(instance, weights, target);
  } catch (const std::exception& e) {
    TORCHTRT_THROW_ERROR(describe_instance(instance)
                         << ": tactic " << tactic.name() << " cannot prepare it: " << GetExceptionString(e));
  }
}

}  // namespace torch_tensorrt::engine
