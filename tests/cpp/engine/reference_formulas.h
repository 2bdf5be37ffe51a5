#pragma once

#include "torch_tensorrt/core/engine/tactics/tactic.h"

// What the reference tactics compute, one formula an element.
namespace torch_tensorrt::engine::testing {

// Of a convolution, with its defaults filled in.
struct Window {
  network::Dims pre_padding;
  network::Dims stride;
  network::Dims dilation;
};

// What a formula gets to compute the element `at` of the output.
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

// Null for kinds without one.
Formula formula_of(const network::ILayer& layer);
double apply_epilogue(const Element& element, double value);
// Writes one element of a tensor in any format.
void store_element(const TensorDesc& desc, void* data, const int64_t* at, double value);

}  // namespace torch_tensorrt::engine::testing
