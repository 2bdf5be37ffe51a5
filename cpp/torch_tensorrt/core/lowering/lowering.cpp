#include "torch_tensorrt/core/lowering/lowering.h"

#include <algorithm>

#include "torch/csrc/jit/ir/constants.h"
#include "torch/csrc/jit/passes/freeze_module.h"

#include "torch_tensorrt/core/lowering/devices.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/quantized_tensors.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/shown_memory.h"
#include "torch_tensorrt/core/lowering/pipeline.h"
#include "torch_tensorrt/core/lowering/prepare.h"
#include "torch_tensorrt/core/util/jit_inline.h"
#include "torch_tensorrt/core/util/jit_module_copy.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool is_training(const torch::jit::Module& module) { return module.hasattr("training") && module.is_training(); }

torch::jit::Module freeze(const torch::jit::Module& module, const std::string& method_name, const LowerInfo& info) {
  // freeze_module always keeps forward.
  std::vector<std::string> kept;
  if (method_name != "forward") kept.push_back(method_name);
  const auto shown = util::copy_module(module);  // shares the tensors; has graphs of its own
  const auto graph = shown.get_method(method_name).graph();
  passes::inline_calls(*graph, info.forced_fallback_modules);
  passes::replace_idle_observers(graph, shown._ivalue());
  passes::show_memory(*graph);
  passes::hide_quantizations(*graph);
  return torch::jit::freeze_module(shown, std::move(kept), /*freezeInterfaces=*/true, info.keep_parameters_apart);
}

bool writes_a_tensor(const torch::jit::Node* node) {
  const auto written = passes::written_arguments(node);
  return std::any_of(written.begin(), written.end(),
                     [&](size_t place) { return passes::is_tensor_type(node->input(place)->type()); });
}

// Whether the node is a loop that carries tensors from round to round.
bool carries_tensors(const torch::jit::Node* node) {
  const auto carries = [](const torch::jit::Value* value) { return passes::holds_tensors(value->type()); };
  return node->kind() == c10::prim::Loop && std::any_of(node->outputs().begin(), node->outputs().end(), carries);
}

// Inside a loop that carries tensors, even passes::show_memory does not correct alias analysis: freezing would merge
// reads before and after a write there. So such a method is not frozen, and the pipeline alone makes constants of its
// attributes.
bool misreads_memory_when_frozen(const torch::jit::Module& module, const std::string& method_name) {
  auto graph = module.get_method(method_name).graph()->copy();
  util::inline_all_calls(*graph);
  const auto nodes = passes::all_nodes(graph->block());
  return std::any_of(nodes.begin(), nodes.end(), carries_tensors) &&
         std::any_of(nodes.begin(), nodes.end(), writes_a_tensor);
}

// Replaces the last arguments, which are not given, by their defaults as constants.
void take_defaults(torch::jit::Graph& graph, const c10::FunctionSchema& schema, size_t given) {
  const torch::jit::WithInsertPoint at_the_front(*graph.nodes().begin());
  for (size_t i = graph.inputs().size() - 1; i > given; --i) {  // input 0 is the module
    const auto& value = schema.arguments().at(i).default_value();
    if (!value) return;
    torch::jit::Value* input = graph.inputs()[i];
    input->replaceAllUsesWith(graph.insertConstant(*value));
    graph.eraseInput(i);
  }
}

LoweredGraph method_graph(const torch::jit::Module& module, const std::string& method_name, const LowerInfo& info) {
  const auto evaluated = is_training(module) ? evaluation_copy(module) : module;
  // Freezing evaluates operations on weights and constants, which must be on one device for this.
  const auto local = on_device(evaluated, c10::Device(at::kCPU));
  const bool stays = info.unfreeze_module || misreads_memory_when_frozen(local, method_name);
  const auto frozen = stays ? local : freeze(local, method_name, info);
  auto graph = frozen.get_method(method_name).graph()->copy();
  passes::inline_calls(*graph, info.forced_fallback_modules);
  passes::hide_memory(*graph);
  passes::show_quantizations(*graph);
  if (info.given_arguments) {
    take_defaults(*graph, module.get_method(method_name).function().getSchema(), *info.given_arguments);
  }
  auto params = passes::lower_attributes(graph, frozen._ivalue());
  passes::refuse_writes_of_state(graph, graph->inputs().size() - params.size(), params);
  return {std::move(graph), std::move(params)};
}

// Finds the tensor's position in the arguments; false if the caller did not pass it.
bool find_place(const Value* value, ArgumentWrite& write) {
  const auto* node = value->node();
  if (node->kind() == c10::prim::Param) {
    write.argument = value->offset();
    return node->owningBlock()->owningNode() == nullptr;
  }
  if (node->kind() == c10::prim::unchecked_unwrap_optional) return find_place(node->input(0), write);
  size_t place = value->offset();
  if (node->kind() == c10::Symbol::aten("__getitem__")) {
    place = static_cast<size_t>(torch::jit::toIValue(node->input(1)).value_or(0).toInt());
  } else if (node->kind() != c10::prim::TupleUnpack && node->kind() != c10::prim::ListUnpack) {
    return false;
  }
  if (!find_place(node->input(0), write)) return false;
  write.path.push_back(place);
  return true;
}

