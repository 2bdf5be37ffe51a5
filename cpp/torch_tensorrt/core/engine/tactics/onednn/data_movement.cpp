#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"
#include "torch_tensorrt/core/util/macros.h"

// Reorders, concatenation and resizing.
namespace torch_tensorrt::engine::onednn {
namespace {

using dnnl::memory;
using network::IConcatenationLayer;
using network::InterpolationMode;
using network::IResizeLayer;

std::unique_ptr<Kernel> prepare_reorder(const LayerInstance& instance) {
  const auto in = to_desc(instance.inputs[0]);
  const auto out = to_desc(instance.outputs[0]);
  const dnnl::reorder::primitive_desc desc(cpu_engine(), in, cpu_engine(), out, attributes());
  KernelBuilder builder;
  builder.input(DNNL_ARG_FROM, in, 0);
  builder.output(DNNL_ARG_TO, out);
  return builder.build(dnnl::reorder(desc), desc.scratchpad_desc());
}

std::unique_ptr<Kernel> prepare_concatenation(const LayerInstance& instance) {
  const auto& layer = static_cast<const IConcatenationLayer&>(*instance.layer);
  std::vector<memory::desc> inputs;
  for (const auto& input : instance.inputs) inputs.push_back(to_desc(input));
  const dnnl::concat::primitive_desc desc(cpu_engine(), to_desc(instance.outputs[0]), layer.getAxis(), inputs,
                                          attributes());
  require_optimized(desc.impl_info_str());
  KernelBuilder builder;
  for (size_t i = 0; i < inputs.size(); ++i) {
    builder.input(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), inputs[i], static_cast<int32_t>(i));
  }
  builder.output(DNNL_ARG_DST, desc.dst_desc());
  return builder.build(dnnl::concat(desc), desc.scratchpad_desc());
}

// ---- quantization --------------------------------------------------------------------------------------------------

const network::QuantizationBase& quantization(const network::ILayer& layer) {
  return static_cast<const network::QuantizationBase&>(layer);
}

Decision check_quantization(const network::ILayer& layer, const DeviceTarget& device) {
  if (!device.is_cpu()) return Decision::no("oneDNN runs on CPUs here");
  if (!layer.epilogue().empty()) return Decision::no("computes more than a copy");
  for (const auto* tensor : {layer.getInput(0), layer.getOutput(0)}) {
    const auto type = tensor->getType();
    if (type != network::DataType::kFLOAT && !is_byte(type)) return Decision::no("a tensor is neither f32, i8 nor u8");
  }
  if (quantization(layer).getAxis() >= 0) return Decision::no("there are several scales");
  const auto* quantize = network::layer_cast<network::IQuantizeLayer>(&layer);
  const bool is_whole =
      quantize == nullptr || (quantize->low() == network::IQuantizeLayer::lowest(quantize->getToType()) &&
                              quantize->high() == network::IQuantizeLayer::highest(quantize->getToType()));
  if (!is_whole) return Decision::no("the range is a part of the dtype's");
  // Rounding a sum with the zero point takes ties to another side than a sum with the rounded number.
  const bool adds = quantize != nullptr && quantize->getZeroPoint() != 0;
  return adds ? Decision::no("oneDNN adds the zero point before it rounds") : Decision::yes();
}

// A copy into another dtype: the input is multiplied by a factor.
std::unique_ptr<Kernel> prepare_quantization(const LayerInstance& instance) {
  const auto in = to_desc(instance.inputs[0]);
  const auto out = to_desc(instance.outputs[0]);
  TORCHTRT_CHECK(instance.constants[1] != nullptr, "the scale is computed");
  const float scale = *static_cast<const float*>(instance.constants[1]);
  const int64_t zero = quantization(*instance.layer).getZeroPoint();
  const bool quantizes = instance.layer->getType() == network::LayerType::kQUANTIZE;
  auto attr = attributes();
  attr.set_scales_mask(DNNL_ARG_FROM, 0);
  const int zero_argument = quantizes ? DNNL_ARG_TO : DNNL_ARG_FROM;
  if (zero != 0) attr.set_zero_points_mask(zero_argument, 0);
  const dnnl::reorder::primitive_desc desc(cpu_engine(), in, cpu_engine(), out, attr);
  require_optimized(desc.impl_info_str());
  KernelBuilder builder;
  builder.input(DNNL_ARG_FROM, in, 0);
  builder.output(DNNL_ARG_TO, out);
  bind_number(builder, DNNL_ARG_ATTR_SCALES | DNNL_ARG_FROM, quantizes ? 1.0F / scale : scale);
  if (zero != 0) bind_number(builder, DNNL_ARG_ATTR_ZERO_POINTS | zero_argument, static_cast<int32_t>(zero));
  return builder.build(dnnl::reorder(desc), desc.scratchpad_desc());
}

// ---- resizing ------------------------------------------------------------------------------------------------------

// oneDNN's linear interpolation is half_pixel with the ratio of the sizes; its nearest rounds half pixels, unlike ours.
Decision supports_resize(const network::ILayer& layer) {
  const auto& resize = static_cast<const IResizeLayer&>(layer);
  const bool half_pixel = resize.getCoordinateTransformation() == network::ResizeCoordinateTransformation::kHALF_PIXEL;
  if (resize.getResizeMode() != InterpolationMode::kLINEAR || !half_pixel) {
    return Decision::no("the interpolation is not linear with half-pixel coordinates");
  }
  if (resize.getSelectorForSinglePixel() != network::ResizeSelector::kFORMULA) {
    return Decision::no("coordinates of a single pixel follow a rule that oneDNN does not have");
  }
  if (!resize.scales().empty() || resize.getAntialias())
    return Decision::no("oneDNN has no antialiasing, and no factors other than the ratio of the sizes");
  return Decision::yes();
}

std::unique_ptr<Kernel> prepare_resize(const LayerInstance& instance) {
  const auto& in = instance.inputs[0].dims;
  const auto& out = instance.outputs[0].dims;
  TORCHTRT_CHECK(in.nbDims >= 3 && in.d[0] == out.d[0] && in.d[1] == out.d[1], "batch or channels are resized");
  const dnnl::resampling_forward::primitive_desc desc(cpu_engine(), dnnl::prop_kind::forward_inference,
                                                      dnnl::algorithm::resampling_linear, to_desc(instance.inputs[0]),
                                                      to_desc(instance.outputs[0]), attributes());
  require_optimized(desc.impl_info_str());
  KernelBuilder builder;
  builder.input(DNNL_ARG_SRC, desc.src_desc(), 0);
  builder.output(DNNL_ARG_DST, desc.dst_desc());
  return builder.build(dnnl::resampling_forward(desc), desc.scratchpad_desc());
}

}  // namespace

