#include "torch_tensorrt/core/ir/inputs.h"

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <unordered_set>

#include "ATen/core/Tensor.h"
#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/ir/input_tree.h"
#include "torch_tensorrt/core/util/jit_types.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::ir {
namespace {

const std::set<at::ScalarType> kInputTypes = {at::kBool, at::kByte, at::kChar,  at::kShort,    at::kInt,
                                              at::kLong, at::kHalf, at::kFloat, at::kBFloat16, at::kDouble};

void check_range(const network::Dims& min, const network::Dims& opt, const network::Dims& max) {
  TORCHTRT_CHECK(min.nbDims == opt.nbDims && opt.nbDims == max.nbDims,
                 "min, opt and max must have the same rank, found " << min << ", " << opt << " and " << max);
  for (int32_t i = 0; i < min.nbDims; ++i) {
    TORCHTRT_CHECK(min.d[i] >= 0 && min.d[i] <= opt.d[i] && opt.d[i] <= max.d[i],
                   "dimension " << i << ": min " << min.d[i] << ", opt " << opt.d[i] << ", max " << max.d[i]
                                << " must be 0 or more and must not decrease");
  }
}

void check_type(at::ScalarType dtype, network::TensorFormat format, int32_t rank) {
  TORCHTRT_CHECK(kInputTypes.count(dtype) != 0, "Unsupported input data type: " << c10::toString(dtype));
  TORCHTRT_CHECK(format == network::TensorFormat::kLINEAR || format == network::TensorFormat::kHWC,
                 "the layout of an input must be contiguous or channels last, found " << format);
  const bool channels_last = format == network::TensorFormat::kHWC;
  TORCHTRT_CHECK(!channels_last || (dtype == at::kFloat && rank == 4),
                 "channels last is for float inputs of rank 4, found " << c10::toString(dtype) << " of rank " << rank);
}

}  // namespace

Input::Input(std::vector<int64_t> shape, at::ScalarType dtype, network::TensorFormat format, bool dtype_is_user_defined,
             std::vector<double> tensor_domain)
    : Input(shape, shape, shape, dtype, format, dtype_is_user_defined, std::move(tensor_domain)) {}

Input::Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape,
             at::ScalarType dtype, network::TensorFormat format, bool dtype_is_user_defined,
             std::vector<double> tensor_domain)
    : input_is_dynamic(min_shape != max_shape),
      dtype_is_user_defined(dtype_is_user_defined),
      tensor_domain(std::move(tensor_domain)),
      min(min_shape),
      max(max_shape),
      opt(opt_shape),
      dtype(dtype),
      format(format) {
  check_range(min, opt, max);
  check_type(dtype, format, opt.nbDims);
  input_shape = opt;
  for (int32_t i = 0; i < opt.nbDims; ++i) {
    if (min.d[i] != max.d[i]) input_shape.d[i] = -1;
  }
}

void Input::add_range(ShapeRange range) {
  check_range(range.min, range.opt, range.max);
  TORCHTRT_CHECK(range.opt.nbDims == opt.nbDims,
                 "all ranges of an input must have the same rank, found " << opt << " and " << range.opt);
  for (int32_t i = 0; i < opt.nbDims; ++i) {
    if (range.min.d[i] != min.d[i] || range.max.d[i] != min.d[i]) input_shape.d[i] = -1;
  }
  input_is_dynamic = !input_shape.is_static();
  more_ranges.push_back(std::move(range));
}

std::ostream& operator<<(std::ostream& os, const Input& input) {
  os << "Input(" << input.name << (input.name.empty() ? "" : ", ") << "shape: " << input.input_shape;
  if (input.input_is_dynamic) {
    os << ", min: " << input.min << ", opt: " << input.opt << ", max: " << input.max;
    for (const ShapeRange& range : input.more_ranges) {
      os << ", or min: " << range.min << ", opt: " << range.opt << ", max: " << range.max;
    }
  }
  return os << ", dtype: " << c10::toString(input.dtype) << ", format: " << input.format << ')';
}

namespace {

// PyTorch must know the class before an IValue can hold it.
const auto kRegistration = torch::class_<Input>("_torch_tensorrt_core_ir", "Input").def(torch::init<>());

}  // namespace

GraphInputs::GraphInputs(std::vector<Input> list) : inputs(std::move(list)) {
  for (const auto& input : inputs) {
    collection_inputs.push_back({input});
    arguments.emplace_back().input = input;
  }
}

GraphInputs::GraphInputs(torch::jit::IValue& signature) : input_signature(signature) {
  TORCHTRT_CHECK(signature.isTuple(),
                 "input_signature must be a tuple with one entry per argument, found " << signature.tagKind());
  for (const auto& argument : signature.toTupleRef().elements()) {
    arguments.push_back(input_tree(argument));
    collection_inputs.push_back(inputs_of(arguments.back()));
    inputs.insert(inputs.end(), collection_inputs.back().begin(), collection_inputs.back().end());
  }
}

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

void check_spec_count(const std::vector<const torch::jit::Value*>& inputs, size_t specs) {
  if (inputs.size() == specs) return;
  std::string list;
  for (const auto* input : inputs) {
    const std::string name = input->hasDebugName() ? input->debugNameBase() : "%" + input->debugName();
    list += str(list.empty() ? "" : ", ", name, " : ", input->type()->str());
  }
  TORCHTRT_THROW_ERROR("Expected dimension specifications for all input tensors, but found "
                       << inputs.size() << " input tensors and " << specs << " dimension specs. The method takes ("
                       << list << ")");
}

}  // namespace torch_tensorrt::core::ir
