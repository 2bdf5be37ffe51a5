#pragma once

#include <string>

#include "ATen/core/Tensor.h"
#include "torch/csrc/jit/ir/alias_analysis.h"
#include "torch/csrc/jit/ir/ir.h"

// In-place operators of PyTorch (aten::relu_), which an engine can only compute out of place.
namespace torch_tensorrt::core::util {

// Whether the operator writes its first argument, a tensor, and returns it as its only result.
bool is_in_place(const torch::jit::Node* n);

enum class SelfName {
  kCounts,       // a later read of the written value by its own name sees the write
  kIsRedirected  // such reads use the node's result instead
};
// Whether anything that runs after the node may see its write under another name than the node's result.
bool write_is_seen_elsewhere(const torch::jit::Node* n, const torch::jit::AliasDb& aliases, SelfName self_name);

// Throw Error if PyTorch refuses to write a result of this dtype or shape into a tensor of that dtype or shape. Sizes
// of -1 are unknown and fit.
void check_written_dtype(at::ScalarType result, at::ScalarType self);
void check_written_shape(at::IntArrayRef result, at::IntArrayRef self);
// Throws Error if elements of a view, given by their places in memory, share memory: PyTorch refuses to write such a
// view, or the result is left to chance.
void check_places(const at::Tensor& places);

}  // namespace torch_tensorrt::core::util
