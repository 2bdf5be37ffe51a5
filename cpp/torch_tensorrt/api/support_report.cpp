#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "torch_tensorrt/api/compile_spec.h"
#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/evaluators/evaluators.h"
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

}  // namespace torch_tensorrt::torchscript
