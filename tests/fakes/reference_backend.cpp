// A backend that runs a network on the CPU by the oracle of the tests (support/reference.h), one loop a layer: slow,
// and it takes what our engine does not, sizes that depend on data.
#include "torch_tensorrt/core/engine/backend.h"

#include <cstring>

#include "support/reference.h"
#include "torch_tensorrt/core/engine/context.h"
#include "torch_tensorrt/core/engine/input_range.h"
#include "torch_tensorrt/core/engine/json.h"
#include "torch_tensorrt/core/engine/native_executable.h"
#include "torch_tensorrt/core/network/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

class ReferenceExecutable final : public Executable {
 public:
  explicit ReferenceExecutable(std::shared_ptr<const Plan> plan)
      : plan_(std::move(plan)),
        inputs_(describe_inputs(*plan_->network)),
        outputs_(describe_outputs(*plan_->network)) {}

  const std::vector<IoTensor>& inputs() const override { return inputs_; }
  const std::vector<IoTensor>& outputs() const override { return outputs_; }
  std::unique_ptr<Context> create_context(int32_t max_specialisations) const override;
  void inspect(JsonWriter& json) const override { json.key("layers").begin_array().end_array(); }
  const Plan& plan() const { return *plan_; }

 private:
  std::shared_ptr<const Plan> plan_;
  std::vector<IoTensor> inputs_;
  std::vector<IoTensor> outputs_;
};

class ReferenceContext final : public Context {
 public:
  explicit ReferenceContext(std::shared_ptr<const ReferenceExecutable> executable)
      : executable_(std::move(executable)) {}

  const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                   const int64_t* const* shape_values) override {
    const Plan& plan = executable_->plan();
    check_input_dims(plan.name, executable_->inputs(), plan.network->profiles(), dims);
    std::vector<std::optional<network::ShapeValue>> values(dims.size());
    for (size_t i = 0; shape_values != nullptr && i < dims.size(); ++i) {
      if (shape_values[i] == nullptr) continue;
      values[i].emplace();
      values[i]->elements.assign(shape_values[i], shape_values[i] + dims[i].volume());
    }
    check_input_values(executable_->inputs(), values);
    const auto tensors = network::infer_all(*plan.network, dims, values);
    input_dims_ = dims;
    output_dims_.clear();
    for (const auto* output : plan.network->outputs()) output_dims_.push_back(tensors.at(output).type.dims);
    return output_dims_;
  }

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

  std::vector<LayerTime> profile(const void* const* inputs, void* const* outputs, const RunOptions& options) override {
    run(inputs, outputs, options);
    return {};
  }
  int64_t arena_bytes() const override { return 0; }
  int64_t arena_lower_bound_bytes() const override { return 0; }
  int32_t specialisation_count() const override { return 1; }

 private:
  std::shared_ptr<const ReferenceExecutable> executable_;
  std::vector<network::Dims> input_dims_;
  std::vector<network::Dims> output_dims_;
};

std::unique_ptr<Context> ReferenceExecutable::create_context(int32_t) const {
  return std::make_unique<ReferenceContext>(std::static_pointer_cast<const ReferenceExecutable>(shared_from_this()));
}

class ReferenceBackend final : public Backend {
 public:
  const char* name() const override { return "reference"; }
  int32_t preference() const override { return -1; }
  Decision available(const DeviceTarget& device) const override {
    if (device.kind == DeviceTarget::Kind::kCPU) return Decision::yes();
    return Decision::no("the reference runs on the CPU");
  }
  std::string version() const override { return "reference 1.0"; }
  Decision supports(const network::ILayer&, const DeviceTarget&) const override { return Decision::yes(); }
  std::string build(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                    BuildReport*) const override {
    return wrap_payload(*this, std::move(network), settings, "the network is all");
  }
  std::shared_ptr<Executable> load(std::shared_ptr<const Plan> plan) const override {
    return std::make_shared<ReferenceExecutable>(std::move(plan));
  }
};

}  // namespace

}  // namespace torch_tensorrt::engine

extern "C" __attribute__((visibility("default"))) torch_tensorrt::engine::Backend* torchtrt_make_backend() {
  return new torch_tensorrt::engine::ReferenceBackend();
}
