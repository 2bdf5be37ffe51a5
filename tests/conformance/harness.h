#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conformance/case.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::conformance {

// A row made concrete: its network, the elements of its inputs and the answer.
class Example {
 public:
  explicit Example(const Case& row);

  const Case& row() const { return row_; }
  const ILayer& layer() const { return *layer_; }
  const at::Tensor& expected(size_t output = 0) const { return expected_[output]; }
  const Dims& inferred_dims() const { return output_dims_; }
  DataType inferred_type() const { return layer_->getOutput(0)->getType(); }
  // The layer with its activations (rank 3 and up, no constants) in the format.
  engine::LayerInstance instance(network::TensorFormat format) const;
  const at::Tensor& input(size_t index) const { return elements_[index]; }
  // Weights as a plan would hand them over.
  std::unique_ptr<engine::WeightStore> make_store() const;
  // The network on one line: what print_network prints can be parsed back.
  std::string reproducer() const;

 private:
  const Case& row_;
  std::shared_ptr<INetworkDefinition> network_;
  ILayer* layer_ = nullptr;
  std::vector<at::Tensor> elements_;  // one an input of the layer
  Dims output_dims_;
  std::vector<at::Tensor> expected_;  // one an output
};

// Why the tactic does not run the row in the format; empty when it does.
std::string why_not(const engine::Tactic& tactic, const Example& example, network::TensorFormat format);

// Runs the row twice, in fresh memory each time, and where the tactic may in place. Empty when each time the elements,
// and nothing around them, are as expected; else what is wrong.
std::string run_and_compare(const engine::Tactic& tactic, const Example& example, network::TensorFormat format);

}  // namespace torch_tensorrt::conformance
