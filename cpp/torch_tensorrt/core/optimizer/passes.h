#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

#include "torch_tensorrt/core/optimizer/pass.h"

// Every pass of the library, for the pipeline and for tests.
namespace torch_tensorrt::optimizer {

// cleanup/
std::unique_ptr<Pass> make_absorb_constant_weights();
std::unique_ptr<Pass> make_absorb_shape_inputs();
std::unique_ptr<Pass> make_constant_folding();
std::unique_ptr<Pass> make_common_subexpressions();
std::unique_ptr<Pass> make_share_transposed_constants();
std::unique_ptr<Pass> make_merge_shuffles();
// If the elements of constants are going to change, a sum with zeros is not an identity.
enum class Elements { kStay, kChange };
std::unique_ptr<Pass> make_remove_identities(Elements elements = Elements::kStay);
std::unique_ptr<Pass> make_remove_dead_layers();
std::unique_ptr<Pass> make_resolve_selects();

// fusion/
std::unique_ptr<Pass> make_fold_padding_into_convolution();
std::unique_ptr<Pass> make_fold_scale_into_convolution();
std::unique_ptr<Pass> make_fold_transpose_into_matmul();
std::unique_ptr<Pass> make_merge_scales();
std::unique_ptr<Pass> make_lower_scales();
std::unique_ptr<Pass> make_fuse_convolution_epilogue();
std::unique_ptr<Pass> make_fuse_matmul_epilogue();
std::unique_ptr<Pass> make_fuse_elementwise_activation();
std::unique_ptr<Pass> make_form_activations();

// layout/
std::unique_ptr<Pass> make_fuse_channel_shuffle();
std::unique_ptr<Pass> make_assign_layouts();

// quantization/: quantization.h

// precision/
// The largest finite number of f16 or bf16.
float largest_number(network::DataType low);
// The layers, by their indices, that may compute in f16 or bf16 instead of f32: those that may round, whose numbers do
// not overflow there (as the smallest number of f32 does, which stands in masks), and of whose results no integers are
// made.
std::vector<int32_t> layers_that_may_round(const network::INetworkDefinition& network, network::DataType low);
// The convolutions and products with constant weights of f32 that are finite, but infinite in the dtype.
std::vector<int32_t> layers_with_large_weights(const network::INetworkDefinition& network, network::DataType low);
// For layers of the network that the pass will run on, which may round.
std::unique_ptr<Pass> make_assign_precision(network::DataType low, std::unordered_set<const network::ILayer*> chosen);

}  // namespace torch_tensorrt::optimizer
