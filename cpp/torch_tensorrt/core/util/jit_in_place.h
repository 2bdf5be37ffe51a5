#pragma once

#include <string>

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

}  // namespace torch_tensorrt::core::util