bool is_copy_to_argument(const Node* node) {
  ArgumentWrite ignored;
  return node->kind() == c10::Symbol::aten("copy_") && !node->output()->hasUses() &&
         find_place(node->input(0), ignored);
}

std::vector<Node*> copies_to_arguments(torch::jit::Graph& graph) {
  std::vector<Node*> copies;
  for (auto* node : graph.nodes()) {
    if (is_copy_to_argument(node)) copies.push_back(node);
  }
  return copies;
}

// Collects the tensors of a result in order. False if the graph does not tell the length of a list.
bool collect_tensors(Value* value, std::vector<Value*>& tensors) {
  if (passes::is_tensor_type(value->type())) {
    tensors.push_back(value);
    return true;
  }
  const auto* node = value->node();
  if (node->kind() != c10::prim::TupleConstruct && node->kind() != c10::prim::ListConstruct) return false;
  return std::all_of(node->inputs().begin(), node->inputs().end(),
                     [&](const Value* part) { return collect_tensors(const_cast<Value*>(part), tensors); });
}

// Turns the copies into the caller's tensors at the end of the graph into extra graph outputs after the results. A
// copied value that is a result already is not returned twice.
ArgumentWrites return_argument_writes(torch::jit::Graph& graph) {
  ArgumentWrites result;
  std::vector<Value*> tensors;
  bool is_counted = true;
  for (auto* output : graph.outputs()) is_counted = is_counted && collect_tensors(output, tensors);
  for (auto* copy : copies_to_arguments(graph)) {
    ArgumentWrite write;
    find_place(copy->input(0), write);
    auto* value = copy->input(1);
    const auto found = is_counted ? std::find(tensors.begin(), tensors.end(), value) : tensors.end();
    write.is_result = found != tensors.end();
    write.output = write.is_result ? static_cast<size_t>(found - tensors.begin()) : result.added_outputs++;
    if (!write.is_result) graph.registerOutput(value);
    result.writes.push_back(std::move(write));
    copy->destroy();
  }
  return result;
}

// Removes the same copies, with a warning naming the arguments.
void drop_argument_writes(torch::jit::Graph& graph) {
  for (auto* copy : copies_to_arguments(graph)) {
    ArgumentWrite write;
    find_place(copy->input(0), write);
    LOG_WARNING(
        "the method writes its argument "
        << graph.inputs()[write.argument]->debugName()
        << " in place; an engine only returns results and leaves the argument unchanged (a module made by compile() "
        << "writes it)");
    copy->destroy();
  }
}

}  // namespace

// The graph of forward does not contain the hooks, so they would not run.
void refuse_hooks(const torch::jit::Module& module, const std::string& method_name) {
  if (method_name != "forward") return;
  for (const auto* hooks : {&module.type()->getForwardPreHooks(), &module.type()->getForwardHooks()}) {
    if (hooks->empty()) continue;
    throw Refused(str("the module has the forward hook '", hooks->front()->name(),
                      "', which a compiled module does not run; remove it, or call its code in forward"));
  }
}

std::ostream& operator<<(std::ostream& os, const LowerInfo& info) {
  os << "Settings requested for lowering:\n  Unfrozen module: " << info.unfreeze_module
     << "\n  Common subexpressions kept: " << info.disable_cse
     << "\n  Parameters kept apart: " << info.keep_parameters_apart << "\n  Modules left to PyTorch:";
  for (const auto& name : info.forced_fallback_modules) os << ' ' << name;
  os << "\n  Operators left to PyTorch:";
  for (const auto& name : info.forced_fallback_operators) os << ' ' << name;
  return os;
}

LoweredGraph LowerGraph(std::shared_ptr<torch::jit::Graph> graph, std::vector<torch::jit::IValue> params,
                        const LowerInfo& info) {
  TORCHTRT_CHECK(graph != nullptr, "there is no graph to lower");
  LOG_GRAPH("before lowering:\n" << *graph);
  LoweredGraph lowered(std::move(graph), std::move(params));
  run_pipeline(lowering_pipeline(), lowered, info);
  LOG_GRAPH("after lowering:\n" << *lowered.first);
  return lowered;
}

LoweredGraph Lower(const torch::jit::Module& module, std::string method_name, const LowerInfo& info,
                   ArgumentWrites* writes) {
  LOG_DEBUG(info);
  TORCHTRT_CHECK(module.find_method(method_name).has_value(),
                 "the module " << module.type()->str() << " has no method '" << method_name << "'");
  refuse_hooks(module, method_name);
  LoweredGraph lowered;
  try {
    lowered = method_graph(module, method_name, info);
  } catch (const c10::Error& error) {
    TORCHTRT_THROW_ERROR("cannot make one graph of method '" << method_name << "': " << error.what_without_backtrace());
  }
  lowered = LowerGraph(std::move(lowered.first), std::move(lowered.second), info);
  if (info.keep_argument_copies) return lowered;
  if (writes != nullptr) {
    *writes = return_argument_writes(*lowered.first);
  } else {
    drop_argument_writes(*lowered.first);
  }
  return lowered;
}

}  // namespace torch_tensorrt::core::lowering
