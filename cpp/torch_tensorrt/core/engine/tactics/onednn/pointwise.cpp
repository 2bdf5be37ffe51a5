#include <array>
#include <cmath>
#include <limits>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"
#include "torch_tensorrt/core/network/host/scalar_formulas.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {
namespace {

using network::ActivationType;
using network::ElementWiseOperation;
using network::IActivationLayer;
using network::IElementWiseLayer;

bool commutes(ElementWiseOperation operation) {
  return operation == ElementWiseOperation::kSUM || operation == ElementWiseOperation::kPROD;
}

// The operand without the last dimensions of the output that have size 1. oneDNN 3.2 reads a post-op's operand
// [1xCx1x1] of an output [NxCx1x1] as one number, and the operand [1xC] of [NxC] as it should.
dnnl::memory::desc without_last_units(const TensorDesc& operand, const network::Dims& out) {
  const auto padded = padded_desc(operand, out.nbDims);
  auto dims = padded.get_dims();
  auto strides = padded.get_strides();
  for (int32_t last = out.nbDims - 1; last > 1 && out.d[last] == 1; --last) {
    dims.pop_back();
    strides.pop_back();
  }
  return {dims, padded.get_data_type(), strides};
}

// oneDNN broadcasts only the second operand.
std::unique_ptr<Kernel> prepare_elementwise(const LayerInstance& instance) {
  const auto& layer = static_cast<const IElementWiseLayer&>(*instance.layer);
  const auto& out = instance.outputs[0];
  int32_t first = 0;
  if (instance.inputs[0].dims != out.dims && commutes(layer.getOperation())) first = 1;
  TORCHTRT_CHECK(instance.inputs[first].dims == out.dims, "the first operand is broadcast");
  const int32_t rank = out.dims.nbDims;
  TORCHTRT_CHECK(rank > 0, "the tensors are scalars");
  const auto describe = [&](const TensorDesc& operand, int32_t /*rank*/) {
    return without_last_units(operand, out.dims);
  };
  const dnnl::binary::primitive_desc desc(
      cpu_engine(), *to_binary(layer.getOperation()), without_last_units(instance.inputs[first], out.dims),
      without_last_units(instance.inputs[1 - first], out.dims), without_last_units(out, out.dims),
      with_epilogue(instance, 0, rank, describe));
  require_optimized(desc.impl_info_str());
  KernelBuilder builder;
  builder.input(DNNL_ARG_SRC_0, desc.src0_desc(), first);
  builder.input(DNNL_ARG_SRC_1, desc.src1_desc(), 1 - first);
  builder.output(DNNL_ARG_DST, desc.dst_desc());
  bind_epilogue(builder, instance, 0, rank, describe);
  return builder.build(dnnl::binary(desc), desc.scratchpad_desc());
}

// A dequantized tensor whose epilogue begins with a function of two operands.
std::unique_ptr<Kernel> prepare_integer_elementwise(const LayerInstance& instance) {
  const network::EpilogueOp& op = instance.layer->epilogue().front();
  const auto& out = instance.outputs[0];
  const auto& operand = instance.inputs[static_cast<size_t>(op.input)];
  const int32_t rank = out.dims.nbDims;
  TORCHTRT_CHECK(rank > 0, "the tensors are scalars");
  TORCHTRT_CHECK(instance.constants[1] != nullptr, "the scale is computed");
  const auto describe = [&](const TensorDesc& tensor, int32_t /*rank*/) {
    return without_last_units(tensor, out.dims);
  };
  auto attr = with_scaled_epilogue(instance, 1, rank, describe);
  attr.set_scales_mask(DNNL_ARG_SRC_0, 0);
  if (op.alpha != 0) attr.set_scales_mask(DNNL_ARG_SRC_1, 0);
  const dnnl::binary::primitive_desc desc(
      cpu_engine(), *to_binary(op.elementwise), without_last_units(instance.inputs[0], out.dims),
      without_last_units(operand, out.dims), without_last_units(out, out.dims), attr);
  require_optimized(desc.impl_info_str());
  KernelBuilder builder;
  builder.input(DNNL_ARG_SRC_0, desc.src0_desc(), 0);
  builder.input(DNNL_ARG_SRC_1, desc.src1_desc(), op.input);
  builder.output(DNNL_ARG_DST, desc.dst_desc());
  bind_number(builder, DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC_0, *static_cast<const float*>(instance.constants[1]));
  if (op.alpha != 0) bind_number(builder, DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC_1, static_cast<float>(op.alpha));
  bind_scaled_epilogue(builder, instance, 1, rank, describe);
  return builder.build(dnnl::binary(desc), desc.scratchpad_desc());
}

Decision supports_integer_elementwise(const network::ILayer& layer) {
  const auto& dequantize = static_cast<const network::IDequantizeLayer&>(layer);
  if (dequantize.getAxis() >= 0) return Decision::no("there are several scales");
  if (dequantize.getZeroPoint() != 0) return Decision::no("a zero point is not 0");
  const auto& epilogue = layer.epilogue();
  const bool is_binary = !epilogue.empty() && epilogue.front().kind == network::EpilogueOp::Kind::kElementWise;
  return is_binary ? Decision::yes() : Decision::no("the epilogue does not begin with a function of two operands");
}

Decision supports_elementwise(const network::ILayer& layer) {
  if (to_binary(static_cast<const IElementWiseLayer&>(layer).getOperation())) return Decision::yes();
  return Decision::no("oneDNN does not have this operation, or treats NaN differently from PyTorch");
}

// Runs the formula on NaN and on the infinities with a finite limit, and throws Error for another result than the
// formula's. Some kernels miss them: those for SVE with vectors of 512 bits return 1 for the tanh of NaN, and
// all for SVE 1.2e-38 for the sigmoid of minus infinity. Takes microseconds.
void require_special_values(const IActivationLayer& layer, const Eltwise& eltwise) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr std::array kSpecial = {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity};
  // More than a vector, which has 16 elements at most, and a rest.
  std::array<float, 49> x{};
  for (size_t i = 0; i < x.size(); ++i) x[i] = kSpecial[i % kSpecial.size()];
  std::array<float, x.size()> y{};
  const auto desc = plain_desc({static_cast<int64_t>(x.size())});
  dnnl::stream stream(cpu_engine());
  dnnl::eltwise_forward(
      {cpu_engine(), dnnl::prop_kind::forward_inference, eltwise.algorithm, desc, desc, eltwise.alpha, eltwise.beta})
      .execute(stream,
               {{DNNL_ARG_SRC, {desc, cpu_engine(), x.data()}}, {DNNL_ARG_DST, {desc, cpu_engine(), y.data()}}});
  stream.wait();
  for (size_t i = 0; i < x.size(); ++i) {
    const auto expected = static_cast<float>(
        network::apply_activation(layer.getActivationType(), x[i], layer.getAlpha(), layer.getBeta()));
    if (std::isinf(x[i]) && !std::isfinite(expected)) continue;
    const bool same = std::isnan(expected) ? std::isnan(y[i]) : y[i] == expected;
    TORCHTRT_CHECK(same, "oneDNN returns " << y[i] << " for " << x[i] << ", must be " << expected);
  }
}

