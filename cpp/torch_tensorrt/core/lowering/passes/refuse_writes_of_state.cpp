#include <map>
#include <optional>
#include <set>
#include <string>

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/alias_model.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::IValue;
using torch::jit::Node;
using torch::jit::Value;

bool is_listed(const Node* node, const std::set<std::string>& names) {
  return node->kind().is_aten() && names.count(node->kind().toUnqualString()) != 0;
}

bool is_immutable(const Value* value) {
  const auto kind = value->type()->kind();
  return kind == c10::TypeKind::IntType || kind == c10::TypeKind::FloatType || kind == c10::TypeKind::BoolType ||
         kind == c10::TypeKind::StringType || kind == c10::TypeKind::NoneType;
}

// Finds the attribute that a value may share memory with.
class StateTracer {
 public:
  explicit StateTracer(const std::map<const Value*, IValue>& state) : state_(state) {}

  const Value* find(const Value* value) {
    if (is_immutable(value) || !seen_.insert(value).second) return nullptr;
    if (state_.count(value) != 0) return value;
    const auto* node = value->node();
    if (node->kind() == c10::prim::Param) return find_before_loop(value);
    if (node->kind() == c10::prim::If || node->kind() == c10::prim::Loop) return find_in_blocks(node, value->offset());
    if (!shares(node)) return nullptr;
    for (const auto* input : node->inputs()) {
      if (const auto* found = find(input)) return found;
    }
    return nullptr;
  }

 private:
  const Value* find_before_loop(const Value* parameter) {
    const auto* block = parameter->node()->owningBlock();
    const auto* owner = block->owningNode();
    if (owner == nullptr || owner->kind() != c10::prim::Loop || parameter->offset() == 0) return nullptr;
    const auto* found = find(owner->input(parameter->offset() + 1));
    return found != nullptr ? found : find(block->outputs()[parameter->offset()]);
  }

  const Value* find_in_blocks(const Node* node, size_t place) {
    const bool is_loop = node->kind() == c10::prim::Loop;
    const auto* found = is_loop ? find(node->input(place + 2)) : nullptr;
    for (const auto* block : node->blocks()) {
      if (found == nullptr) found = find(block->outputs()[place + (is_loop ? 1 : 0)]);
    }
    return found;
  }

  // A list shares memory with its elements, in both directions.
  bool shares(const Node* node) const {
    if (node->kind() == c10::prim::Constant) return false;
    if (node->kind().is_prim() || node->kind() == c10::Symbol::aten("__getitem__")) return true;
    if (!written_arguments(node).empty()) return true;
    return sharing(node) != Sharing::kNone && !makes_copy(node);
  }

  // The attribute's value is known, so running the cast or reordering tells whether it makes a copy.
  bool makes_copy(const Node* node) const {
    const auto attribute = node->inputs().empty() ? state_.end() : state_.find(node->input(0));
    if (attribute == state_.end() || !attribute->second.isTensor() || !attribute->second.toTensor().defined()) {
      return false;
    }
    torch::jit::Stack stack;
    for (const auto* input : node->inputs()) {
      const auto value = input == attribute->first ? attribute->second : torch::jit::toIValue(input).value_or(IValue());
      if (input != attribute->first && !torch::jit::toIValue(input)) return false;
      stack.push_back(value);
    }
    node->getOperation()(stack);
    return stack.size() == 1 && stack[0].isTensor() && !stack[0].toTensor().is_alias_of(attribute->second.toTensor());
  }

  const std::map<const Value*, IValue>& state_;
  std::set<const Value*> seen_;
};

// The value if it depends on attributes and constants only.
std::optional<IValue> known_value(const Value* value, const std::map<const Value*, IValue>& state) {
  if (auto constant = torch::jit::toIValue(value)) return constant;
  if (const auto attribute = state.find(value); attribute != state.end()) return attribute->second;
  const auto* node = value->node();
  const bool computes = node->maybeOperator() != nullptr && node->outputs().size() == 1 && node->blocks().empty() &&
                        !node->hasSideEffects() && !node->isNondeterministic() && written_arguments(node).empty();
  if (!computes) return std::nullopt;
  torch::jit::Stack stack;
  for (const auto* input : node->inputs()) {
    auto known = known_value(input, state);
    if (!known) return std::nullopt;
    stack.push_back(std::move(*known));
  }
  try {
    node->getOperation()(stack);
  } catch (const std::exception&) {
    return std::nullopt;  // the method itself raises if it gets here
  }
  return stack.size() == 1 ? std::optional<IValue>(stack[0]) : std::nullopt;
}

// Whether attributes and constants rule out the node's branch, for example the branch of an observer that is off.
bool is_ruled_out(const Node* node, const std::map<const Value*, IValue>& state) {
  for (const auto* block = node->owningBlock(); block->owningNode() != nullptr;) {
    const auto* owner = block->owningNode();
    if (owner->kind() == c10::prim::If) {
      const auto condition = known_value(owner->input(), state);
      if (condition && condition->isBool() && owner->blocks()[condition->toBool() ? 0 : 1] != block) return true;
    }
    block = owner->owningBlock();
  }
  return false;
}

std::string what_to_do() {
  return "; a compiled module keeps no state: make the value an argument and a result of the method, or write to a "
         "clone()";
}

void refuse_write(const Node* node, const Value* written, const std::map<const Value*, IValue>& state) {
  const auto* attribute = StateTracer(state).find(written);
  if (attribute == nullptr || is_ruled_out(node, state)) return;
  throw Refused(str(operator_and_line(node), " writes the module's attribute '", attribute->debugName(),
                    "' when it is called", what_to_do()));
}

// In training mode these operators write the running statistics, although their schemas do not say so.
void refuse_running_statistics(const Node* node) {
  static const std::set<std::string> kNorms = {"batch_norm", "instance_norm", "native_batch_norm",
                                               "_batch_norm_impl_index", "cudnn_batch_norm"};
  if (!is_listed(node, kNorms) || node->maybeSchema() == nullptr) return;
  const auto argument = [&](const char* name) -> const Value* {
    const auto place = node->maybeSchema()->argumentIndexWithName(name);
    return place ? node->input(*place) : nullptr;
  };
  const auto* mean = argument("running_mean");
  const auto* flag = argument("training") != nullptr ? argument("training") : argument("use_input_stats");
  const auto* momentum = argument("momentum");
  if (mean == nullptr || mean->mustBeNone() || flag == nullptr || constant_bool(flag) != true) return;
  if (momentum != nullptr && constant_number(momentum) == 0.0) return;
  throw Refused(
      str(operator_and_line(node), " in training mode writes its running statistics when it is called", what_to_do()));
}

}  // namespace

void refuse_writes_of_state(const GraphPtr& graph, size_t first, const std::vector<IValue>& values) {
  std::map<const Value*, IValue> state;
  for (size_t i = first; i < graph->inputs().size(); ++i) state.emplace(graph->inputs()[i], values.at(i - first));
  for (const auto* node : all_nodes(graph->block())) {
    refuse_running_statistics(node);
    for (const size_t place : written_arguments(node)) refuse_write(node, node->input(place), state);
  }
}

}  // namespace torch_tensorrt::core::lowering::passes
