#include "torch_tensorrt/core/lowering/prepare.h"

#include <algorithm>
#include <set>

#include "torch/csrc/jit/passes/dead_code_elimination.h"
#include "torch/csrc/jit/passes/lower_tuples.h"
#include "torch/csrc/jit/passes/remove_mutation.h"

#include "torch_tensorrt/core/lowering/behavior.h"
#include "torch_tensorrt/core/lowering/devices.h"
#include "torch_tensorrt/core/lowering/passes/fresh_tensors.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/quantized_tensors.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/shown_memory.h"
#include "torch_tensorrt/core/util/jit_inline.h"
#include "torch_tensorrt/core/util/jit_module_copy.h"
#include "torch_tensorrt/core/util/jit_tensor_copies.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering {
namespace {

using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// One method may write the memory that another reads through another attribute.
void add_shared(const Module& module, std::set<std::string>& written) {
  std::map<const void*, std::vector<std::string>> names;
  for (const auto& attribute : module.named_attributes(/*recurse=*/true)) {
    if (attribute.value.isTensor()) names[util::storage_of(attribute.value.toTensor())].push_back(attribute.name);
  }
  names.erase(nullptr);
  for (const auto& [storage, shared] : names) {
    const bool is_written =
        std::any_of(shared.begin(), shared.end(), [&](const std::string& name) { return written.count(name) != 0; });
    if (is_written) written.insert(shared.begin(), shared.end());
  }
}

std::set<std::string> written_by_methods(const Module& module) {
  std::set<std::string> written;
  for (const auto& method : module.get_methods()) {
    auto graph = method.graph()->copy();
    util::inline_all_calls(*graph);
    written.merge(passes::written_attributes(graph, module._ivalue()));
  }
  add_shared(module, written);
  return written;
}

// The module that has the attribute, and the attribute's name in it.
std::pair<Module, std::string> owner_of(Module module, std::string path) {
  for (size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.')) {
    module = module.attr(path.substr(0, dot)).toModule();
    path = path.substr(dot + 1);
  }
  return {module, path};
}

// Attributes that were one object, or shared memory, still do.
void own(Module& module, const std::set<std::string>& paths) {
  util::TensorCopies copies;
  for (const auto& path : paths) {
    auto [owner, name] = owner_of(module, path);
    owner.setattr(name, copies.copy(owner.attr(name)));
  }
}

bool has_writes(const passes::GraphPtr& graph) {
  const auto nodes = passes::all_nodes(graph->block());
  return std::any_of(nodes.begin(), nodes.end(), [](const Node* n) { return !passes::written_arguments(n).empty(); });
}

// Whether the graph ends in a copy into an argument.
bool copies_to_argument(const torch::jit::Graph& graph) {
  for (const auto* node : graph.nodes()) {
    if (node->kind() != c10::Symbol::aten("copy_")) continue;
    const auto* target = node->input(0)->node();
    const bool is_unwrapped = target->kind() == c10::prim::unchecked_unwrap_optional;
    if ((is_unwrapped ? target->input()->node() : target)->kind() == c10::prim::Param) return true;
  }
  return false;
}

// Whether the graph reads attributes of the module, or has dicts, through which it may reach tensors that the model of
// memory behind passes::write_through_views does not know.
bool has_state_or_dicts(const passes::GraphPtr& graph) {
  const auto nodes = passes::all_nodes(graph->block());
  return std::any_of(nodes.begin(), nodes.end(), [](const Node* node) {
    const auto outputs = node->outputs();
    return std::any_of(outputs.begin(), outputs.end(), [&](const Value* output) {
      if (output->type()->kind() == c10::TypeKind::DictType) return true;
      return node->kind() == c10::prim::GetAttr && passes::holds_tensors(output->type());
    });
  });
}

// Replaces writes where all readers of the memory are known. Otherwise they stay: PyTorch can run them. They also stay
// in a graph that writes its arguments, because the caller may give one tensor as two arguments, and in one whose
// results share memory.
void replace_writes(passes::GraphPtr& graph) {
  if (has_state_or_dicts(graph) || !results_are_apart(*graph)) return;
  auto rewritten = graph->copy();
  try {
    passes::separate_chunks(rewritten);
    passes::write_through_views(rewritten);
  } catch (const Error& error) {
    LOG_DEBUG("writes in place stay with PyTorch: " << error.msg());
    return;
  }
  if (copies_to_argument(*rewritten)) return;
  graph->block()->clear();
  graph->block()->cloneFrom(rewritten->block(), [](Value* value) { return value; });
}

bool has_casting_blocks(const torch::jit::Graph& graph) {
  return !passes::nodes_in_casting_blocks(graph.block()).empty();
}

// No quantized tensor can pass between PyTorch and an engine. PyTorch keeps those that the pass does not replace.
void replace_quantized_tensors(const passes::GraphPtr& graph) {
  try {
    passes::replace_quantized_tensors(graph);
  } catch (const Refused& refused) {
    LOG_INFO("tensors of quantized dtypes stay with PyTorch: " << refused.msg());
  }
}

// Without writes, dead code elimination needs no knowledge of shared memory.
void remove_dead_code(const passes::GraphPtr& graph) {
  const passes::ShownMemory shown(graph);
  torch::jit::EliminateDeadCode(graph);
}

// The graphs of the methods with all calls inlined, also those of each other. Warns of listed modules that none of them
// uses.
std::vector<passes::GraphPtr> inline_methods(const Module& module, const std::vector<std::string>& method_names,
                                             const std::vector<std::string>& torch_executed_modules) {
  std::vector<passes::GraphPtr> graphs;
  std::map<std::string, size_t> unused;
  for (const auto& name : method_names) {
    graphs.push_back(module.get_method(name).graph());
    for (const auto& listed : passes::inline_calls(*graphs.back(), torch_executed_modules)) ++unused[listed];
  }
  for (const auto& [listed, count] : unused) {
    if (count < method_names.size()) continue;
    LOG_WARNING("torch_executed_modules lists " << listed << ", which the module does not use; this has no effect");
  }
  return graphs;
}

}  // namespace

