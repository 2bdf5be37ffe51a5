#include "torch_tensorrt/core/util/jit_quantization.h"

#include <initializer_list>
#include <set>

#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/util/jit_util.h"

namespace torch_tensorrt::core::util {
namespace {

using torch::jit::Node;
using torch::jit::Value;
using Kinds = std::set<c10::Symbol>;

Kinds kinds_of(std::initializer_list<const char*> names) {
  Kinds kinds;
  for (const char* name : names) kinds.insert(c10::Symbol::fromQualString(name));
  return kinds;
}

// The reader of the value, or of a copy of it, that is of one of the kinds; null if there is none.
// NOLINTNEXTLINE(misc-no-recursion): ends, because a graph has no cycles
Node* reader_of(const Value* value, const Kinds& kinds) {
  static const Kinds kCopies = kinds_of({"trt::as_written", "aten::to", "aten::detach", "aten::clone"});
  for (const auto& use : value->uses()) {
    if (use.offset != 0) continue;
    if (kinds.count(use.user->kind()) != 0) return use.user;
    if (kCopies.count(use.user->kind()) == 0) continue;
    if (auto* found = reader_of(use.user->output(), kinds)) return found;
  }
  return nullptr;
}

// The clamp in clamp(round(value)); null if there is none.
const Node* clamp_of_rounded(const Value* value) {
  static const Kinds kRounds = kinds_of({"aten::round", "aten::round_"});
  static const Kinds kClamps =
      kinds_of({"aten::clamp", "aten::clamp_", "aten::clip", "aten::clip_", "aten::hardtanh", "aten::hardtanh_"});
  const Node* rounded = reader_of(value, kRounds);
  return rounded == nullptr ? nullptr : reader_of(rounded->output(), kClamps);
}

// Whether both are one constant, or read one attribute. TorchScript reads an attribute anew for each use.
// NOLINTNEXTLINE(misc-no-recursion): goes from attributes to their owners
bool are_same(const Value* a, const Value* b) {
  if (a == b) return true;
  const Node* first = a->node();
  const Node* second = b->node();
  if (first->kind() != second->kind()) return false;
  if (first->kind() == c10::prim::GetAttr) {
    return first->s(c10::attr::name) == second->s(c10::attr::name) && are_same(first->input(), second->input());
  }
  const auto known = torch::jit::toIValue(a);
  const auto other = torch::jit::toIValue(b);
  if (!known || !other) return false;
  if (known->isTensor() && other->isTensor()) return known->toTensor().is_same(other->toTensor());
  return known->isScalar() && other->isScalar() && known->toScalar().toDouble() == other->toScalar().toDouble();
}

// Whether the value is multiplied (or divided) by the scale.
bool is_scaled_back(const Value* value, const Value* scale, bool multiplies) {
  static const Kinds kProducts = kinds_of({"aten::mul", "aten::mul_"});
  static const Kinds kQuotients = kinds_of({"aten::div", "aten::div_"});
  const Kinds& kinds = multiplies ? kProducts : kQuotients;
  for (const auto& use : value->uses()) {
    const auto inputs = use.user->inputs();
    if (kinds.count(use.user->kind()) == 0 || inputs.size() != 2) continue;
    if (inputs[0] == value && are_same(inputs[1], scale)) return true;
    if (multiplies && inputs[1] == value && are_same(inputs[0], scale)) return true;
  }
  return false;
}

}  // namespace

bool is_quantization(const Node* n) {
  static const Kinds kOperators =
      kinds_of({"quantized_decomposed::quantize_per_tensor", "quantized_decomposed::quantize_per_channel",
                "quantized_decomposed::dequantize_per_tensor", "quantized_decomposed::dequantize_per_channel",
                "tensorrt::quantize_op"});
  return is_fake_quantize(n) || kOperators.count(n->kind()) != 0;
}

Value* quantized_tensor(const Node* n) {
  static const auto kProduct = c10::Symbol::fromQualString("aten::mul");
  static const auto kQuotient = c10::Symbol::fromQualString("aten::div");
  if (is_quantization(n)) return const_cast<Value*>(n->input(0));
  const bool is_product = n->kind() == kProduct;
  if ((!is_product && n->kind() != kQuotient) || n->inputs().size() != 2) return nullptr;
  const Node* clamp = clamp_of_rounded(n->output());
  if (clamp == nullptr) return nullptr;
  for (const size_t place : {size_t{1}, size_t{0}}) {
    if (place == 0 && !is_product) break;
    if (is_scaled_back(clamp->output(), n->input(place), /*multiplies=*/!is_product)) {
      return const_cast<Value*>(n->input(1 - place));
    }
  }
  return nullptr;
}

}  // namespace torch_tensorrt::core::util
