#include <map>

#include "torch/csrc/jit/passes/normalize_ops.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

// Maps a name to the operator with the same arguments and the same result. Contains the names that PyTorch's own table
// (NormalizeOps) lacks.
const std::map<c10::Symbol, c10::Symbol>& aliases() {
  static const std::map<c10::Symbol, c10::Symbol> kAliases = [] {
    const std::pair<const char*, const char*> rows[] = {
        {"view", "reshape"},
        {"_unsafe_view", "reshape"},
        {"true_divide", "div"},
        {"divide", "div"},
        {"multiply", "mul"},
        {"subtract", "sub"},
        {"negative", "neg"},
        {"absolute", "abs"},
        {"greater", "gt"},
        {"greater_equal", "ge"},
        {"less", "lt"},
        {"less_equal", "le"},
        {"not_equal", "ne"},
        {"clip", "clamp"},
        {"concat", "cat"},
        {"concatenate", "cat"},
        {"swapaxes", "transpose"},
        {"swapdims", "transpose"},
        {"moveaxis", "movedim"},
        {"linalg_matmul", "matmul"},
        {"special_expit", "sigmoid"},
        {"unsafe_chunk", "chunk"},
        {"unsafe_split", "split"},
        {"unsafe_split_with_sizes", "split_with_sizes"},
        {"special_softmax", "softmax"},
        // PyTorch's decompositions use these names.
        {"_adaptive_avg_pool2d", "adaptive_avg_pool2d"},
        {"_adaptive_avg_pool3d", "adaptive_avg_pool3d"},
        {"_cdist_forward", "cdist"},
        {"_local_scalar_dense", "item"},
        {"_prelu_kernel", "prelu"},
        {"_unsafe_index", "index"},
        {"_unsafe_index_put", "index_put"},
        {"diagonal_copy", "diagonal"},
        {"expand_copy", "expand"},
        {"permute_copy", "permute"},
        {"select_copy", "select"},
        {"slice_copy", "slice"},
        {"split_copy", "split"},
        {"split_with_sizes_copy", "split_with_sizes"},
        {"squeeze_copy", "squeeze"},
        {"t_copy", "t"},
        {"transpose_copy", "transpose"},
        {"unbind_copy", "unbind"},
        {"unfold_copy", "unfold"},
        {"unsqueeze_copy", "unsqueeze"},
        {"view_copy", "reshape"},
    };
    std::map<c10::Symbol, c10::Symbol> map;
    for (const auto& [name, target] : rows) map.emplace(c10::Symbol::aten(name), c10::Symbol::aten(target));
    map.emplace(c10::Symbol::prim("abs"), c10::aten::abs);  // Python's abs() of a tensor
    return map;
  }();
  return kAliases;
}

// Renames the node if PyTorch has the other operator for these arguments. view(x, dtype), which reinterprets memory,
// has no other name.
bool rename(torch::jit::Node* node, c10::Symbol name) {
  auto* renamed = node->owningGraph()->create(name, node->inputs(), node->outputs().size());
  renamed->copyMetadata(node);
  for (size_t i = 0; i < node->outputs().size(); ++i) renamed->output(i)->copyMetadata(node->output(i));
  renamed->insertBefore(node);
  if (renamed->maybeSchema() == nullptr) {
    renamed->destroy();
    return false;
  }
  node->replaceAllUsesWith(renamed);
  node->destroy();
  return true;
}

// tile(x, dims) is repeat(x, dims) unless dims are fewer than the dimensions of x.
bool is_repeat(const torch::jit::Node* node) {
  static const auto kTile = c10::Symbol::aten("tile");
  if (node->kind() != kTile) return false;
  const auto rank = node->input(0)->type()->expectRef<c10::TensorType>().dim();
  const auto* dims = node->input(1);
  const auto constant = torch::jit::toIValue(dims);
  if (!rank) return false;
  if (constant && constant->isIntList()) return constant->toIntVector().size() >= *rank;
  return dims->node()->kind() == c10::prim::ListConstruct && dims->node()->inputs().size() >= *rank;
}

}  // namespace

bool replace_aliases(const GraphPtr& graph) {
  torch::jit::NormalizeOps(graph);
  return rewrite_nodes(*graph, [](torch::jit::Node* node) {
    if (is_repeat(node)) return rename(node, c10::Symbol::aten("repeat"));
    const auto found = aliases().find(node->kind());
    if (found == aliases().end()) return false;
    return rename(node, found->second);
  });
}

// to.other also moves to the other tensor's device, but an engine has only one device.
bool replace_type_as(const GraphPtr& graph) {
  static const auto kTypeAs = c10::Symbol::aten("type_as");
  return rewrite_nodes(*graph, [](torch::jit::Node* node) {
    if (node->kind() != kTypeAs) return false;
    auto* no = constant_before(node, false);
    auto* none = constant_before(node, torch::jit::IValue());
    auto* to = insert_before(node, c10::Symbol::aten("to"), {node->input(0), node->input(1), no, no, none},
                             node->output()->type());
    return replace_with(node, to->output());
  });
}

}  // namespace torch_tensorrt::core::lowering::passes