void warn_of_training(const Module& module) {
  if (module.hasattr("training") && module.is_training()) {
    LOG_WARNING(
        "the module is in training mode but is compiled in evaluation mode; call eval() on it to avoid this warning");
  }
}

Module evaluation_copy(const Module& module) {
  auto copy = util::copy_module(module);
  copy.eval();
  return copy;
}

bool replace_lone_writes(const std::shared_ptr<torch::jit::Graph>& graph,
                         const std::function<bool(const Node*)>& keeps_shape_and_dtype) {
  const passes::ShownMemory shown(graph);
  return torch::jit::RemoveTensorMutation(
      graph, [&](Node* node) { return keeps_shape_and_dtype(node) && !passes::is_marked(node); });
}

void simplify(std::shared_ptr<torch::jit::Graph>& graph) {
  if (has_casting_blocks(*graph)) {  // outside its block, an operator of constants may give another dtype
    passes::remove_dropout(graph);
    return remove_dead_code(graph);
  }
  {
    const passes::ShownMemory shown(graph);  // both remove dead code
    torch::jit::LowerSimpleTuples(graph);
    passes::replace_objects(graph);
  }
  torch::jit::RemoveListMutation(graph);
  passes::show_views(graph);
  passes::mark_fresh(*graph);
  passes::propagate_constants(graph);
  passes::remove_dropout(graph);
  if (has_writes(graph)) replace_writes(graph);
  if (has_writes(graph)) replace_lone_writes(graph, passes::keeps_shape_and_dtype);
  passes::mark_fresh(*graph);
  passes::propagate_constants(graph);
  passes::remove_needless_marks(*graph);
  replace_quantized_tensors(graph);
  remove_dead_code(graph);
}

Module prepare(const Module& module, const std::vector<std::string>& method_names, const LowerInfo& info,
               c10::Device device) {
  for (const auto& name : method_names) refuse_hooks(module, name);
  const auto evaluated = evaluation_copy(module);
  auto copy = on_device(evaluated, device);
  auto graphs = inline_methods(copy, method_names, info.forced_fallback_modules);
  for (auto& graph : graphs) {
    if (graphs.size() == 1) passes::replace_idle_observers(graph, copy._ivalue());  // others may switch them on
    passes::hide_memory(*graph);
    if (lives_elsewhere(evaluated, *graph, device)) make_on_device(*graph, device);
    move_constants(*graph, device);
  }
  const auto written = written_by_methods(copy);
  own(copy, written);
  for (auto& graph : graphs) {
    passes::inline_python_functions(graph);
    passes::mark_forced_operators(graph, info.forced_fallback_operators);
    passes::fold_attributes(graph, copy._ivalue(), written);
    simplify(graph);
    move_constants(*graph, device);  // new constants
  }
  return copy;
}

std::map<std::string, std::shared_ptr<torch::jit::Graph>> other_methods_with_state(const Module& module,
                                                                                   const std::string& method_name) {
  std::map<std::string, std::shared_ptr<torch::jit::Graph>> graphs;
  for (const auto& method : module.get_methods()) {
    if (method.name() == method_name) continue;
    auto graph = method.graph()->copy();
    util::inline_all_calls(*graph);
    const auto nodes = passes::all_nodes(graph->block());
    const auto writes = [](const Node* node) {
      return node->kind() == c10::prim::SetAttr || !passes::written_arguments(node).empty();
    };
    if (std::any_of(nodes.begin(), nodes.end(), writes)) graphs[method.name()] = std::move(graph);
  }
  return graphs;
}

void remove_unused_attributes(Module& module, const std::vector<std::string>& method_names,
                              const std::set<std::string>& kept) {
  if (module.get_methods().size() != method_names.size()) return;
  const auto object = module._ivalue();
  const auto type = object->type();
  std::set<std::string> used = kept;
  used.insert("training");
  for (const auto& name : method_names) {
    for (const auto* node : passes::all_nodes(module.get_method(name).graph()->block())) {
      const bool is_access = node->kind() == c10::prim::GetAttr || node->kind() == c10::prim::SetAttr;
      if (is_access && node->input(0)->type() == type) used.insert(node->s(c10::attr::name));
    }
  }
  std::vector<std::string> unused;
  for (const auto& attribute : type->getAttributes()) {
    if (used.count(attribute.getName()) == 0) unused.push_back(attribute.getName());
  }
  for (const auto& name : unused) {
    object->unsafeRemoveAttr(name);
    type->unsafeRemoveAttribute(name);
  }
}

}  // namespace torch_tensorrt::core::lowering
