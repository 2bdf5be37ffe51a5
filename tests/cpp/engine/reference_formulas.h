#pragma once

#include "torch_tensorrt/core/engine/tactics/tactic.h"

// The computations of the reference tactics, with one formula for each element.
namespace torch_tensorrt::engine::testing {

// The window of a convolution, with defaults filled in.
struct Window {
  network::Dims pre_padding;
  network::Dims stride;
  network::Dims dilation;
};

// A formula's input for computing the element `at` of the output.
struct Element {
  const LayerInstance& instance;
  const void* const* inputs;
  const float* weights;   // kernel of a convolution, or operand 1 of a product
  bool weights_reversed;  // in memory
  int64_t weight_count;
  const Window& window;
  const int64_t* at;

  double weight(int64_t i) const { return weights[weights_reversed ? weight_count - 1 - i : i]; }
};
using Formula = double (*)(const Element&);

// Null for layer kinds without a formula.
Formula formula_of(const network::ILayer& layer);
double apply_epilogue(const Element& element, double value);
// Writes one element of a tensor in any format.
void store_element(const TensorDesc& desc, void* data, const int64_t* at, double value);

}  // namespace torch_tensorrt::engine::testing
