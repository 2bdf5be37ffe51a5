#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/converter_util.h"
#include "torch_tensorrt/core/conversion/evaluators/families.h"

namespace torch_tensorrt::core::conversion::evaluators {
namespace {

// Made by PyTorch on the CPU: the device of the graph's arguments is where the engine runs, not where constants live.
Result made_by_pytorch(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  std::map<const torch::jit::Value*, torch::jit::IValue> replaced;
  for (auto& [value, var] : args) {
    if (var.isIValue() && var.IValue()->isDevice()) {
      replaced[value] = torch::jit::IValue(at::Device(at::kCPU));
      var = Var(&replaced[value]);
    }
  }
  return run_operator(n, args);
}

// zeros_like and its kin take from a network tensor its dims and dtype only.
Result made_like(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto& like = args.at(n->input(0));
  if (like.isTensor()) return made_by_pytorch(ctx, n, args);
  auto* tensor = like.ITensorOrFreeze(ctx);
  const auto dims = tensor->getDimensions();
  TORCHTRT_CHECK(dims.is_static(), util::node_info(n) << ": the dims of the tensor must be known, they are " << dims);
  const auto type = util::TRTDataTypeToScalarType(tensor->getType());
  torch::jit::IValue example = at::empty(util::toVec(dims), at::TensorOptions().dtype(type));
  like = Var(&example);
  return made_by_pytorch(ctx, n, args);
}

// fill(x, value): a tensor of the dims and dtype of x. Also the in-place form, whose result alone is read.
Result filled(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto& self = args.at(n->input(0));
  if (self.isTensor()) return run_operator(n, args);
  auto* tensor = self.ITensorOrFreeze(ctx);
  const auto dims = tensor->getDimensions();
  TORCHTRT_CHECK(dims.is_static(), util::node_info(n) << ": the dims of the tensor must be known, they are " << dims);
  auto* value = converters::castITensor(ctx, args.at(n->input(1)).ITensorOrFreeze(ctx), tensor->getType());
  return TensorContainer::wrap(converters::add_expand(ctx, value, dims));
}

// copy(self, src): src with the dtype and dims of self.
Result copied(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto& self = args.at(n->input(0));
  auto& source = args.at(n->input(1));
  if (self.isTensor() && source.isTensor()) return run_operator(n, args);
  auto* target = self.ITensorOrFreeze(ctx);
  auto* value = converters::castITensor(ctx, source.ITensorOrFreeze(ctx), target->getType());
  if (value->getDimensions() == target->getDimensions() && value->getDimensions().is_static()) {
    return TensorContainer::wrap(value);
  }
  const auto dims = target->getDimensions();
  TORCHTRT_CHECK(dims.is_static(), util::node_info(n) << ": the dims of the tensor must be known, they are " << dims);
  return TensorContainer::wrap(converters::add_expand(ctx, value, dims));
}

}  // namespace

Registrations creation_evaluators() {
  Registrations rows;
  for (const char* op : {"aten::zeros", "aten::ones", "aten::full", "aten::arange", "aten::tensor", "aten::eye",
                         "aten::linspace", "aten::scalar_tensor"}) {
    rows.emplace_back(symbol(op), made_by_pytorch);
  }
  for (const char* op : {"aten::zeros_like", "aten::ones_like", "aten::full_like", "aten::new_zeros", "aten::new_ones",
                         "aten::new_full"}) {
    rows.emplace_back(symbol(op), made_like);
  }
  rows.emplace_back(symbol("aten::fill"), filled);
  rows.emplace_back(symbol("aten::fill_"), filled);
  for (const char* op : {"aten::copy", "aten::copy_"}) {
    const std::string arguments = "(Tensor self, Tensor src, bool non_blocking=False) -> Tensor";
    rows.push_back(row(op, copied, {op + arguments}));
  }
  return rows;
}

}  // namespace torch_tensorrt::core::conversion::evaluators
