#include "torch_tensorrt/core/util/jit_exceptions.h"

#include <algorithm>

#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::util {
namespace {

using torch::jit::Node;
using torch::jit::Value;

std::string text_of(const Value* message) {
  const auto constant = torch::jit::toIValue(message);
  if (constant && constant->isString()) return constant->toStringRef();
  const auto* node = message->node();
  if (node->kind() == c10::Symbol::aten("format")) return text_of(node->input(0));
  if (node->kind() == c10::Symbol::aten("add")) return text_of(node->input(0)) + text_of(node->input(1));
  return "{}";
}

RaisedException describe(const Node* node) {
  std::string message = text_of(node->input(0));
  message = message.substr(0, message.find('\n'));
  return {GetPyTorchSourceCode(node), message};
}

}  // namespace

void add_exceptions(const torch::jit::Block* block, std::vector<RaisedException>& found) {
  for (const auto* node : block->nodes()) {
    for (const auto* inner : node->blocks()) add_exceptions(inner, found);
    if (node->kind() == c10::prim::RaiseException) merge_exceptions({describe(node)}, found);
  }
}

void merge_exceptions(const std::vector<RaisedException>& more, std::vector<RaisedException>& found) {
  for (const auto& raised : more) {
    const auto is_same = [&](const RaisedException& other) {
      return other.source == raised.source && other.message == raised.message;
    };
    if (std::none_of(found.begin(), found.end(), is_same)) found.push_back(raised);
  }
}

std::string list_exceptions(const std::vector<RaisedException>& exceptions) {
  std::string text;
  for (const auto& [source, message] : exceptions) {
    text += str("\n  ", source.empty() ? "an unknown line" : source, message.empty() ? "" : " (\"", message,
                message.empty() ? "" : "\")");
  }
  return text;
}

}  // namespace torch_tensorrt::core::util
