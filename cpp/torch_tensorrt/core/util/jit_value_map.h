#pragma once

#include <functional>
#include <unordered_map>

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::util {

// A value of a graph. Its number tells it from a later value at the same address, once its node is destroyed.
struct ValueKey {
  ValueKey(const torch::jit::Value* v) : value(v), number(v->unique()) {}  // NOLINT(google-explicit-constructor)
  bool operator==(const ValueKey& other) const { return value == other.value && number == other.number; }
  const torch::jit::Value* value;
  size_t number;
};

struct ValueKeyHash {
  size_t operator()(const ValueKey& key) const { return std::hash<const torch::jit::Value*>()(key.value); }
};

// Facts about values of a graph that changes meanwhile: nothing is known of its new values.
template <typename Fact>
using ValueMap = std::unordered_map<ValueKey, Fact, ValueKeyHash>;

// The order of values in sets whose order counts.
struct FirstMade {
  bool operator()(const torch::jit::Value* a, const torch::jit::Value* b) const { return a->unique() < b->unique(); }
};

}  // namespace torch_tensorrt::core::util