std::unique_ptr<Tactic> make_reorder() {
  return make_row_tactic({"onednn.reorder", network::LayerType::kREFORMAT, /*only_linear=*/false, /*in_place=*/false,
                          nullptr, prepare_reorder, check_movable});
}

std::unique_ptr<Tactic> make_quantize() {
  return make_row_tactic({"onednn.quantize", network::LayerType::kQUANTIZE, /*only_linear=*/false, /*in_place=*/false,
                          nullptr, prepare_quantization, check_quantization});
}

std::unique_ptr<Tactic> make_dequantize() {
  return make_row_tactic({"onednn.dequantize", network::LayerType::kDEQUANTIZE, /*only_linear=*/false,
                          /*in_place=*/false, nullptr, prepare_quantization, check_quantization});
}

std::unique_ptr<Tactic> make_concatenation() {
  return make_row_tactic({"onednn.concatenation", network::LayerType::kCONCATENATION, /*only_linear=*/false,
                          /*in_place=*/false, nullptr, prepare_concatenation, check_movable});
}

std::unique_ptr<Tactic> make_resize() {
  return make_row_tactic({"onednn.resize", network::LayerType::kRESIZE, /*only_linear=*/false, /*in_place=*/false,
                          supports_resize, prepare_resize});
}

}  // namespace torch_tensorrt::engine::onednn
