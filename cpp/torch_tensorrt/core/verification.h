#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/runtime/tensor_recorder.h"

// The error of a compiled module: its tensors beside those of the module in float32.
namespace torch_tensorrt::core {

// The error of a tensor over all batches.
struct TensorError {
  std::string name;     // of the tensor in its engine, or "output 0", "output 1", ... of the module
  std::string layer;    // the name of the layer that computes it; empty for outputs
  std::string source;   // the layer's line in the user's program
  double max_abs = 0;   // the largest difference
  double largest = 0;   // the largest expected magnitude
  double relative = 0;  // max_abs beside largest
  double cosine = 1;    // of the angle between both tensors
  double sqnr = 0;      // 10 log10(mean square / mean square of the difference) in decibels; infinite if both are equal
  int64_t elements = 0;  // over all batches
};

// The sums over batches from which an error follows.
class ErrorSums {
 public:
  // Both have the same number of elements. NaN equals NaN, and infinities equal themselves; these are in no sum.
  void add(const at::Tensor& expected, const at::Tensor& found);
  TensorError error(std::string name, std::string layer = {}, std::string source = {}) const;

 private:
  double noise_ = 0;
  double signal_ = 0;
  double found_signal_ = 0;
  double product_ = 0;
  double max_abs_ = 0;
  double largest_ = 0;
  int64_t elements_ = 0;
};

// Records the tensors of the engines that this thread runs during the life of the object.
class Recording {
 public:
  Recording() { engine::set_tensor_observer(&recorder_); }
  ~Recording() { engine::set_tensor_observer(nullptr); }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  std::vector<runtime::TensorRecorder::Record> take() { return recorder_.take(); }

 private:
  runtime::TensorRecorder recorder_;
};

// Whether a reference in float has the names of the module's tensors only if it is compiled with kObserved as
// calibration (build_settings.h).
bool needs_observed_reference(const torch::jit::Module& compiled);

// Compares, batch by batch, the results of two modules and the tensors that their engines compute.
class Verification {
 public:
  using Records = std::vector<runtime::TensorRecorder::Record>;

  // As many tensors in each batch. Throws Error if their numbers, or the numbers of their elements, differ.
  void add_outputs(const std::vector<at::Tensor>& expected, const std::vector<at::Tensor>& found);
  // Compares tensors of the same name in engines of the same name, if their shapes are equal.
  void add_layers(const Records& expected, const Records& found);

  std::vector<TensorError> outputs() const;
  std::vector<TensorError> layers() const;  // in the order of computation

 private:
  struct Layer {
    runtime::TensorRecorder::Record record;  // without its value
    ErrorSums sums;
  };

  std::vector<ErrorSums> outputs_;
  std::vector<Layer> layers_;
  std::map<std::pair<std::string, std::string>, size_t> places_;  // of engines and tensors in layers_
};

}  // namespace torch_tensorrt::core
