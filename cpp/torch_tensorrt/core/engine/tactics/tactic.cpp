#include "torch_tensorrt/core/engine/tactics/tactic.h"

#if defined(__aarch64__)
#include <sys/auxv.h>
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>

#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

#ifdef TORCHTRT_WITH_ONEDNN
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#endif

namespace torch_tensorrt::engine {
namespace {

// "onednn" of "onednn.convolution".
std::string_view source_of(const Tactic& tactic) {
  const std::string_view name = tactic.name();
  return name.substr(0, name.find('.'));
}

bool is_allowed(const Tactic& tactic, const std::vector<std::string>& sources) {
  return sources.empty() || std::find(sources.begin(), sources.end(), source_of(tactic)) != sources.end();
}

}  // namespace

int32_t layer_index(const network::ILayer& layer) {
  const auto& layers = layer.network()->layers();
  const auto same = [&](const auto& other) { return other.get() == &layer; };
  const auto found = std::find_if(layers.begin(), layers.end(), same);
  TORCHTRT_ASSERT(found != layers.end(), << layer.getName());
  return static_cast<int32_t>(found - layers.begin());
}

bool Tactic::takes_views(const DeviceTarget&) const { return false; }

const Implementation* Implementations::find_or_first(const std::string& config) const {
  for (const Implementation& one : all_) {
    if (one.config == config) return &one;
  }
  return all_.empty() ? nullptr : &all_.front();
}

struct TacticRegistry::State {
  mutable std::shared_mutex mutex;
  std::vector<std::unique_ptr<Tactic>> tactics;
};

TacticRegistry::TacticRegistry() : state_(std::make_unique<State>()) {}
TacticRegistry::~TacticRegistry() = default;

TacticRegistry& TacticRegistry::global() {
  // Never destroyed: engines may be used by threads that outlive main().
  static TacticRegistry* const registry = [] {
    auto* made = new TacticRegistry();
#ifdef TORCHTRT_WITH_ONEDNN
    register_onednn_tactics(*made);
#endif
    return made;
  }();
  return *registry;
}

void TacticRegistry::add(std::unique_ptr<Tactic> tactic) {
  const std::unique_lock lock(state_->mutex);
  for (const auto& known : state_->tactics) {
    TORCHTRT_CHECK(std::string_view(known->name()) != tactic->name(),
                   "a tactic named " << tactic->name() << " is registered already");
  }
  state_->tactics.push_back(std::move(tactic));
}

std::vector<const Tactic*> TacticRegistry::candidates(const network::ILayer& layer, const DeviceTarget& device,
                                                      const std::vector<std::string>& sources) const {
  std::vector<const Tactic*> result;
  for (const Tactic* tactic : all()) {
    if (is_allowed(*tactic, sources) && tactic->supports(layer, device)) result.push_back(tactic);
  }
  return result;
}

const Tactic* TacticRegistry::find(const std::string& name) const {
  const std::shared_lock lock(state_->mutex);
  for (const auto& tactic : state_->tactics) {
    if (name == tactic->name()) return tactic.get();
  }
  return nullptr;
}

std::vector<const Tactic*> TacticRegistry::all() const {
  const std::shared_lock lock(state_->mutex);
  std::vector<const Tactic*> result;
  result.reserve(state_->tactics.size());
  for (const auto& tactic : state_->tactics) result.push_back(tactic.get());
  return result;
}

std::string TacticRegistry::explain(const network::ILayer& layer, const DeviceTarget& device) const {
  std::string text;
  for (const Tactic* tactic : all()) {
    const Decision decision = tactic->supports(layer, device);
    text += str("  ", tactic->name(), ": ", decision ? "runs it" : decision.reason(), "\n");
  }
  return text.empty() ? "  no tactic is registered\n" : text;
}

// Answered by whichever OpenMP runtime the process has (PyTorch's or oneDNN's); linking our own would add a second one.
extern "C" int omp_get_max_threads() __attribute__((weak));

namespace {

int32_t cpu_threads() {
  if (omp_get_max_threads != nullptr) return omp_get_max_threads();
  const auto threads = static_cast<int32_t>(std::thread::hardware_concurrency());
  return threads > 0 ? threads : 1;
}

// The newest instruction set by which kernels differ, in oneDNN's words.
std::string cpu_isa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx512_core = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const bool vnni = avx512_core && __builtin_cpu_supports("avx512vnni");
  const bool bf16 = vnni && __builtin_cpu_supports("avx512bf16");
  const bool fp16 = bf16 && __builtin_cpu_supports("avx512fp16");
  if (fp16 && __builtin_cpu_supports("amx-bf16") && __builtin_cpu_supports("amx-int8")) return "avx512_core_amx";
  if (fp16) return "avx512_core_fp16";
  if (bf16) return "avx512_core_bf16";
  if (vnni) return "avx512_core_vnni";
  if (avx512_core) return "avx512_core";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
  return "sse41";
#elif defined(__aarch64__)
  // Kernels for SVE depend on the length of its vectors.
  if ((getauxval(AT_HWCAP) & HWCAP_SVE) == 0) return "asimd";
  return "sve_" + std::to_string(8 * (prctl(PR_SVE_GET_VL) & PR_SVE_VL_LEN_MASK));
#else
  return "generic";
#endif
}

}  // namespace

