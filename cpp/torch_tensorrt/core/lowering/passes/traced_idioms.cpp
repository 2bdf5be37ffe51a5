#include <map>
#include <set>

#include "torch/csrc/jit/ir/ir.h"
#include "torch/csrc/jit/passes/dead_code_elimination.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

// Passes that replace forms that tracing leaves in a graph.
namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool is_python_function(const Node* node) {
  return node->kind() == torch::jit::prim::PythonOp && node->hasAttribute(torch::jit::attr::Subgraph);
}

// The results of the body in the form of the call's results: the call returns several results as one tuple.
std::vector<Value*> as_results_of(Node* node, std::vector<Value*> results) {
  const bool is_tuple = node->outputs().size() == 1 && node->output()->type()->kind() == c10::TypeKind::TupleType;
  const bool made_here = results.size() == 1 && results[0]->type()->kind() == c10::TypeKind::TupleType;
  if (!is_tuple || made_here) return results;
  auto* graph = node->owningGraph();
  return {graph->insertNode(graph->createTuple(results))->output()};
}

bool inline_function(Node* node) {
  const auto body = node->g(torch::jit::attr::Subgraph);
  if (body->inputs().size() != node->inputs().size()) return false;
  const torch::jit::WithInsertPoint guard(node);
  const auto results = as_results_of(node, torch::jit::insertGraph(*node->owningGraph(), *body, node->inputs()));
  if (results.size() != node->outputs().size()) return false;
  for (size_t i = 0; i < results.size(); ++i) node->output(i)->replaceAllUsesWith(results[i]);
  node->destroy();
  return true;
}

}  // namespace

// Repeats, because an inlined body may call other functions.
bool inline_python_functions(const GraphPtr& graph) {
  bool changed = false;
  while (rewrite_nodes(*graph, [](Node* node) { return is_python_function(node) && inline_function(node); })) {
    changed = true;
  }
  return changed;
}

namespace {

// Whether the value is made by an operator that gives a new tensor, and read by one node alone.
bool is_private(const Value* value) {
  static const std::set<c10::Symbol> kMakers = {c10::aten::linear, c10::aten::addmm, c10::aten::matmul,
                                                c10::aten::mm,     c10::aten::bmm,   c10::aten::add};
  if (value->uses().size() != 1) return false;
  const Node* maker = value->node();
  if (maker->kind() == c10::aten::add_) return is_private(maker->input(0));
  return kMakers.count(maker->kind()) != 0;
}

bool gives_chunks(const Node* node) {
  static const std::set<c10::Symbol> kChunks = {c10::Symbol::aten("unsafe_chunk"), c10::Symbol::aten("unsafe_split")};
  return kChunks.count(node->kind()) != 0;
}

bool separate(Node* unpack) {
  if (unpack->kind() != c10::prim::ListUnpack || !gives_chunks(unpack->input()->node())) return false;
  const Node* chunks = unpack->input()->node();
  if (!is_private(chunks->input(0)) || unpack->input()->uses().size() != 1) return false;
  Node* place = unpack->next();
  auto* none = constant_before(place, torch::jit::IValue());
  for (Value* part : unpack->outputs()) {
    auto* copy = insert_before(place, c10::aten::clone, {part, none}, part->type());
    part->replaceAllUsesAfterNodeWith(copy, copy->output());
  }
  return true;
}

}  // namespace

bool separate_chunks(const GraphPtr& graph) {
  bool changed = false;
  for (Node* node : all_nodes(graph->block())) changed = (!is_marked(node) && separate(node)) || changed;
  return changed;
}

namespace {

// Operators that turn a 0-d tensor into a number.
bool gives_number(const Node* node) {
  static const std::set<c10::Symbol> kKinds = {
      c10::Symbol::aten("Int"),           c10::Symbol::aten("Float"),
      c10::Symbol::aten("IntImplicit"),   c10::Symbol::aten("ScalarImplicit"),
      c10::Symbol::aten("FloatImplicit"), c10::Symbol::aten("item"),
  };
  if (kKinds.count(node->kind()) == 0 || node->inputs().size() != 1) return false;
  return node->input()->type()->isSubtypeOf(*c10::TensorType::get());
}

// Maps arithmetic on 0-d integer tensors to ints. floor_divide of tensors and floordiv of ints both round down.
const std::map<c10::Symbol, c10::Symbol>& integer_operators() {
  static const std::map<c10::Symbol, c10::Symbol> kOperators = {
      {c10::Symbol::aten("mul"), c10::Symbol::aten("mul")},
      {c10::Symbol::aten("add"), c10::Symbol::aten("add")},
      {c10::Symbol::aten("sub"), c10::Symbol::aten("sub")},
      {c10::Symbol::aten("floor_divide"), c10::Symbol::aten("floordiv")},
  };
  return kOperators;
}

bool is_int(const Value* value) { return value->type()->kind() == c10::TypeKind::IntType; }

// The value of an integer 0-d tensor constant.
std::optional<int64_t> integer_constant(const Value* value) {
  const auto constant = torch::jit::toIValue(value);
  if (!constant) return std::nullopt;
  if (constant->isInt()) return constant->toInt();
  if (!constant->isTensor()) return std::nullopt;
  const auto& tensor = constant->toTensor();
  const bool is_number = tensor.defined() && tensor.dim() == 0 && at::isIntegralType(tensor.scalar_type(), false);
  if (!is_number) return std::nullopt;
  return tensor.item<int64_t>();
}

// add and sub multiply their second operand by a third, which must be 1.
bool has_no_factor(const Node* node) { return node->inputs().size() == 2 || integer_constant(node->input(2)) == 1; }

// Whether the tensor can be computed from ints that exist before `place`. Checks the whole expression, because
// make_integer must not fail halfway.
bool is_integer(const Value* value) {
  if (is_int(value) || integer_constant(value)) return true;
  const auto* node = value->node();
  if (node->kind() == c10::prim::NumToTensor) return is_int(node->input());
  if (integer_operators().count(node->kind()) == 0 || !has_no_factor(node)) return false;
  return is_integer(node->input(0)) && is_integer(node->input(1));
}

Value* make_integer(Value* value, Node* place) {
  if (is_int(value)) return value;
  if (const auto constant = integer_constant(value)) return constant_before(place, *constant);
  auto* node = value->node();
  if (node->kind() == c10::prim::NumToTensor) return node->input();
  auto* a = make_integer(node->input(0), place);
  auto* b = make_integer(node->input(1), place);
  return insert_before(place, integer_operators().at(node->kind()), {a, b}, c10::IntType::get())->output();
}

// Float(NumToTensor(x)) -> x and the like, if x has the type of the result.
bool remove_pair(Node* node) {
  auto* inner = node->input()->node();
  if (inner->kind() != c10::prim::NumToTensor || inner->input()->type() != node->output()->type()) return false;
  return replace_with(node, inner->input());
}

bool remove_integer_round_trip(Node* node) {
  if (!is_int(node->output()) && node->output()->type()->kind() != c10::TypeKind::NumberType) return false;
  if (!is_integer(node->input())) return false;
  return replace_with(node, make_integer(node->input(), node));
}

}  // namespace

bool remove_number_round_trips(const GraphPtr& graph) {
  const bool changed = rewrite_nodes(*graph, [](Node* node) {
    if (!gives_number(node)) return false;
    return remove_pair(node) || remove_integer_round_trip(node);
  });
  if (changed) torch::jit::EliminateDeadCode(graph);
  return changed;
}

}  // namespace torch_tensorrt::core::lowering::passes
