#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conformance/case.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::conformance {

// A row made concrete: its network, the elements of its inputs, and the answer.
class Example {
 public:
  explicit Example(const Case& row);

  const Case& row() const { return row_; }
  const ILayer& layer() const { return *layer_; }
  const at::Tensor& expected(size_t output = 0) const { return expected_[output]; }
  // The first element of the output that is too far from the expected one, empty if there is none.
  std::string difference(const at::Tensor& got, size_t output = 0) const;
  const Dims& inferred_dims() const { return output_dims_; }
  DataType inferred_type() const { return layer_->getOutput(0)->getType(); }
  // The layer with its activations (rank 3 and higher, no constants) in the format.
  engine::LayerInstance instance(network::TensorFormat format) const;
  const at::Tensor& input(size_t index) const { return elements_[index]; }
  const INetworkDefinition& network() const { return *network_; }
  // The weights in the form of a plan.
  std::unique_ptr<engine::WeightStore> make_store() const;
  // The network on one line, which parses back.
  std::string reproducer() const;

 private:
  const Case& row_;
  std::shared_ptr<INetworkDefinition> network_;
  ILayer* layer_ = nullptr;
  std::vector<at::Tensor> elements_;  // one for each input of the layer
  Dims output_dims_;
  std::vector<at::Tensor> expected_;  // one for each output
  std::vector<at::Tensor> stored_;    // the same, or empty (Case::stored)
  at::Tensor allowed_;                // undefined without Case::allowed
};

// The tactic's reason not to run the row in the format; empty if it runs it.
std::string why_not(const engine::Tactic& tactic, const Example& example, network::TensorFormat format,
                    const engine::DeviceTarget& target = engine::DeviceTarget::cpu());

// Runs the row twice with each implementation of the tactic, each time in fresh memory, and in place if it may. Returns
// the first fault, or empty if the elements are as expected each time and nothing around them changed.
std::string run_and_compare(const engine::Tactic& tactic, const Example& example, network::TensorFormat format);

// Whether the engine fills in the outputs of the kind without a tactic: their elements are known before a run.
bool needs_no_tactic(network::LayerType kind);
// Builds an engine of the row and runs it. Returns the first difference, or empty.
std::string build_and_compare(const Example& example);

}  // namespace torch_tensorrt::conformance
