#pragma once

#include <memory>

#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

// oneDNN's tactics, best first.
void register_onednn_tactics(TacticRegistry& registry);

namespace onednn {

std::unique_ptr<Tactic> make_convolution();
// Winograd's algorithm for 3 x 3 kernels: transforms of our own around one product.
std::unique_ptr<Tactic> make_winograd_convolution();
std::unique_ptr<Tactic> make_deconvolution();
std::unique_ptr<Tactic> make_matmul();
std::unique_ptr<Tactic> make_inner_product();
std::unique_ptr<Tactic> make_product_convolution();
// Of floating-point numbers, with kernels of our own.
std::unique_ptr<Tactic> make_max_pooling();
std::unique_ptr<Tactic> make_pooling();
// Averages and maxima over all spatial dimensions.
std::unique_ptr<Tactic> make_spatial_reduction();
std::unique_ptr<Tactic> make_elementwise();
std::unique_ptr<Tactic> make_activation();
std::unique_ptr<Tactic> make_softmax();
std::unique_ptr<Tactic> make_layer_normalization();
std::unique_ptr<Tactic> make_resize();
std::unique_ptr<Tactic> make_concatenation();
std::unique_ptr<Tactic> make_reorder();
std::unique_ptr<Tactic> make_quantize();
std::unique_ptr<Tactic> make_dequantize();
std::unique_ptr<Tactic> make_integer_elementwise();
// oneDNN's own primitives.
std::unique_ptr<Tactic> make_recurrent();
// One product for the input's share of all steps, then our own kernels step by step.
std::unique_ptr<Tactic> make_recurrent_steps();

}  // namespace onednn
}  // namespace torch_tensorrt::engine
