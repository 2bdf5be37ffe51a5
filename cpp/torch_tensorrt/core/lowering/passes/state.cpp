#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/alias_model.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"

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

// Whether a result may be an element of an argument, as that of list.pop() and dict.get().
bool returns_elements(const Node* node) {
  const auto* schema = node->maybeSchema();
  if (schema == nullptr) return true;
  const auto& returns = schema->returns();
  return std::any_of(returns.begin(), returns.end(),
                     [](const c10::Argument& result) { return result.alias_info() != nullptr; });
}

// Finds the attributes that a value may share memory with.
class StateTracer {
 public:
  explicit StateTracer(const std::map<const Value*, IValue>& state) : state_(state) {}

  std::vector<const Value*> find(const Value* value) {
    visit(value);
    return std::move(found_);
  }

 private:
  void visit(const Value* value) {
    if (is_immutable(value) || !seen_.insert(value).second) return;
    if (state_.count(value) != 0) {
      found_.push_back(value);
      return;
    }
    const auto* node = value->node();
    if (node->kind() == c10::prim::Param) return visit_before_loop(value);
    if (node->kind() == c10::prim::If || node->kind() == c10::prim::Loop) return visit_blocks(node, value->offset());
    if (!shares(node)) return;
    for (const auto* input : node->inputs()) visit(input);
  }

  void visit_before_loop(const Value* parameter) {
    const auto* block = parameter->node()->owningBlock();
    const auto* owner = block->owningNode();
    if (owner == nullptr || owner->kind() != c10::prim::Loop || parameter->offset() == 0) return;
    visit(owner->input(parameter->offset() + 1));
    visit(block->outputs()[parameter->offset()]);
  }

  void visit_blocks(const Node* node, size_t place) {
    const bool is_loop = node->kind() == c10::prim::Loop;
    if (is_loop) visit(node->input(place + 2));
    for (const auto* block : node->blocks()) visit(block->outputs()[place + (is_loop ? 1 : 0)]);
  }

  // A list shares memory with its elements, in both directions.
  bool shares(const Node* node) const {
    if (node->kind() == c10::prim::Constant) return false;
    if (returns_elements(node)) return true;
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
  std::vector<const Value*> found_;
};

// The value if it depends on attributes and constants only.
std::optional<IValue> known_value(const Value* value, const std::map<const Value*, IValue>& state) {
  if (auto constant = torch::jit::toIValue(value)) return constant;
  if (const auto attribute = state.find(value); attribute != state.end()) return attribute->second;
  const auto* node = value->node();
  const bool computes = node->maybeOperator() != nullptr && node->outputs().size() == 1 && node->blocks().empty() &&
                        !node->hasSideEffects() && !util::is_random(node) && written_arguments(node).empty();
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
  return "; an engine keeps no state: make the value an argument and a result of the method, or write to a "
         "clone()";
}

void refuse_write(const Node* node, const Value* written, const std::map<const Value*, IValue>& state) {
  const auto attributes = StateTracer(state).find(written);
  if (attributes.empty() || is_ruled_out(node, state)) return;
  throw Refused(str(operator_and_line(node), " writes the module's attribute '", attributes.front()->debugName(),
                    "' when it is called", what_to_do()));
}

// In training mode these operators write the running statistics, although their schemas do not say so.
bool is_running_statistics_update(const Node* node, const std::map<const Value*, IValue>& state) {
  static const std::set<std::string> kNorms = {"batch_norm", "instance_norm", "native_batch_norm",
                                               "_batch_norm_impl_index", "cudnn_batch_norm"};
  if (!is_listed(node, kNorms) || node->maybeSchema() == nullptr) return false;
  const auto argument = [&](const char* name) -> const Value* {
    const auto place = node->maybeSchema()->argumentIndexWithName(name);
    return place ? node->input(*place) : nullptr;
  };
  const auto* mean = argument("running_mean");
  const auto* flag = argument("training") != nullptr ? argument("training") : argument("use_input_stats");
  const auto* momentum = argument("momentum");
  if (mean == nullptr || mean->mustBeNone() || flag == nullptr) return false;
  const auto trains = known_value(flag, state);
  if (!trains || !trains->isBool() || !trains->toBool()) return false;
  return momentum == nullptr || constant_number(momentum) != 0.0;
}

void refuse_running_statistics(const Node* node, const std::map<const Value*, IValue>& state) {
  if (!is_running_statistics_update(node, state)) return;
  throw Refused(
      str(operator_and_line(node), " in training mode writes its running statistics when it is called", what_to_do()));
}

}  // namespace

