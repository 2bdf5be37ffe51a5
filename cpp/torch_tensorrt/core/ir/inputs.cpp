#include "torch_tensorrt/core/ir/inputs.h"

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "ATen/core/Tensor.h"
#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/ir/spec_count.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::ir {
namespace {

// Exactly "Tensor". Parameters of a graph without a module have dims in their types.
bool is_plain_tensor(const torch::jit::Value* value) { return value->type() == c10::TensorType::get(); }

bool is_optional_tensor(const torch::jit::Value* value) {
  return is_tensor(value) && value->type()->kind() == c10::TypeKind::OptionalType;
}

bool is_module(const torch::jit::Value* value) {
  const auto type = value->type()->cast<c10::ClassType>();
  return type != nullptr && type->is_module();
}

// Never a static parameter, however many parameter values there are.
bool is_input_alone(const torch::jit::Value* value) {
  return is_plain_tensor(value) || is_collection(value) || is_module(value);
}

std::optional<at::ScalarType> constant_dtype(torch::jit::Value* value) {
  auto constant = torch::jit::toIValue(value);
  // A tensor list holds the weights of a recurrent layer.
  if (constant && constant->isTensorList() && !constant->toTensorList().empty()) {
    constant = torch::jit::IValue(constant->toTensorList().get(0));
  }
  if (!constant || !constant->isTensor() || !constant->toTensor().defined()) return std::nullopt;
  // 0-d constants are numbers; their dtype is not the dtype that the model computes in.
  if (constant->toTensor().dim() == 0) return std::nullopt;
  return constant->toTensor().scalar_type();
}

void push_results(torch::jit::Node* node, std::deque<torch::jit::Value*>& queue) {
  for (auto* output : node->outputs()) queue.push_back(output);
}

// An embedding's weight says nothing about the dtype of its indices.
bool says_dtype(torch::jit::Node* node, torch::jit::Value* value) {
  static const c10::Symbol kEmbedding = c10::Symbol::fromQualString("aten::embedding");
  return node->kind() != kEmbedding || node->input(0) == value;
}

}  // namespace

bool is_tensor(const torch::jit::Value* value) { return value->type()->isSubtypeOf(*c10::OptionalType::ofTensor()); }

bool is_collection(const torch::jit::Value* value) {
  const auto kind = value->type()->kind();
  return kind == c10::TypeKind::TupleType || kind == c10::TypeKind::ListType;
}

StaticParams get_static_params(c10::ArrayRef<torch::jit::Value*> inputs, std::vector<torch::jit::IValue> params) {
  std::vector<torch::jit::Value*> candidates;
  for (auto* input : inputs) {
    if (!is_input_alone(input) && !is_optional_tensor(input)) candidates.push_back(input);
  }
  // If there are more parameter values than candidates, optional tensors are parameters too.
  if (candidates.size() < params.size()) {
    candidates.clear();
    for (auto* input : inputs) {
      if (!is_input_alone(input)) candidates.push_back(input);
    }
  }
  // In traced graphs, the graph's own inputs also have dims in their types. They come before the parameters.
  size_t surplus = candidates.size() - std::min(candidates.size(), params.size());
  StaticParams static_params;
  size_t next = 0;
  for (auto* input : candidates) {
    if (surplus > 0 && is_tensor(input)) {
      --surplus;
      continue;
    }
    TORCHTRT_CHECK(next < params.size(), "graph input " << util::value_info(input) << " has no value: " << params.size()
                                                        << " static parameters were given");
    static_params[input] = params[next++];
  }
  TORCHTRT_CHECK(next == params.size(), params.size() << " static parameters were given, but the graph has "
                                                      << static_params.size() << " inputs for them");
  return static_params;
}

std::vector<const torch::jit::Value*> get_collection_inputs(std::shared_ptr<torch::jit::Graph>& g,
                                                            StaticParams& static_params) {
  std::vector<const torch::jit::Value*> inputs;
  for (auto* input : g->inputs()) {
    if ((is_tensor(input) || is_collection(input)) && static_params.count(input) == 0) inputs.push_back(input);
  }
  return inputs;
}

CollectionInputSpecMap pair_input_vals_with_specs_collection(std::vector<const torch::jit::Value*> vals,
                                                             std::vector<std::vector<Input>>& specs) {
  check_spec_count(vals, specs.size());
  CollectionInputSpecMap map;
  for (size_t i = 0; i < vals.size(); ++i) map.insert({vals[i], specs[i]});
  return map;
}

std::optional<at::ScalarType> get_value_first_calc_dtype_opt(torch::jit::Block*, torch::jit::Value* in) {
  std::deque<torch::jit::Value*> queue = {in};
  std::unordered_set<torch::jit::Node*> seen;
  while (!queue.empty()) {
    auto* value = queue.front();
    queue.pop_front();
    for (const auto& use : value->uses()) {
      if (!seen.insert(use.user).second) continue;
      for (auto* operand : use.user->inputs()) {
        const auto dtype = operand == value || !says_dtype(use.user, value) ? std::nullopt : constant_dtype(operand);
        if (dtype) return dtype;
      }
      push_results(use.user, queue);
    }
  }
  return std::nullopt;
}

}  // namespace torch_tensorrt::core::ir
