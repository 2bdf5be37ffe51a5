#include <map>

#include "torch/csrc/jit/ir/constants.h"
#include "torch/csrc/jit/passes/dead_code_elimination.h"

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

// Passes that change the inputs and outputs of the graph.
namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::IValue;
using torch::jit::Node;
using torch::jit::Value;

class AttributeLowering {
 public:
  AttributeLowering(torch::jit::Graph& graph, const IValue& module) : graph_(graph) {
    objects_[graph.inputs()[0]] = module;
  }

  // GetAttr nodes precede their readers, so one walk resolves chains of them.
  std::vector<IValue> run() {
    for (auto* node : all_nodes(graph_.block())) {
      if (node->kind() == c10::prim::SetAttr && objects_.count(node->input(0)) != 0) {
        // PyTorch gives the write no source line, but the written value has one.
        const bool has_line = !util::source_location(node).empty();
        throw Refused(str("the module writes its attribute '", node->s(c10::attr::name), "' when it is called (",
                          util::node_info(has_line ? node : node->input(1)->node()),
                          "); make it a result of the method instead"));
      }
      if (node->kind() == c10::prim::GetAttr && objects_.count(node->input()) != 0) read(node);
    }
    // Inner modules first, because each is read from its outer module.
    for (auto it = object_nodes_.rbegin(); it != object_nodes_.rend(); ++it) destroy_if_unused(*it);
    TORCHTRT_CHECK(!graph_.inputs()[0]->hasUses(), "the module itself is used as a value by "
                                                       << util::node_info(graph_.inputs()[0]->uses()[0].user)
                                                       << "; only its attributes and methods can be compiled");
    graph_.eraseInput(0);
    return std::move(params_);
  }

 private:
  void read(Node* node) {
    const auto& object = objects_.at(node->input());
    const auto value = object.toObjectRef().getAttr(node->s(c10::attr::name));
    if (value.isObject() && value.type()->expectRef<c10::ClassType>().is_module()) {
      objects_[node->output()] = value;
      object_nodes_.push_back(node);
      return;
    }
    const std::string key = path(node);
    auto known = inputs_.find(key);
    if (known == inputs_.end()) {
      auto* input = graph_.addInput()->setType(node->output()->type());
      // Dims in its type distinguish a parameter from the graph's own tensors.
      if (value.isTensor() && value.toTensor().defined()) input->inferTypeFrom(value.toTensor());
      input->setDebugName(key);
      params_.push_back(value);
      known = inputs_.emplace(key, input).first;
    }
    replace_with(node, known->second);
  }

  // "fc.weight"
  std::string path(const Node* node) {
    const auto* owner = node->input()->node();
    const std::string name = node->s(c10::attr::name);
    return owner->kind() == c10::prim::GetAttr ? path(owner) + "." + name : name;
  }

  static void destroy_if_unused(Node* node) {
    if (!node->output()->hasUses()) node->destroy();
  }

  torch::jit::Graph& graph_;
  std::map<const Value*, IValue> objects_;  // modules by their graph value
  std::vector<Node*> object_nodes_;
  std::map<std::string, Value*> inputs_;  // by path
  std::vector<IValue> params_;
};

}  // namespace

std::vector<IValue> lower_attributes(const GraphPtr& graph, const IValue& module) {
  TORCHTRT_CHECK(!graph->inputs().empty(), "the graph does not belong to a method: its first input is not a module");
  return AttributeLowering(*graph, module).run();
}

namespace {

bool makes_collection(const torch::jit::Node* node) {
  return node->kind() == c10::prim::TupleConstruct || node->kind() == c10::prim::ListConstruct;
}

bool all_tensors(const torch::jit::Node* node) {
  for (const auto* input : node->inputs()) {
    if (!input->type()->isSubtypeOf(*c10::TensorType::get())) return false;
  }
  return true;
}

}  // namespace

bool flatten_outputs(const GraphPtr& graph) {
  if (graph->outputs().size() != 1) return false;
  auto* collection = graph->outputs()[0]->node();
  if (!makes_collection(collection) || !all_tensors(collection)) return false;
  graph->eraseOutput(0);
  for (auto* tensor : collection->inputs()) graph->registerOutput(tensor);
  torch::jit::EliminateDeadCode(graph);
  return true;
}

}  // namespace torch_tensorrt::core::lowering::passes