std::unique_ptr<Kernel> prepare_activation(const LayerInstance& instance) {
  const auto& layer = static_cast<const IActivationLayer&>(*instance.layer);
  const auto eltwise = *to_eltwise(layer.getActivationType(), layer.getAlpha(), layer.getBeta());
  const dnnl::eltwise_forward::primitive_desc desc(cpu_engine(), dnnl::prop_kind::forward_inference, eltwise.algorithm,
                                                   to_desc(instance.inputs[0]), to_desc(instance.outputs[0]),
                                                   eltwise.alpha, eltwise.beta, attributes());
  require_optimized(desc.impl_info_str());
  require_special_values(layer, eltwise);
  KernelBuilder builder;
  builder.input(DNNL_ARG_SRC, desc.src_desc(), 0);
  builder.output(DNNL_ARG_DST, desc.dst_desc());
  return builder.build(dnnl::eltwise_forward(desc), desc.scratchpad_desc());
}

// oneDNN computes these with a plain maximum and minimum, which turn NaN into a bound.
bool loses_nan(ActivationType type) {
  return type == ActivationType::kRELU || type == ActivationType::kCLIP || type == ActivationType::kHARD_SIGMOID;
}

Decision supports_activation(const network::ILayer& layer) {
  const auto& activation = static_cast<const IActivationLayer&>(layer);
  if (loses_nan(activation.getActivationType())) return Decision::no("oneDNN returns a number for NaN");
  if (to_eltwise(activation.getActivationType(), activation.getAlpha(), activation.getBeta())) return Decision::yes();
  return Decision::no("oneDNN does not have this activation");
}

}  // namespace

std::unique_ptr<Tactic> make_elementwise() {
  return make_row_tactic({"onednn.elementwise", network::LayerType::kELEMENTWISE, /*only_linear=*/false,
                          /*in_place=*/false, supports_elementwise, prepare_elementwise});
}

std::unique_ptr<Tactic> make_integer_elementwise() {
  return make_row_tactic({"onednn.integer_elementwise", network::LayerType::kDEQUANTIZE, /*only_linear=*/false,
                          /*in_place=*/false, supports_integer_elementwise, prepare_integer_elementwise, check_scaled});
}

std::unique_ptr<Tactic> make_activation() {
  return make_row_tactic({"onednn.activation", network::LayerType::kACTIVATION, /*only_linear=*/false,
                          /*in_place=*/true, supports_activation, prepare_activation});
}

}  // namespace torch_tensorrt::engine::onednn
