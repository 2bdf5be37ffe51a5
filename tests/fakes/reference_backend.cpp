// A backend that runs a network on the CPU by the oracle of the tests (support/reference.h), one loop a layer: slow,
// and it takes what our engine does not, sizes that depend on data. If the environment variable
// TORCHTRT_REFERENCE_TAKES lists kinds of layers ("softmax,matrix_multiply"), it is preferred, and takes these alone.
// It fails to build networks with the kinds that TORCHTRT_REFERENCE_FAILS lists.
#include "torch_tensorrt/core/engine/backend/backend.h"

#include <cstdlib>
#include <cstring>
#include <set>
#include <sstream>

#include "support/plan_runner.h"
#include "support/reference.h"
#include "torch_tensorrt/core/engine/plan/json.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

class ReferenceContext final : public tests::PlanContext {
 public:
  using PlanContext::PlanContext;

  void run(const void* const* inputs, void* const* outputs, const RunOptions& options) override {
    const network::INetworkDefinition& network = *executable_->plan().network;
    std::vector<tests::HostTensor> given;
    for (size_t i = 0; i < input_dims_.size(); ++i) {
      static const char nothing = 0;
      const void* data = inputs[i] != nullptr ? inputs[i] : &nothing;
      given.push_back({{executable_->inputs()[i].dtype, input_dims_[i]}, {data, [](const void*) {}}});
    }
    const auto results = tests::run_reference(network, given);
    for (size_t i = 0; i < results.size(); ++i) {
      void* memory = outputs[i];
      if (!output_dims_[i].is_static()) {
        const auto output = static_cast<int32_t>(i);
        memory = options.allocator->allocate(output, results[i].bytes());
        options.allocator->set_dims(output, results[i].type.dims);
      }
      if (results[i].bytes() > 0) std::memcpy(memory, results[i].values(), static_cast<size_t>(results[i].bytes()));
    }
  }
};

class ReferenceExecutable final : public tests::PlanExecutable {
 public:
  using PlanExecutable::PlanExecutable;
  std::unique_ptr<Context> create_context(int32_t) const override {
    return std::make_unique<ReferenceContext>(shared_from_this());
  }
  void inspect(JsonWriter& json) const override { json.key("layers").begin_array().end_array(); }
};

std::set<std::string> kinds_in(const char* variable) {
  const char* given = std::getenv(variable);
  std::istringstream list(given != nullptr ? given : "");
  std::set<std::string> kinds;
  for (std::string kind; std::getline(list, kind, ',');) kinds.insert(kind);
  return kinds;
}

class ReferenceBackend final : public Backend {
 public:
  const char* name() const override { return "reference"; }
  int32_t preference() const override { return kinds_.empty() ? -1 : 1; }
  Decision available(const DeviceTarget& device) const override {
    if (device.is_cpu()) return Decision::yes();
    return Decision::no("the reference runs on the CPU");
  }
  std::string version() const override { return "reference 1.0"; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    const std::string kind = network::enum_name(layer.getType());
    const bool takes = kinds_.empty() || kinds_.count(kind) != 0 || kind == "input" || kind == "constant";
    return takes ? Decision::yes() : Decision::no("it does not take layers of the kind " + kind);
  }
  std::string build(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                    BuildReport*) const override {
    for (const auto& layer : network->layers()) {
      const std::string kind = network::enum_name(layer->getType());
      if (failing_.count(kind) != 0) throw BuildFailed("the reference was told to fail at " + kind);
    }
    return wrap_payload(*this, std::move(network), settings, "the network is all");
  }
  std::shared_ptr<Executable> load(std::shared_ptr<const Plan> plan) const override {
    return std::make_shared<ReferenceExecutable>(std::move(plan));
  }

 private:
  const std::set<std::string> kinds_ = kinds_in("TORCHTRT_REFERENCE_TAKES");  // empty: all
  const std::set<std::string> failing_ = kinds_in("TORCHTRT_REFERENCE_FAILS");
};

}  // namespace

}  // namespace torch_tensorrt::engine

extern "C" __attribute__((visibility("default"))) torch_tensorrt::engine::Backend* torchtrt_make_backend() {
  return new torch_tensorrt::engine::ReferenceBackend();
}
