#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/aten/tensors.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

// One class runs every layer kind through PyTorch's own operators; a row holds the differences between kinds.
namespace torch_tensorrt::engine::aten {

// A row's input for making the computation of one layer. Only constant inputs have memory yet; the memory of all other
// tensors is bound before each run, so views made here once are right in every run.
class Request {
 public:
  Request(const LayerInstance& instance, WeightStore& weights, at::Device device);

  // Undefined if an optional input is not given.
  const at::Tensor& input(int32_t index) const { return inputs_[index]; }
  const std::vector<at::Tensor>& inputs() const { return inputs_; }
  const at::Tensor& output(int32_t index = 0) const { return outputs_[index]; }
  bool is_constant(int32_t index) const;
  // Memory of the workspace, dense and row-major.
  at::Tensor scratch(at::IntArrayRef sizes, at::ScalarType type);
  at::Tensor weights(const char* role, const network::Weights& values, at::IntArrayRef sizes) const;
  template <typename L>
  const L& layer() const {
    return static_cast<const L&>(*instance_.layer);
  }
  const LayerInstance& instance() const { return instance_; }
  at::Device device() const { return device_; }

 private:
  friend class AtenKernel;
  struct Scratch {
    at::Tensor tensor;
    int64_t offset;
  };

  const LayerInstance& instance_;
  WeightStore& weights_;
  at::Device device_;
  std::vector<at::Tensor> inputs_;
  std::vector<at::Tensor> outputs_;
  std::vector<Scratch> scratch_;
  int64_t workspace_bytes_ = 0;
};

// Writes the outputs. Called at each run, after the memory is bound.
using Compute = std::function<void()>;

struct Row {
  const char* name;
  network::LayerType kind;
  // Asked after the checks that are common to all kinds (device, dtypes that PyTorch has, epilogue).
  Decision (*supports)(const network::ILayer& layer);
  Compute (*make)(Request& request);
  // Whether the output may take over the memory of input 0 (where dtype and layout are the same).
  bool in_place = false;
  // Decides by the concrete dims. Null if they do not matter.
  Decision (*takes)(const LayerInstance& instance) = nullptr;
};

std::unique_ptr<Tactic> make_tactic(const Row& row);

// ---- building blocks for the predicates of the rows --------------------------------------------------------------

// kFLOAT, kHALF, kBF16, kDOUBLE: the dtypes that PyTorch computes in.
bool is_arithmetic_float(network::DataType type);
// The arithmetic floats and the integers, not kBOOL.
bool is_arithmetic(network::DataType type);
Decision any_dtype(const network::ILayer& layer);
// No, naming the dtype, unless input 0 has an arithmetic float type.
Decision float_input(const network::ILayer& layer);
// The same for arithmetic types.
Decision arithmetic_input(const network::ILayer& layer);
// kHALF and kBF16, for which formulas of several steps are computed in fp32.
bool is_reduced_float(at::ScalarType type);

}  // namespace torch_tensorrt::engine::aten
