#include "torch_tensorrt/api/support_report.h"

#include <algorithm>

#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include "torch/csrc/jit/ir/constants.h"
#include "torch/csrc/jit/ir/ir.h"
#include "torch/csrc/jit/runtime/operator.h"

#include "torch_tensorrt/api/compile_spec.h"
#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/evaluators/evaluators.h"
#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/torch_tensorrt.h"

// Reports how each operator would be compiled, without compiling.
namespace torch_tensorrt::torchscript {
namespace {

const char* name_of(core::OperatorReport::How how) {
  if (how == core::OperatorReport::How::kConverted) return "converted";
  return how == core::OperatorReport::How::kEvaluated ? "evaluated" : "pytorch";
}

// "aten::add.Tensor(Tensor self, ...) -> Tensor" -> "aten::add.Tensor"
std::string short_name(const std::string& schema) { return schema.substr(0, schema.find('(')); }

}  // namespace

SupportReport check(const torch::jit::Module& module, std::string method_name, CompileSpec info) {
  const auto report = core::ReportSupport(module, std::move(method_name), to_internal(info));
  SupportReport out;
  for (const auto& op : report.operators) {
    out.operators.push_back({op.op, name_of(op.how), op.reason, op.source, op.uses});
  }
  // Operators that need attention come first, then by name.
  std::stable_sort(out.operators.begin(), out.operators.end(),
                   [](const auto& a, const auto& b) { return a.how != b.how ? a.how > b.how : a.op < b.op; });
  out.problem = report.problem;
  out.is_whole = report.is_whole();
  return out;
}

std::string to_table(const SupportReport& report) {
  size_t width = 8;
  for (const auto& op : report.operators) width = std::max(width, short_name(op.op).size());
  std::string text = fmt::format("{:{}}  {:9}  {:>5}  {}\n", "operator", width, "how", "uses", "first used at");
  for (const auto& op : report.operators) {
    text += fmt::format("{:{}}  {:9}  {:>5}", short_name(op.op), width, op.how, op.uses);
    text += op.source.empty() ? "\n" : "  " + op.source + "\n";
    if (!op.reason.empty()) text += fmt::format("    {}\n", op.reason);
  }
  if (!report.problem.empty()) text += "these inputs cannot be compiled: " + report.problem + "\n";
  text += report.is_whole ? "the method is one engine\n" : "the method is not one engine\n";
  return text;
}

std::string to_json(const SupportReport& report) {
  nlohmann::json operators = nlohmann::json::array();
  for (const auto& op : report.operators) {
    operators.push_back(
        {{"op", op.op}, {"how", op.how}, {"uses", op.uses}, {"reason", op.reason}, {"source", op.source}});
  }
  return nlohmann::json{{"whole", report.is_whole}, {"problem", report.problem}, {"operators", operators}}.dump(2);
}

std::vector<std::string> converted_operators() { return core::conversion::converters::get_converter_list(); }
std::vector<std::string> evaluated_operators() { return core::conversion::evaluators::getEvaluatorList(); }

namespace {

using GraphPtr = std::shared_ptr<torch::jit::Graph>;

// An argument with a default is a constant. A flag without a default is false, as a dropout's `train` is after eval().
// All other arguments are graph inputs.
torch::jit::Value* argument_value(torch::jit::Graph& graph, const c10::Argument& argument) {
  std::optional<torch::jit::Value*> constant;
  if (argument.default_value()) constant = torch::jit::tryInsertConstant(graph, *argument.default_value());
  if (constant) return *constant;
  if (argument.type()->kind() == c10::TypeKind::BoolType) return graph.insertConstant(false);
  return graph.addInput()->setType(argument.type());
}

// A graph that uses the operator once.
GraphPtr one_use(const c10::FunctionSchema& schema) {
  auto graph = std::make_shared<torch::jit::Graph>();
  std::vector<torch::jit::Value*> inputs;
  for (const auto& argument : schema.arguments()) inputs.push_back(argument_value(*graph, argument));
  auto* node = graph->create(c10::Symbol::fromQualString(schema.name()), inputs, schema.returns().size());
  for (size_t i = 0; i < schema.returns().size(); ++i) {
    node->output(i)->setType(schema.returns()[i].type());
    graph->registerOutput(node->output(i));
  }
  graph->insertNode(node);
  return graph;
}

bool takes_tensor(const c10::FunctionSchema& schema) {
  const auto& arguments = schema.arguments();
  return std::any_of(arguments.begin(), arguments.end(), [](const c10::Argument& argument) {
    return argument.type()->kind() == c10::TypeKind::TensorType;
  });
}

// The ATen operators of the graph; leaves out constants and lists.
std::set<std::string> operators_of(const torch::jit::Graph& graph) {
  std::set<std::string> kinds;
  for (const auto* node : graph.nodes()) {
    if (node->kind().is_aten()) kinds.insert(node->kind().toQualString());
  }
  return kinds;
}

// The operators that lowering replaces this operator with; nothing if lowering keeps the operator.
std::optional<std::string> rewritten_to(const c10::FunctionSchema& schema) {
  const auto graph = one_use(schema);
  std::set<std::string> kinds;
  try {
    kinds = operators_of(*core::lowering::LowerGraph(graph, {}, {}).first);
  } catch (const Error&) {
    return std::nullopt;  // not an operator for engines
  }
  if (kinds.count(schema.name()) != 0) return std::nullopt;
  std::string text;
  for (const auto& kind : kinds) text += (text.empty() ? "" : ", ") + kind;
  return text;
}

void add_converted(std::vector<OperatorEntry>& table) {
  for (auto& entry : core::conversion::converters::list_converters()) {
    table.push_back({std::move(entry.signature), entry.never ? "declined" : "converted", std::move(entry.declines)});
  }
}

void add_evaluated(std::vector<OperatorEntry>& table) {
  for (auto& name : core::conversion::evaluators::getEvaluatorList())
    table.push_back({std::move(name), "evaluated", {}});
}

// Lowers one use of each PyTorch operator that writes nothing. This way the table needs no list that duplicates the
// passes.
void add_rewritten(std::vector<OperatorEntry>& table) {
  for (const auto& op : torch::jit::getAllOperators()) {
    const auto& schema = op->schema();
    const bool is_candidate = c10::Symbol::fromQualString(schema.name()).is_aten() && takes_tensor(schema) &&
                              !schema.is_mutable() && !schema.returns().empty() && !schema.is_vararg() &&
                              !schema.is_varret();
    if (!is_candidate) continue;
    if (auto target = rewritten_to(schema))
      table.push_back({torch_tensorrt::str(schema), "rewritten", std::move(*target)});
  }
}

}  // namespace

std::vector<OperatorEntry> operator_table() {
  std::vector<OperatorEntry> table;
  add_converted(table);
  add_evaluated(table);
  add_rewritten(table);
  std::sort(table.begin(), table.end(), [](const OperatorEntry& a, const OperatorEntry& b) {
    return a.how != b.how ? a.how < b.how : a.op < b.op;
  });
  return table;
}

std::string operator_table_json() {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& entry : operator_table())
    rows.push_back({{"op", entry.op}, {"how", entry.how}, {"note", entry.note}});
  return rows.dump();
}

}  // namespace torch_tensorrt::torchscript
