#include "torch_tensorrt/core/conversion/input_casts.h"

#include <algorithm>
#include <map>
#include <optional>

#include "ATen/core/Tensor.h"
#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/conversion/converters/converter_util.h"
#include "torch_tensorrt/core/conversion/dynamic_sizes.h"

namespace torch_tensorrt::core::conversion {
namespace {

using Elements = std::map<at::ScalarType, int64_t>;

// Of a tensor, or of a list of them, as recurrent layers have.
void count_elements(const torch::jit::IValue& value, Elements& counts) {
  if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) count_elements(tensor, counts);
  }
  if (!value.isTensor() || !value.toTensor().defined() || value.toTensor().dim() == 0) return;
  if (at::isFloatingType(value.toTensor().scalar_type())) {
    counts[value.toTensor().scalar_type()] += value.toTensor().numel();
  }
}

void count_elements(const torch::jit::Block* b, Elements& counts) {
  for (const auto* n : b->nodes()) {
    for (const auto* inner : n->blocks()) count_elements(inner, counts);
    if (n->kind() != torch::jit::prim::Constant) continue;
    if (const auto value = torch::jit::toIValue(n->output())) count_elements(*value, counts);
  }
}

// The floating dtype that most elements of the weights have.
std::optional<at::ScalarType> dtype_of_weights(const torch::jit::Block* b, const ir::StaticParams& static_params) {
  Elements counts;
  count_elements(b, counts);
  for (const auto& [value, ivalue] : static_params) count_elements(ivalue, counts);
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
  return most == counts.end() ? std::nullopt : std::optional(most->first);
}

using SpecsOfInputs = std::vector<std::pair<const torch::jit::Value*, std::vector<ir::Input>>>;

SpecsOfInputs specs_of_inputs(const torch::jit::Block* b, const ConversionInfo& info) {
  SpecsOfInputs found;
  for (const auto* value : b->inputs()) {
    const auto one = info.inputs.find(value);
    if (one != info.inputs.end()) found.push_back({value, {one->second}});
    const auto several = info.collection_input_spec_map.find(value);
    if (several != info.collection_input_spec_map.end()) found.emplace_back(*several);
  }
  return found;
}

bool has_other_float(const std::vector<ir::Input>& specs, at::ScalarType dtype) {
  return std::any_of(specs.begin(), specs.end(),
                     [&](const ir::Input& spec) { return at::isFloatingType(spec.dtype) && spec.dtype != dtype; });
}

// The weights that the input meets first say its dtype, or, where it meets none, `otherwise`.
InputCasts casts(const SpecsOfInputs& inputs, std::optional<at::ScalarType> otherwise) {
  InputCasts result;
  for (const auto& [value, specs] : inputs) {
    auto* in = const_cast<torch::jit::Value*>(value);
    auto dtype = ir::get_value_first_calc_dtype_opt(in->owningGraph()->block(), in);
    if (!dtype || !at::isFloatingType(*dtype)) dtype = otherwise;
    if (dtype && has_other_float(specs, *dtype)) result[value] = *dtype;
  }
  return result;
}

}  // namespace

std::vector<InputCasts> casts_to_try(const torch::jit::Block* b, const ConversionInfo& info,
                                     const ir::StaticParams& static_params) {
  const auto inputs = specs_of_inputs(b, info);
  std::vector<InputCasts> tries = {{}};
  for (const auto& otherwise : {std::optional<at::ScalarType>(), dtype_of_weights(b, static_params)}) {
    auto next = casts(inputs, otherwise);
    if (next != tries.back()) tries.push_back(std::move(next));
  }
  return tries;
}

nvinfer1::ITensor* cast_input(ConversionCtx& ctx, const InputCasts& casts, const torch::jit::Value* value,
                              nvinfer1::ITensor* input) {
  const auto cast = casts.find(value);
  if (cast == casts.end() || !nvinfer1::is_floating_point(input->getType())) return input;
  const auto dtype = util::ScalarTypeToTRTDataType(cast->second);
  if (dtype == input->getType()) return input;
  LOG_INFO(ctx.logger, "Input " << input_name(*input) << " is given as " << input->getType()
                                << " and the module computes in " << dtype
                                << ": it is cast before the first operation");
  return converters::castITensor(&ctx, input, dtype, "input " + input_name(*input));
}

}  // namespace torch_tensorrt::core::conversion
