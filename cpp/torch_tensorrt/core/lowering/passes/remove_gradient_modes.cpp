#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

namespace prim = torch::jit::prim;
using torch::jit::Node;

std::string class_of(const Node* node) {
  const auto type = node->output()->type()->cast<c10::ClassType>();
  return type != nullptr && type->name() ? type->name()->name() : std::string();
}

bool sets(const Node* node, const char* name) {
  return node->kind() == prim::SetAttr && node->s(torch::jit::attr::name) == name;
}

// Whether the torch.autocast object casts nothing. The flag is set when the object is made.
bool is_disabled(const Node* node) {
  for (const auto& use : node->output()->uses()) {
    if (sets(use.user, "_enabled") && use.offset == 0) return constant_bool(use.user->input(1)) == false;
  }
  return false;
}

bool is_mode(const Node* node) {
  if (node->kind() != prim::CreateObject) return false;
  const std::string name = class_of(node);
  if (name != "autocast") return name == "no_grad";
  TORCHTRT_CHECK(
      is_disabled(node), util::node_info(node)
                             << ": a block of torch.autocast is not compiled; write the casts as x.to(dtype), "
                                "or convert the module itself (module.half(), module.bfloat16())");
  return true;
}

// Whether the object is only made, entered and left, so that no node needs it.
bool is_only_entered(const Node* node) {
  for (const auto& use : node->output()->uses()) {
    const auto kind = use.user->kind();
    const bool of_block = kind == prim::Enter || kind == prim::Exit || (kind == prim::SetAttr && use.offset == 0);
    if (!of_block || (kind != prim::SetAttr && use.user->hasUses())) return false;
  }
  return true;
}

// Also removes get_autocast_dtype, because dead code elimination keeps this operator.
void remove(Node* mode) {
  static const auto kAsks = c10::Symbol::aten("get_autocast_dtype");
  while (mode->output()->hasUses()) {
    Node* user = mode->output()->uses().front().user;
    Node* asks = user->kind() == prim::SetAttr ? user->input(1)->node() : nullptr;
    user->destroy();
    if (asks != nullptr && asks->kind() == kAsks && !asks->hasUses()) asks->destroy();
  }
  mode->destroy();
}

}  // namespace

// with torch.no_grad(): y = f(x) -> y = f(x)
bool remove_gradient_modes(const GraphPtr& graph) {
  std::vector<Node*> modes;
  for (Node* node : all_nodes(graph->block())) {
    if (is_mode(node) && is_only_entered(node)) modes.push_back(node);
  }
  for (Node* mode : modes) remove(mode);
  return !modes.empty();
}

}  // namespace torch_tensorrt::core::lowering::passes
