#include "torch_tensorrt/core/method_network.h"

#include <algorithm>

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/refit_module.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

// The index of the tensor among the tensors of all arguments.
size_t input_number(const lowering::ArgumentWrite& write, const std::vector<ir::ValueTree>& arguments) {
  size_t number = 0;
  for (size_t i = 0; i < write.argument; ++i) number += count_tensors(arguments.at(i));
  const auto* tree = &arguments.at(write.argument);
  for (const size_t place : write.path) {
    for (size_t i = 0; i < place; ++i) number += count_tensors(tree->children.at(i));
    tree = &tree->children.at(place);
  }
  return number;
}

// Pairs each written input with the engine output that is copied into it. Removes outputs that are no results of the
// method from `results`.
std::vector<WrittenInput> take_writes(const lowering::ArgumentWrites& found,
                                      const std::vector<ir::ValueTree>& arguments,
                                      std::vector<ir::ValueTree>& results) {
  results.resize(results.size() - found.added_outputs);
  const size_t count = count_tensors(results);
  std::vector<WrittenInput> writes;
  for (const auto& write : found.writes) {
    writes.push_back({input_number(write, arguments), write.output + (write.is_result ? 0 : count)});
  }
  return writes;
}

// If a cast made a copy, a write through the cast leaves the input unchanged. Only conversion knows if it did.
void drop_unchanged(std::vector<WrittenInput>& writes, const nvinfer1::INetworkDefinition& network) {
  const auto is_unchanged = [&](const WrittenInput& write) {
    const auto* producer = network.outputs().at(write.output)->producer();
    return producer->getType() == nvinfer1::LayerType::kIDENTITY &&
           producer->getInput(0) == network.inputs().at(write.input);
  };
  writes.erase(std::remove_if(writes.begin(), writes.end(), is_unchanged), writes.end());
}

}  // namespace

std::string class_name(const torch::jit::Module& mod) {
  const auto name = mod.type()->name();
  return name ? name->name() : std::string("module");
}

std::optional<size_t> given_arguments(const CompileSpec& cfg) {
  const size_t given = cfg.graph_inputs.collection_inputs.size();
  return given > 0 ? std::optional(given) : std::nullopt;
}

LoweredMethod lower_method(const torch::jit::Module& mod, const std::string& method, const CompileSpec& cfg) {
  lowering::LowerInfo info = cfg.lower_info;
  info.keep_parameters_apart = keeps_parameters_apart(cfg.convert_info.engine_settings);
  info.given_arguments = given_arguments(cfg);
  LoweredMethod method_graph;
  auto lowered = lowering::Lower(mod, method, info, info.converting_to_trt_engine ? nullptr : &method_graph.writes);
  method_graph.graph = std::move(lowered.first);
  method_graph.values = std::move(lowered.second);
  return method_graph;
}

void find_arguments(LoweredMethod& lowered) {
  lowered.params = ir::get_static_params(lowered.graph->inputs(), lowered.values);
  lowered.arguments = ir::get_collection_inputs(lowered.graph, lowered.params);
}

void infer_dtype(torch::jit::Graph& graph, const torch::jit::Value* argument, ir::Input& spec) {
  if (spec.dtype_is_user_defined) return;
  auto* value = const_cast<torch::jit::Value*>(argument);
  spec.dtype = ir::get_value_first_calc_dtype_opt(graph.block(), value).value_or(at::kFloat);
  // Only the user can tell indices from masks, so do not guess an integer or bool dtype.
  if (!at::isFloatingType(spec.dtype)) spec.dtype = at::kFloat;
}

void pair_inputs(LoweredMethod& lowered, CompileSpec& cfg) {
  find_arguments(lowered);
  auto& specs = cfg.graph_inputs.collection_inputs;
  ir::check_spec_count(lowered.arguments, specs.size());
  for (size_t i = 0; i < specs.size(); ++i) {
    for (auto& spec : specs[i]) infer_dtype(*lowered.graph, lowered.arguments[i], spec);
  }
  cfg.convert_info.collection_input_spec_map = ir::pair_input_vals_with_specs_collection(lowered.arguments, specs);
}

MethodNetwork convert_method(LoweredMethod& lowered, const CompileSpec& cfg) {
  MethodNetwork method;
  for (size_t i = 0; i < lowered.arguments.size(); ++i) {
    method.arguments.push_back(argument_tree(lowered.arguments[i], cfg.graph_inputs.collection_inputs[i].size()));
  }
  method.network =
      conversion::ConvertBlockToNetwork(lowered.graph->block(), cfg.convert_info, lowered.params, &method.results);
  method.writes = take_writes(lowered.writes, method.arguments, method.results);
  drop_unchanged(method.writes, *method.network);
  return method;
}

}  // namespace torch_tensorrt::core