DeviceTarget describe_target(DeviceTarget target) {
  if (!target.is_cpu()) {
    const DeviceAccess* access = cuda_access();
    if (target.isa.empty() && access != nullptr && access->available(target.gpu_id)) {
      target.isa = cuda::Driver::get().architecture(target.gpu_id);
    }
    return target;
  }
  if (target.threads <= 0) target.threads = cpu_threads();
  if (target.isa.empty()) target.isa = cpu_isa();
  return target;
}

namespace {

int64_t checked_multiply(int64_t a, int64_t b, const network::Dims& dims) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    TORCHTRT_THROW_ERROR("a tensor of dims " << network::to_string(dims) << " has more bytes than fit in 64 bits");
  }
  return product;
}

}  // namespace

int64_t TensorDesc::bytes() const {
  int64_t result = network::element_size(dtype);
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    TORCHTRT_CHECK(dims.d[i] >= 0, "a tensor of dims " << network::to_string(dims) << " has no size yet");
    result = checked_multiply(result, dims.d[i], dims);
  }
  return result;
}

network::Dims TensorDesc::strides() const {
  if (view_strides) return *view_strides;
  const bool channels_last = format == network::TensorFormat::kHWC;
  TORCHTRT_CHECK(!channels_last || dims.nbDims >= 3, "format " << network::enum_name(format)
                                                               << " needs rank 3 or more, not dims "
                                                               << network::to_string(dims));
  network::Dims result = dims;
  int64_t step = 1;
  if (channels_last) {
    result.d[1] = 1;
    step = std::max<int64_t>(dims.d[1], 1);
  }
  for (int32_t i = dims.nbDims - 1; i >= 0; --i) {
    if (channels_last && i == 1) continue;
    result.d[i] = step;
    step *= std::max<int64_t>(dims.d[i], 1);
  }
  return result;
}

namespace {

// A tactic that fails to answer does not take the instance; running out of memory is not an answer and throws.
Implementations ask(const Tactic& tactic, const LayerInstance& instance, const DeviceTarget& target) {
  try {
    const auto is_view = [](const TensorDesc& input) { return input.view_strides.has_value(); };
    if (!tactic.takes_views(target) && std::any_of(instance.inputs.begin(), instance.inputs.end(), is_view)) {
      return Decision::no("takes no views of other tensors");
    }
    return tactic.implementations(instance, target);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    return Decision::no(GetExceptionString(e));
  }
}

std::string reason_against(const Tactic& tactic, const LayerInstance& instance, const DeviceTarget& target) {
  const Decision supported = tactic.supports(*instance.layer, target);
  if (!supported) return supported.reason();
  const Implementations offered = ask(tactic, instance, target);
  return offered ? "not among the allowed tactic sources" : offered.reason();
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

std::string candidate_text(const std::string& tactic, const std::string& config) {
  return config.empty() ? tactic : tactic + " " + config;
}

std::vector<Candidate> usable_candidates(const LayerInstance& instance, const DeviceTarget& target,
                                         const std::vector<std::string>& sources) {
  std::vector<Candidate> usable;
  for (const Tactic* tactic : TacticRegistry::global().candidates(*instance.layer, target, sources)) {
    const Implementations offered = ask(*tactic, instance, target);
    for (const Implementation& one : offered.all()) usable.push_back({tactic, one});
  }
  return usable;
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

Candidate candidate_for(const LayerInstance& instance, const ChosenTactic& chosen, const DeviceTarget& target) {
  if (chosen.tactic != nullptr) {
    const Implementations offered = ask(*chosen.tactic, instance, target);
    if (offered) return {chosen.tactic, *offered.find_or_first(chosen.config)};
  }
  auto usable = usable_candidates(instance, target, {});
  if (usable.empty()) throw_unusable(instance, target, {});
  return std::move(usable.front());
}

std::unique_ptr<Kernel> prepare_kernel(const Candidate& candidate, const LayerInstance& instance, WeightStore& weights,
                                       const DeviceTarget& target) {
  try {
    return candidate.tactic->prepare(candidate.implementation, instance, weights, target);
  } catch (const std::exception& e) {
    TORCHTRT_THROW_ERROR(describe_instance(instance)
                         << ": tactic " << candidate_text(candidate.tactic->name(), candidate.implementation.config)
                         << " cannot prepare it: " << GetExceptionString(e));
  }
}

}  // namespace torch_tensorrt::engine
