#include "torch_tensorrt/core/hybrid_methods.h"

#include <algorithm>
#include <string>
#include <utility>

#include "torch/csrc/jit/api/function_impl.h"

#include "torch_tensorrt/core/engine_module.h"
#include "torch_tensorrt/core/hybrid_report.h"
#include "torch_tensorrt/core/hybrid_tensors.h"
#include "torch_tensorrt/core/lowering/behavior.h"
#include "torch_tensorrt/core/lowering/prepare.h"
#include "torch_tensorrt/core/refit_module.h"
#include "torch_tensorrt/core/util/jit_inline.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

std::vector<std::string> names_of(const std::vector<BoundMethod>& methods) {
  std::vector<std::string> names;
  for (const auto& method : methods) names.push_back(method.name);
  return names;
}

// The other methods that may set attributes, with the arguments of those that are compiled too.
std::vector<partitioning::OtherMethod> others_of(const torch::jit::Module& module, const std::string& name,
                                                 const std::vector<BoundMethod>& methods) {
  std::vector<partitioning::OtherMethod> others;
  for (auto& [other, graph] : lowering::other_methods_with_state(module, name)) {
    const auto is_same = [&, &other = other](const BoundMethod& method) { return method.name == other; };
    const auto compiled = std::find_if(methods.begin(), methods.end(), is_same);
    others.push_back({graph, {}});
    if (compiled != methods.end()) others.back().arguments = probed_arguments(*graph, compiled->arguments);
  }
  return others;
}

CompileSpec with_smallest_blocks(CompileSpec cfg) {
  auto& partitioning = cfg.partitioning_info;
  if (!partitioning.enabled) partitioning.min_block_size = 1;  // an engine for the whole method, however small
  return cfg;
}

void check_whole(const HybridReport& report) {
  TORCHTRT_CHECK(report.segments.size() == 1 && report.rows.empty(),
                 "require_full_compilation is set, but " << text_of(report, /*most_rows=*/12));
}

void log(const HybridReport& report) {
  if (report.rows.empty()) {
    LOG_INFO(message_of(report));
  } else {
    LOG_WARNING(message_of(report));
  }
}

}  // namespace

HybridMethods::HybridMethods(const torch::jit::Module& mod, CompileSpec cfg, std::vector<BoundMethod> methods)
    : cfg_(with_smallest_blocks(std::move(cfg))),
      source_(mod),
      module_(lowering::prepare(mod, names_of(methods), cfg_.lower_info,
                                torch_device(cfg_.convert_info.engine_settings.device))),
      parameters_(parameters_of(module_)) {
  std::vector<std::vector<partitioning::OtherMethod>> others;  // before the engines
  for (const auto& method : methods) others.push_back(others_of(module_, method.name, methods));
  for (size_t i = 0; i < methods.size(); ++i) {
    methods_.push_back(std::make_unique<HybridMethod>(module_, std::move(methods[i]), cfg_, std::move(others[i])));
  }
}

Decision HybridMethods::can_be_whole() {
  Decision all = Decision::yes();
  for (const auto& method : methods_) {
    Decision whole = method->can_be_whole();
    if (all) all = std::move(whole);
  }
  return all;
}

Decision HybridMethods::fits_inputs() {
  for (const auto& method : methods_) {
    if (Decision fits = method->fits_inputs(); !fits) return fits;
  }
  return Decision::yes();
}

std::vector<util::RaisedException> HybridMethods::exceptions() {
  std::vector<util::RaisedException> all;
  for (const auto& method : methods_) util::merge_exceptions(method->exceptions(), all);
  return all;
}

torch::jit::Module HybridMethods::compile() {
  for (const auto& method : methods_) {
    method->cut({});
    if (!cfg_.partitioning_info.enabled) check_whole(method->report());
  }
  for (const auto& method : methods_) method->build();
  for (const auto& method : methods_) log(method->report());
  return finished();
}

torch::jit::Module HybridMethods::refit(const HybridRecord& made_by, const torch::jit::Module& compiled) {
  for (size_t i = 0; i < methods_.size(); ++i) methods_[i]->cut(made_by.methods.at(i).failed_builds);
  for (size_t i = 0; i < methods_.size(); ++i) methods_[i]->refit(made_by.methods[i], compiled);
  return finished();
}

torch::jit::Module HybridMethods::finished() {
  HybridRecord record{cfg_, parameters_, {}};
  std::vector<std::string> names;
  std::vector<std::shared_ptr<torch::jit::Graph>> graphs;
  for (const auto& method : methods_) {
    graphs.push_back(method->graph());
    graphs.back()->inputs()[0]->setType(module_.type());
    graphs.back()->lint();
    names.push_back(method->report().method);
    record.methods.push_back(method->record());
    LOG_GRAPH("hybrid " << names.back() << ":\n" << *graphs.back());
  }
  lowering::remove_unused_attributes(module_, names, {kImportHint});
  // A method that was inlined into another has kept a copy of its graph, from before the engines.
  for (const auto& method : module_.get_methods()) {
    torch::jit::toGraphFunction(method.function()).clear_optimized_graphs();
  }
  own_tensors(module_, graphs, source_);
  write_record(module_, record);
  return module_;
}

namespace {

// As far as the declared inputs do not rule them out.
std::vector<util::RaisedException> exceptions_of(const torch::jit::Module& mod, const std::string& method,
                                                 const CompileSpec& cfg) {
  auto graph = mod.get_method(method).graph()->copy();
  util::inline_all_calls(*graph);
  if (!lowering::raises(graph->block())) return {};
  try {
    const auto& schema = mod.get_method(method).function().getSchema();
    return HybridMethods(mod, cfg, {{method, ir::bind_arguments(schema, cfg.graph_inputs)}}).exceptions();
  } catch (const Error& error) {
    LOG_DEBUG("the exceptions of " << method << " are not told apart: " << error.msg());
    std::vector<util::RaisedException> all;
    util::add_exceptions(graph->block(), all);
    return all;
  }
}

}  // namespace

void warn_of_exceptions(const torch::jit::Module& mod, const std::string& method, const CompileSpec& cfg) {
  const auto exceptions = exceptions_of(mod, method, cfg);
  if (exceptions.empty()) return;
  LOG_WARNING("an engine raises no exceptions of the module, and computes a result instead. "
              << method << " raises these for some values of tensors, or for some sizes within the declared ranges:"
              << util::list_exceptions(exceptions) << "\nA module that compile() makes without "
              << "require_full_compilation raises them");
}

}  // namespace torch_tensorrt::core
