#include "torch_tensorrt/core/lowering/passes/memory_schema.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using Names = std::set<std::string>;

std::string name_of(const Node* node) { return node->kind().toUnqualString(); }

bool is_listed(const Node* node, const Names& names) {
  return node->kind().is_aten() && names.count(name_of(node)) != 0;
}

void collect_sets(const c10::AliasInfo* info, std::set<c10::Symbol>& sets) {
  if (info == nullptr) return;
  sets.insert(info->beforeSets().begin(), info->beforeSets().end());
  for (const auto& inner : info->containedTypes()) collect_sets(&inner, sets);
}

// The argument with the same alias set as the first result.
std::optional<size_t> annotated_argument(const Node* node) {
  const auto* schema = node->maybeSchema();
  if (schema == nullptr || schema->returns().size() != 1) return std::nullopt;
  std::set<c10::Symbol> of_result;
  collect_sets(schema->returns()[0].alias_info(), of_result);
  for (size_t i = 0; i < schema->arguments().size(); ++i) {
    std::set<c10::Symbol> of_argument;
    collect_sets(schema->arguments()[i].alias_info(), of_argument);
    for (const auto& set : of_argument) {
      if (of_result.count(set) != 0) return i;
    }
  }
  return std::nullopt;
}

bool is_same(const Node* node) {
  static const Names kSame = {"detach", "alias", "data", "positive", "resolve_conj", "resolve_neg", "pin_memory"};
  static const std::set<c10::Symbol> kOther = {
      c10::prim::unchecked_cast,
      c10::prim::unchecked_unwrap_optional,
      c10::Symbol::prim("data"),
      c10::Symbol::aten("_unwrap_optional"),
      c10::Symbol::fromQualString("trt::const"),
  };
  return is_listed(node, kSame) || kOther.count(node->kind()) != 0;
}

// Operators that return views although their schemas do not say so.
const Names& unannotated_views() {
  static const Names kViews = {
      "_unsafe_view",           "atleast_1d", "atleast_2d", "atleast_3d", "unsafe_chunk", "unsafe_split",
      "unsafe_split_with_sizes"};
  return kViews;
}

// Operators that return a view if possible, or return their argument if there is nothing to do.
const Names& perhaps_views() {
  static const Names kPerhaps = {
      "reshape",          "reshape_as", "flatten",           "ravel",         "contiguous",     "cuda",
      "einsum",           "meshgrid",   "broadcast_tensors", "sum_to_size",   "conj_physical",  "chain_matmul",
      "cartesian_prod",   "dropout",    "feature_dropout",   "alpha_dropout", "native_dropout", "feature_alpha_dropout",
      "linalg_multi_dot", "to_dense",   "dequantize",        "block_diag",    "narrow_copy",    "expand_copy",
      "copy_to",          "tensordot",
  };
  return kPerhaps;
}

}  // namespace

bool is_tensor_type(const c10::TypePtr& type) {
  return type->kind() != c10::TypeKind::NoneType && type->isSubtypeOf(*c10::OptionalType::ofTensor());
}

bool holds_tensors(const c10::TypePtr& type) {
  if (is_tensor_type(type)) return true;
  const auto kind = type->kind();
  if (kind == c10::TypeKind::ClassType || kind == c10::TypeKind::AnyType) return true;
  const auto parts = type->containedTypes();
  return std::any_of(parts.begin(), parts.end(), holds_tensors);
}

std::vector<size_t> written_arguments(const Node* node) {
  std::vector<size_t> written;
  const auto* schema = node->maybeSchema();
  if (schema == nullptr) return written;
  for (size_t i = 0; i < schema->arguments().size() && i < node->inputs().size(); ++i) {
    const auto* info = schema->arguments()[i].alias_info();
    if (info != nullptr && info->isWrite()) written.push_back(i);
  }
  return written;
}

bool writes_tensors(const Node* node) {
  const auto written = written_arguments(node);
  return std::any_of(written.begin(), written.end(), [&](size_t i) { return holds_tensors(node->input(i)->type()); });
}

bool reads_no_elements(const Node* node) {
  static const Names kAten = {"size",       "dim",          "numel",    "is_floating_point", "is_complex",
                              "sym_size",   "element_size", "stride",   "storage_offset",    "is_contiguous",
                              "get_device", "__is__",       "__isnot__"};
  static const std::set<c10::Symbol> kPrim = {c10::Symbol::prim("dtype"),   c10::Symbol::prim("device"),
                                              c10::Symbol::prim("is_cuda"), c10::Symbol::prim("layout"),
                                              c10::Symbol::prim("shape"),   c10::Symbol::prim("requires_grad"),
                                              c10::Symbol::prim("is_cpu")};
  return is_listed(node, kAten) || kPrim.count(node->kind()) != 0;
}

Sharing sharing(const Node* node) {
  static const Names kCasts = {"to", "type_as", "as_tensor", "cpu"};
  static const Names kCopies = {"lift_fresh"};
  if (is_same(node)) return Sharing::kSame;
  if (is_listed(node, kCopies)) return Sharing::kNone;
  if (is_listed(node, kCasts)) return Sharing::kCast;
  if (is_listed(node, perhaps_views())) return Sharing::kPerhaps;
  if (is_listed(node, unannotated_views()) || annotated_argument(node)) return Sharing::kView;
  return Sharing::kNone;
}

