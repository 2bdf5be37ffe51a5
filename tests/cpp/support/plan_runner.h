#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/engine/plan/input_range.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/native_executable.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"

// Common parts of the test backends: they run a plan's network unchanged and infer its dims.
namespace torch_tensorrt::tests {

class PlanExecutable : public engine::Executable {
 public:
  explicit PlanExecutable(std::shared_ptr<const engine::Plan> plan)
      : plan_(std::move(plan)),
        inputs_(engine::describe_inputs(*plan_->network)),
        outputs_(engine::describe_outputs(*plan_->network)) {}
  const std::vector<engine::IoTensor>& inputs() const override { return inputs_; }
  const std::vector<engine::IoTensor>& outputs() const override { return outputs_; }
  const engine::Plan& plan() const { return *plan_; }

 private:
  std::shared_ptr<const engine::Plan> plan_;
  std::vector<engine::IoTensor> inputs_;
  std::vector<engine::IoTensor> outputs_;
};

// Keeps the dims of a call; the derived backend implements the run.
class PlanContext : public engine::Context {
 public:
  explicit PlanContext(std::shared_ptr<const engine::Executable> executable)
      : executable_(std::static_pointer_cast<const PlanExecutable>(std::move(executable))) {}

  const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                   const int64_t* const* shape_values) override {
    const engine::Plan& plan = executable_->plan();
    engine::check_input_dims(plan.name, executable_->inputs(), plan.network->profiles(), dims);
    std::vector<std::optional<network::ShapeValue>> values(dims.size());
    for (size_t i = 0; shape_values != nullptr && i < dims.size(); ++i) {
      if (shape_values[i] == nullptr) continue;
      values[i].emplace();
      values[i]->elements.assign(shape_values[i], shape_values[i] + dims[i].volume());
    }
    engine::check_input_values(executable_->inputs(), values);
    const auto tensors = network::infer_all(*plan.network, dims, values);
    input_dims_ = dims;
    output_dims_.clear();
    for (const auto* output : plan.network->outputs()) output_dims_.push_back(tensors.at(output).type.dims);
    return output_dims_;
  }
  std::vector<engine::LayerTime> profile(const void* const* inputs, void* const* outputs,
                                         const engine::RunOptions& options) override {
    run(inputs, outputs, options);
    return {{"everything", 1.0}};
  }
  int64_t arena_bytes() const override { return 0; }
  int64_t arena_lower_bound_bytes() const override { return 0; }
  int32_t specialization_count() const override { return 1; }

 protected:
  std::shared_ptr<const PlanExecutable> executable_;
  std::vector<network::Dims> input_dims_;
  std::vector<network::Dims> output_dims_;
};

}  // namespace torch_tensorrt::tests
