#pragma once

#include "torch_tensorrt/core/engine/backend/executable.h"
#include "torch_tensorrt/core/engine/plan/plan.h"

namespace torch_tensorrt::engine {

// An engine whose layers run on the tactics of this process.
class NativeExecutable final : public Executable {
 public:
  // Throws Error when a tactic of the plan is unknown here.
  explicit NativeExecutable(std::shared_ptr<const Plan> plan);

  const std::vector<IoTensor>& inputs() const override { return inputs_; }
  const std::vector<IoTensor>& outputs() const override { return outputs_; }
  std::unique_ptr<Context> create_context(int32_t max_specializations) const override;
  void inspect(JsonWriter& json) const override;

  const Plan& plan() const { return *plan_; }
  // One for each layer, null if the plan has no tactic for it.
  const std::vector<ChosenTactic>& tactics() const { return tactics_; }

 private:
  std::shared_ptr<const Plan> plan_;
  std::vector<ChosenTactic> tactics_;
  std::vector<IoTensor> inputs_;
  std::vector<IoTensor> outputs_;
};

// The inputs (outputs) of a network, with the ranges of its first profile.
std::vector<IoTensor> describe_inputs(const network::INetworkDefinition& network);
std::vector<IoTensor> describe_outputs(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::engine