void refuse_writes_of_state(const GraphPtr& graph, size_t first, const std::vector<IValue>& values) {
  std::map<const Value*, IValue> state;
  for (size_t i = first; i < graph->inputs().size(); ++i) state.emplace(graph->inputs()[i], values.at(i - first));
  for (const auto* node : all_nodes(graph->block())) {
    refuse_running_statistics(node, state);
    for (const size_t place : written_arguments(node)) refuse_write(node, node->input(place), state);
  }
}

namespace {

// The attributes that a graph reads from its first input, the module, by path ("conv.weight").
class ModuleReads {
 public:
  ModuleReads(torch::jit::Graph& graph, const IValue& module) {
    objects_[graph.inputs()[0]] = {module, ""};
    for (Node* node : all_nodes(graph.block())) {
      if (node->kind() == c10::prim::SetAttr && objects_.count(node->input(0)) != 0) sets_.push_back(node);
      if (node->kind() == c10::prim::GetAttr && objects_.count(node->input()) != 0) read(node);
    }
  }

  std::string path(const Value* object, const std::string& name) const {
    const auto& outer = objects_.at(object).path;
    return outer.empty() ? name : outer + "." + name;
  }
  std::string path(const Node* node) const { return path(node->input(0), node->s(c10::attr::name)); }

  // GetAttr nodes whose results are not modules, and SetAttr nodes, in order.
  const std::vector<Node*>& reads() const { return reads_; }
  const std::vector<Node*>& sets() const { return sets_; }
  const std::map<const Value*, IValue>& state() const { return state_; }

 private:
  struct Object {
    IValue value;
    std::string path;
  };

  void read(Node* node) {
    const auto value = objects_.at(node->input()).value.toObjectRef().getAttr(node->s(c10::attr::name));
    if (value.isObject() && value.type()->expectRef<c10::ClassType>().is_module()) {
      objects_[node->output()] = {value, path(node)};
      return;
    }
    reads_.push_back(node);
    state_.emplace(node->output(), value);
  }

  std::map<const Value*, Object> objects_;
  std::vector<Node*> reads_;
  std::vector<Node*> sets_;
  std::map<const Value*, IValue> state_;  // by the result of a read
};

const void* storage_of(const IValue& value) {
  if (!value.isTensor() || !value.toTensor().defined() || !value.toTensor().has_storage()) return nullptr;
  return value.toTensor().storage().unsafeGetStorageImpl();
}

// Attributes whose tensors share memory with a written one are written too.
void add_shared(const ModuleReads& reads, std::set<std::string>& written) {
  std::set<const void*> storages;
  for (const auto* node : reads.reads()) {
    const void* storage = storage_of(reads.state().at(node->output()));
    if (storage != nullptr && written.count(reads.path(node)) != 0) storages.insert(storage);
  }
  for (const auto* node : reads.reads()) {
    const void* storage = storage_of(reads.state().at(node->output()));
    if (storage != nullptr && storages.count(storage) != 0) written.insert(reads.path(node));
  }
}

}  // namespace

std::set<std::string> written_attributes(const GraphPtr& graph, const IValue& module) {
  const ModuleReads reads(*graph, module);
  std::set<std::string> written;
  std::map<const Value*, std::string> paths;
  for (const auto* node : reads.reads()) paths.emplace(node->output(), reads.path(node));
  const auto add = [&](const Value* value) {
    for (const auto* attribute : StateTracer(reads.state()).find(value)) written.insert(paths.at(attribute));
  };
  for (const auto* node : reads.sets()) {
    written.insert(reads.path(node));
    add(node->input(1));  // a later call may write the memory under the new name
  }
  for (const auto* node : all_nodes(graph->block())) {
    for (const size_t place : written_arguments(node)) add(node->input(place));
    if (is_running_statistics_update(node, reads.state())) {
      for (const auto* input : node->inputs()) add(input);
    }
  }
  add_shared(reads, written);
  return written;
}

bool fold_attributes(const GraphPtr& graph, const IValue& module, const std::set<std::string>& written) {
  const ModuleReads reads(*graph, module);
  std::map<std::string, Value*> constants;
  bool changed = false;
  for (Node* node : reads.reads()) {
    const std::string path = reads.path(node);
    if (written.count(path) != 0) continue;
    auto known = constants.find(path);
    if (known == constants.end()) {
      auto value = reads.state().at(node->output());
      if (value.isTensor() && value.toTensor().defined()) value = value.toTensor().detach();
      const torch::jit::WithInsertPoint here(node);
      const auto constant = torch::jit::tryInsertConstant(*graph, value);
      if (!constant) continue;
      if (*graph->nodes().begin() != (*constant)->node()) (*constant)->node()->moveBefore(*graph->nodes().begin());
      (*constant)->setDebugName(path);
      known = constants.emplace(path, *constant).first;
    }
    changed |= replace_with(node, known->second);
  }
  return changed;
}

}  // namespace torch_tensorrt::core::lowering::passes