std::optional<size_t> viewed_argument(const Node* node) {
  if (const auto annotated = annotated_argument(node)) return annotated;
  for (size_t i = 0; i < node->inputs().size(); ++i) {
    if (is_tensor_type(node->input(i)->type())) return i;
  }
  return std::nullopt;
}

bool changes_shape_in_place(const Node* node) {
  static const Names kNames = {"t_", "transpose_", "squeeze_", "unsqueeze_", "swapaxes_", "swapdims_", "as_strided_"};
  return is_listed(node, kNames);
}

bool changes_nothing(const Node* node) {
  static const Names kNames = {"requires_grad_", "detach_", "rename_", "share_memory_"};
  return is_listed(node, kNames);
}

bool replaces_memory(const Node* node) {
  static const Names kNames = {"set_", "set_data", "resize_", "resize_as_", "resize_as_sparse_", "sparse_resize_"};
  return is_listed(node, kNames);
}

bool keeps_contiguous(const Node* node) {
  static const Names kNames = {
      // elementwise
      "add",
      "sub",
      "mul",
      "div",
      "rsub",
      "pow",
      "neg",
      "abs",
      "exp",
      "log",
      "sqrt",
      "rsqrt",
      "sin",
      "cos",
      "tan",
      "tanh",
      "sigmoid",
      "relu",
      "relu6",
      "gelu",
      "silu",
      "hardtanh",
      "hardswish",
      "hardsigmoid",
      "leaky_relu",
      "elu",
      "softplus",
      "clamp",
      "clamp_min",
      "clamp_max",
      "minimum",
      "maximum",
      "floor",
      "ceil",
      "round",
      "trunc",
      "sign",
      "reciprocal",
      "square",
      "erf",
      "floor_divide",
      "remainder",
      "fmod",
      "true_divide",
      "multiply",
      "subtract",
      "divide",
      "where",
      "eq",
      "ne",
      "lt",
      "le",
      "gt",
      "ge",
      "logical_and",
      "logical_or",
      "logical_not",
      "logical_xor",
      "bitwise_not",
      "lerp",
      "addcmul",
      "addcdiv",
      "masked_fill",
      "negative",
      "absolute",
      "clip",
      "__and__",
      "__or__",
      "__xor__",
      // factories
      "zeros",
      "ones",
      "full",
      "empty",
      "rand",
      "randn",
      "arange",
      "linspace",
      "eye",
      "tensor",
      "scalar_tensor",
      "zeros_like",
      "ones_like",
      "full_like",
      "empty_like",
      "rand_like",
      "randn_like",
      "new_zeros",
      "new_ones",
      "new_full",
      "new_empty",
      "clone",
      "lift_fresh",
      "repeat",
      "cat",
      "stack",
      "embedding",
      "index_select",
      "tril",
      "triu",
      // products, sums and norms
      "mm",
      "bmm",
      "matmul",
      "addmm",
      "linear",
      "softmax",
      "log_softmax",
      "layer_norm",
      "sum",
      "mean",
      "cumsum",
  };
  return is_listed(node, kNames);
}

bool keeps_shape_and_dtype(const Node* node) {
  static const Names kNames = {
      "relu_",       "copy_",      "fill_",           "zero_",        "index_put_",      "index_fill_",
      "index_copy_", "index_add_", "scatter_",        "scatter_add_", "scatter_reduce_", "neg_",
      "abs_",        "put_",       "masked_scatter_", "tril_",        "triu_",           "normal_",
      "uniform_",    "bernoulli_", "random_",         "exponential_", "fill_diagonal_",  "dropout_",
      "relu6_",      "hardtanh_",  "leaky_relu_",     "silu_",        "hardswish_",
  };
  return is_listed(node, kNames);
}

Node* functional_form(Node* write, const std::vector<size_t>& written) {
  static const std::map<std::string, std::string> kOwnNames = {
      {"normal_", "normal_functional"}, {"__iand__", "__and__"},       {"__ior__", "__or__"},
      {"__ixor__", "__xor__"},          {"__ilshift__", "__lshift__"}, {"__irshift__", "__rshift__"},
  };
  std::string name = name_of(write);
  std::vector<torch::jit::Value*> inputs;
  const auto own = kOwnNames.find(name);
  const bool in_place = own != kOwnNames.end() || (name.back() == '_' && written == std::vector<size_t>{0});
  for (size_t i = 0; i < write->inputs().size(); ++i) {
    const bool is_out = !in_place && std::find(written.begin(), written.end(), i) != written.end();
    if (!is_out) inputs.push_back(write->input(i));
  }
  if (own != kOwnNames.end())
    name = own->second;
  else if (in_place)
    name.pop_back();
  auto* node = write->owningGraph()->create(c10::Symbol::aten(name), inputs, write->outputs().size());
  node->copyMetadata(write);
  node->insertBefore(write);
  const auto* schema = node->maybeSchema();
  if (schema != nullptr && schema->returns().size() == node->outputs().size()) return node;
  node->destroy();
  return nullptr;
}

}  // namespace torch_tensorrt::core::lowering::passes
