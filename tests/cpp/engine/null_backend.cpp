#include "engine/null_backend.h"

#include <algorithm>

#include "support/plan_runner.h"
#include "torch_tensorrt/core/engine/plan/json.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::testing {
namespace {

constexpr const char* kName = "null";
constexpr int64_t kAlignment = 64;  // PyTorch's own on CPUs

template <typename T>
void fill_as(void* memory, int64_t count) {
  std::fill_n(static_cast<T*>(memory), count, static_cast<T>(kFill));
}

void fill(network::DataType type, void* memory, int64_t count) {
  if (type == network::DataType::kFLOAT) return fill_as<float>(memory, count);
  if (type == network::DataType::kINT32) return fill_as<int32_t>(memory, count);
  if (type == network::DataType::kINT64) return fill_as<int64_t>(memory, count);
  TORCHTRT_THROW_ERROR("the null backend fills no outputs of " << network::enum_name(type));
}

class NullContext final : public tests::PlanContext {
 public:
  using PlanContext::PlanContext;

  void run(const void* const* inputs, void* const* outputs, const RunOptions& options) override {
    for (size_t i = 0; i < executable_->inputs().size(); ++i) {
      const bool is_aligned = reinterpret_cast<uintptr_t>(inputs[i]) % kAlignment == 0;
      TORCHTRT_CHECK(is_aligned, "input " << i << " is not aligned to " << kAlignment << " bytes");
    }
    for (size_t i = 0; i < output_dims_.size(); ++i) {
      const network::DataType type = executable_->outputs()[i].dtype;
      if (output_dims_[i].is_static()) {
        fill(type, outputs[i], output_dims_[i].volume());
      } else {
        make_late(static_cast<int32_t>(i), type, inputs, options);
      }
    }
  }

 private:
  void make_late(int32_t output, network::DataType type, const void* const* inputs, const RunOptions& options) {
    TORCHTRT_CHECK(options.allocator != nullptr, "output " << output << " has dims that depend on data, and nothing "
                                                           << "gives memory for it");
    network::Dims dims = output_dims_[static_cast<size_t>(output)];
    std::replace(dims.d, dims.d + dims.nbDims, int64_t{-1},
                 static_cast<int64_t>(*static_cast<const float*>(inputs[0])));
    void* memory = nullptr;
    // A backend may ask for little first, then for the real size, and not at all for empty outputs.
    if (dims.volume() > 0) {
      options.allocator->allocate(output, 1);
      memory = options.allocator->allocate(output, dims.volume() * network::element_size(type));
    }
    fill(type, memory, dims.volume());
    options.allocator->set_dims(output, dims);
  }
};

class NullExecutable final : public tests::PlanExecutable {
 public:
  using PlanExecutable::PlanExecutable;
  std::unique_ptr<Context> create_context(int32_t) const override {
    return std::make_unique<NullContext>(shared_from_this());
  }
  int64_t input_alignment() const override { return kAlignment; }
  void inspect(JsonWriter& json) const override { json.field("payload", std::string(payload_of(plan()))); }
};

class NullBackend final : public Backend {
 public:
  const char* name() const override { return kName; }
  int32_t preference() const override { return null_backend_state().preference; }
  Decision available(const DeviceTarget&) const override {
    if (null_backend_state().is_available) return Decision::yes();
    return Decision::no("the null backend was switched off");
  }
  std::string version() const override { return null_backend_state().version; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    if (layer.getName() != null_backend_state().refused_layer || null_backend_state().refused_layer.empty()) {
      return Decision::yes();
    }
    return Decision::no("it was told not to");
  }
  std::string build(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                    BuildReport*) const override {
    NullBackendState& state = null_backend_state();
    state.handed.push_back(network::print_network(*network));
    state.settings.push_back(settings);
    std::string bytes = wrap_payload(*this, std::move(network), settings, "bytes of " + settings.name);
    // Fail late, when the network has been taken apart.
    if (!state.build_error.empty()) TORCHTRT_THROW_ERROR(state.build_error);
    return bytes;
  }
  std::shared_ptr<Executable> load(std::shared_ptr<const Plan> plan) const override {
    const std::string& here = null_backend_state().version;
    if (plan->backend_version != here) {
      TORCHTRT_THROW_ERROR("the engine is for " << plan->backend_version << ", this machine has " << here);
    }
    return std::make_shared<NullExecutable>(std::move(plan));
  }
};

}  // namespace

NullBackendState& null_backend_state() {
  static NullBackendState state;
  return state;
}

void reset_null_backend() { null_backend_state() = NullBackendState{}; }

std::unique_ptr<Backend> make_null_backend() { return std::make_unique<NullBackend>(); }

const Backend& null_backend() {
  static const bool once = [] {
    register_backend(make_null_backend());
    return true;
  }();
  (void)once;
  return find_backend(kName);
}

}  // namespace torch_tensorrt::engine::testing
