#include "torch_tensorrt/core/compat/ir.h"

#include "torch_tensorrt/core/ir/inputs.h"

namespace torch_tensorrt::core::ir {

std::vector<const torch::jit::Value*> get_tensor_inputs(std::shared_ptr<torch::jit::Graph>& g,
                                                        StaticParams& static_params) {
  std::vector<const torch::jit::Value*> inputs;
  for (auto* input : g->inputs()) {
    if (is_tensor(input) && static_params.count(input) == 0) inputs.push_back(input);
  }
  return inputs;
}

InputSpecMap pair_input_vals_with_specs(std::vector<const torch::jit::Value*> vals, std::vector<Input> specs) {
  check_spec_count(vals, specs.size());
  InputSpecMap map;
  for (size_t i = 0; i < vals.size(); ++i) map.insert({vals[i], specs[i]});
  return map;
}

InputSpecMap associate_specs_with_inputs(std::shared_ptr<torch::jit::Graph>& g, std::vector<Input> specs,
                                         StaticParams& static_params) {
  return pair_input_vals_with_specs(get_tensor_inputs(g, static_params), std::move(specs));
}

CollectionInputSpecMap associate_specs_with_collection_inputs(std::shared_ptr<torch::jit::Graph>& g,
                                                              GraphInputs graph_inputs, StaticParams& static_params) {
  return pair_input_vals_with_specs_collection(get_collection_inputs(g, static_params), graph_inputs.collection_inputs);
}

TypeMap get_block_first_calc_dtypes_opt(torch::jit::Block* b) {
  TypeMap types;
  for (auto* input : b->inputs()) {
    if (is_tensor(input)) types[input] = get_value_first_calc_dtype_opt(b, input);
  }
  return types;
}

CollectionTypeMap get_block_first_calc_dtypes_opt_collection(torch::jit::Block* b) {
  CollectionTypeMap types;
  for (auto* input : b->inputs()) {
    if (!is_tensor(input) && !is_collection(input)) continue;
    const auto tuple = input->type()->cast<c10::TupleType>();
    const size_t count = tuple != nullptr ? tuple->elements().size() : 1;
    types[input] = std::vector<std::optional<at::ScalarType>>(count, get_value_first_calc_dtype_opt(b, input));
  }
  return types;
}

}  // namespace torch_tensorrt::core::ir
