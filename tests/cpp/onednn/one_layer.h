#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/network.h"

// Runs one layer through one tactic of the registry, the way an engine does, and says what loops over the definition
// give.
namespace torch_tensorrt::engine::testing {

// Row-major floats.
struct Tensor {
  network::Dims dims;
  std::vector<float> values;

  // With the index aligned at the last dimension and dimensions of 1 repeated, as in PyTorch's broadcasting.
  double at(const std::vector<int64_t>& index) const;
};
// Numbers in [-1, 1) that follow from the seed.
Tensor random_tensor(const network::Dims& dims, uint32_t seed);
// The tensor whose elements the function gives.
Tensor make_tensor(const network::Dims& dims, const std::function<double(const std::vector<int64_t>&)>& element);

// A network of one layer. The memory of weights, constants and inputs is its own.
class OneLayer {
 public:
  network::INetworkDefinition& network() { return *network_; }
  network::ITensor* input(Tensor value);
  network::ITensor* constant(Tensor value);
  network::Weights weights(const Tensor& value);
  // The layer under test.
  void set(network::ILayer* layer) { layer_ = layer; }
  // An operation of the layer's epilogue; operand null for activations. Applied to `expected` too.
  void fuse(network::Epilogue& epilogue, network::EpilogueOp op, const Tensor* operand, bool constant,
            Tensor& expected);

  // Why the tactic does not run the layer with its activations in the format; empty when it does.
  std::string declined(const char* tactic, network::TensorFormat format);
  // The result of the tactic's first implementation. Runs each twice, in different memory, and once more from the
  // weights that the first kernel packed. A difference between the runs is a test failure, as are implementations that
  // differ by more than rounding, and runs in the memory of an input. Throws Error where the tactic does.
  Tensor run(const char* tactic, network::TensorFormat format) { return run(tactic, format, format); }
  Tensor run(const char* tactic, network::TensorFormat in, network::TensorFormat out);
  // Configs of the tactic's implementations.
  std::vector<std::string> configs(const char* tactic, network::TensorFormat format);
  // One run by a kernel prepared for the config.
  Tensor run_config(const char* tactic, network::TensorFormat format, const std::string& config);
  // The first input and the output in the same memory; fails the test when the tactic offers no such thing.
  Tensor run_in_place(const char* tactic, network::TensorFormat format);
  int32_t in_place_input(const char* tactic, network::TensorFormat format);
  // Makes the weights known to the store as an engine does, plain.
  void put_weights(WeightStore& store);
  // One run of a kernel that takes its weights from the store, in whatever layout they are there.
  Tensor run_from(WeightStore& store, const char* tactic, network::TensorFormat format);
  // Key of the weights of the role ("kernel", "input1").
  std::string key(const char* role) const { return weight_key(layer_index(*layer_), role); }
  // Layout in which the store keeps the weights of the role after a run.
  std::string stored_layout(const char* tactic, network::TensorFormat format, const char* role);

 private:
  LayerInstance instance(network::TensorFormat in, network::TensorFormat out);
  std::vector<Candidate> candidates(const char* tactic, const LayerInstance& instance);
  std::unique_ptr<Kernel> prepare(const char* tactic, const LayerInstance& instance, WeightStore& store);
  Tensor run_repeatedly(const Candidate& candidate, const LayerInstance& instance);
  // The output has the memory of input `in_place`, or its own for -1.
  Tensor run_kernel(Kernel& kernel, const LayerInstance& instance, const WeightStore& store, int32_t in_place);
  std::vector<const void*> bind_inputs(const LayerInstance& instance, const WeightStore& store,
                                       std::vector<std::shared_ptr<void>>& memory) const;

  std::deque<Tensor> values_;  // stable addresses
  std::vector<std::pair<const network::ITensor*, const Tensor*>> inputs_;
  std::shared_ptr<network::INetworkDefinition> network_ = std::make_shared<network::INetworkDefinition>();
  network::ILayer* layer_ = nullptr;
};

// Same dims, and |actual - expected| <= tolerance * max(1, |expected|) everywhere (NaN equals NaN).
void expect_near(const Tensor& actual, const Tensor& expected, double tolerance, const std::string& what);

// Names of test parameters.
std::string format_name(network::TensorFormat format);

}  // namespace torch_tensorrt::engine::testing
