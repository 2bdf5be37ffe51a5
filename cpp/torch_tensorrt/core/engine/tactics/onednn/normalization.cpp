#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"
#include "torch_tensorrt/core/util/macros.h"

// Softmax and layer normalization.
namespace torch_tensorrt::engine::onednn {
namespace {

using dnnl::memory;
using network::INormalizationLayer;
using network::ISoftMaxLayer;

int32_t lowest_bit(uint32_t mask) {
  int32_t bit = 0;
  while (((mask >> bit) & 1U) == 0) ++bit;
  return bit;
}

Decision supports_softmax(const network::ILayer& layer) {
  if (static_cast<const ISoftMaxLayer&>(layer).getLog()) {
    return Decision::no("oneDNN's logarithm of softmax is off by 2e-6, ATen's is not");
  }
  if (layer.getOutput(0)->getType() == network::DataType::kHALF) {
    return Decision::no("oneDNN rounds the exponentials to f16 before their sum divides them");
  }
  return Decision::yes();
}

std::unique_ptr<Kernel> prepare_softmax(const LayerInstance& instance) {
  const auto& layer = static_cast<const ISoftMaxLayer&>(*instance.layer);
  const dnnl::softmax_forward::primitive_desc desc(
      cpu_engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::softmax_accurate, to_desc(instance.inputs[0]),
      to_desc(instance.outputs[0]), lowest_bit(layer.getAxes()), attributes());
  require_optimized(desc.impl_info_str());
  KernelBuilder builder;
  builder.input(DNNL_ARG_SRC, desc.src_desc(), 0);
  builder.output(DNNL_ARG_DST, desc.dst_desc());
  return builder.build(dnnl::softmax_forward(desc), desc.scratchpad_desc());
}

// oneDNN normalizes the last dimension only, with scale and shift of that size.
Decision supports_layer_norm(const network::ILayer& layer) {
  const auto& norm = static_cast<const INormalizationLayer&>(layer);
  const int32_t rank = layer.getInput(0)->getDimensions().nbDims;
  if (norm.getRms() || norm.getNbGroups() != 1 || rank < 2 || norm.getAxes() != 1U << (rank - 1)) {
    return Decision::no("the layer is not a layer norm of the last dimension");
  }
  if (!norm.getHasScale() || !norm.getHasBias()) return Decision::no("the scale or the bias is missing");
  for (int32_t i = 1; i <= 2; ++i) {
    if (layer.getInput(i)->getType() != network::DataType::kFLOAT)
      return Decision::no("the scale and the bias must be f32");
  }
  return Decision::yes();
}

bool is_row(const network::Dims& dims, int64_t width) {
  return dims.nbDims > 0 && dims.d[dims.nbDims - 1] == width && dims.volume() == width;
}

std::unique_ptr<Kernel> prepare_layer_norm(const LayerInstance& instance) {
  const auto& layer = static_cast<const INormalizationLayer&>(*instance.layer);
  const auto& dims = instance.inputs[0].dims;
  const int64_t width = dims.d[dims.nbDims - 1];
  TORCHTRT_CHECK(is_row(instance.inputs[1].dims, width) && is_row(instance.inputs[2].dims, width),
                 "scale and bias are not along the last dimension");
  const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
  const auto statistics = plain_desc(to_dims(network::Dims(dims.nbDims - 1, dims.d)));
  const dnnl::layer_normalization_forward::primitive_desc desc(
      cpu_engine(), dnnl::prop_kind::forward_inference, to_desc(instance.inputs[0]), to_desc(instance.outputs[0]),
      statistics, static_cast<float>(layer.getEpsilon()), flags, attributes());
  require_optimized(desc.impl_info_str());
  const auto row = plain_desc({width});
  KernelBuilder builder;
  builder.input(DNNL_ARG_SRC, desc.src_desc(), 0);
  builder.input(DNNL_ARG_SCALE, row, 1);
  builder.input(DNNL_ARG_SHIFT, row, 2);
  builder.output(DNNL_ARG_DST, desc.dst_desc());
  return builder.build(dnnl::layer_normalization_forward(desc), desc.scratchpad_desc());
}

}  // namespace

std::unique_ptr<Tactic> make_softmax() {
  return make_row_tactic({"onednn.softmax", network::LayerType::kSOFTMAX, /*only_linear=*/false, /*in_place=*/true,
                          supports_softmax, prepare_softmax});
}

std::unique_ptr<Tactic> make_layer_normalization() {
  return make_row_tactic({"onednn.layer_normalization", network::LayerType::kNORMALIZATION, /*only_linear=*/true,
                          /*in_place=*/true, supports_layer_norm, prepare_layer_norm});
}

}  // namespace torch_tensorrt::engine::onednn
