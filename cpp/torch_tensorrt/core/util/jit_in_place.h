#pragma once

#include <string>

#include "ATen/core/Tensor.h"
#include "torch/csrc/jit/ir/alias_analysis.h"
#include "torch/csrc/jit/ir/ir.h"

// In-place operators of PyTorch (aten::relu_), which an engine can only compute out of place.
namespace torch_tensorrt::core::util {

// Whether the operator writes its first argument, a tensor, and gives it back as its only result.
bool is_in_place(const torch::jit::Node* n);

enum class SelfName {
  kCounts,       // reading the written value by its own name later is seeing the write
  kIsRedirected  // such reads are given the node's result
};
// Whether anything that runs after the node may see its write through another name than the node's result.
bool write_is_seen_elsewhere(const torch::jit::Node* n, const torch::jit::AliasDb& aliases, SelfName self_name);

// Throw Error where PyTorch refuses to write a result of this dtype or shape into a tensor of that one. Sizes that are
// -1 are not known, and fit.
void check_written_dtype(at::ScalarType result, at::ScalarType self);
void check_written_shape(at::IntArrayRef result, at::IntArrayRef self);
// Throws Error where elements of a view, given by their places in memory, share memory: PyTorch refuses to write such
// a view, or leaves what is written there to chance.
void check_places(const at::Tensor& places);

}  // namespace torch_tensorrt::core::util
