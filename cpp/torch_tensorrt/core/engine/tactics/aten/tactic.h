#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/aten/tensors.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/types.h"
#include "torch_tensorrt/core/util/decision.h"

// One class runs every layer kind through PyTorch's own operators; a row holds the differences between kinds.
namespace torch_tensorrt::engine::aten {

// Takes the result of an operator that allocates it. Copies it into output 0, or, where the kernel owns that output,
// keeps it.
class ResultTaker {
 public:
  explicit ResultTaker(at::Tensor output) : state_(std::make_shared<State>(State{std::move(output), {}, false})) {}
  void operator()(const at::Tensor& result) const;

 private:
  friend class AtenKernel;
  struct State {
    at::Tensor output;
    at::Tensor kept;
    bool owns = false;
  };
  std::shared_ptr<State> state_;
};

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
  // On a GPU, weights can have the channels last; elsewhere the format is ignored.
  at::Tensor weights(const char* role, const network::Weights& values, at::IntArrayRef sizes,
                     at::MemoryFormat format = at::MemoryFormat::Contiguous) const;
  // For operators that cannot write into output 0.
  const ResultTaker& result_taker();
  // The computation applies the first `count` operations of the epilogue itself.
  void fuse_epilogue(size_t count) { fused_ = count; }
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
  std::optional<ResultTaker> taker_;
  size_t fused_ = 0;
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
  bool gpu_only = false;
  // On a GPU: strides of output 0 in which the operator gives its result. Null if they are those of the format.
  network::Dims (*output_strides)(const LayerInstance& instance) = nullptr;
  // The computation applies the whole epilogue, which may quantize.
  bool whole_epilogue = false;
};

std::unique_ptr<Tactic> make_tactic(const Row& row);

// The epilogue from operation `first` on, from the layer's own result to output 0, with quantization
// (quantization.cpp). The request counts it as fused.
std::function<void(at::Tensor)> make_whole_epilogue(Request& request, size_t first = 0);
// The row of layers that compute with 8-bit integers.
Row quantized_row(const char* name, network::LayerType kind, Decision (*supports)(const network::ILayer&),
                  Compute (*make)(Request&));
// Whether the epilogue begins with kDequantize.
Decision is_quantized(const network::ILayer& layer);
// Gives input 0 of such a layer, without its zero point, in f64.
std::function<at::Tensor()> exact_input(const Request& request);

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

// ---- point-wise operations that write into existing memory (pointwise.cpp)
// -------------------------------------------

// `out` may be the same tensor as an operand.
void activation_out(at::Tensor& out, const at::Tensor& x, network::ActivationType type, double alpha, double beta);
Decision activation_supported(network::ActivationType type, network::DataType dtype);

// Operands broadcast to the sizes of `out`; comparisons write kBOOL.
void elementwise_out(at::Tensor& out, const at::Tensor& a, const at::Tensor& b,
                     network::ElementWiseOperation operation);
Decision elementwise_supported(network::ElementWiseOperation operation, network::DataType dtype);

}  // namespace torch_tensorrt::engine::aten
