#include "torch_tensorrt/core/backends/tensorrt/prepare/passes.h"

#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::backends::tensorrt {

namespace {

// TensorRT quantizes to i8 with zero point 0.
bool has_layer(const network::QuantizationBase& layer) {
  if (const auto* quantize = network::layer_cast<network::IQuantizeLayer>(&layer)) {
    return quantize->getToType() == network::DataType::kINT8 && quantize->getZeroPoint() == 0 &&
           quantize->low() == -128 && quantize->high() == 127;
  }
  return layer.getInput(0)->getType() == network::DataType::kINT8 && layer.getZeroPoint() == 0 &&
         layer.getInput(0)->producer()->getType() == network::LayerType::kQUANTIZE;
}

optimizer::Elements changes_of(const engine::BuildSettings& settings) {
  return settings.refit ? optimizer::Elements::kChange : optimizer::Elements::kStay;
}

}  // namespace

std::vector<optimizer::PipelineEntry> quantization_pipeline(const engine::BuildSettings& settings) {
  std::vector<optimizer::PipelineEntry> result;
  result.push_back({optimizer::make_remove_identities(changes_of(settings)), "the pattern does not look through them"});
  result.push_back(
      {optimizer::make_form_quantization(), "before quantization is expanded, which makes the same layers"});
  return result;
}

std::vector<optimizer::PipelineEntry> pipeline(const network::INetworkDefinition& network,
                                               const engine::BuildSettings& settings,
                                               const optimizer::TensorRanges& ranges) {
  namespace passes = optimizer;
  const bool quantizes = settings.enabled_precisions.count(network::DataType::kINT8) != 0;
  const bool may_compute = !settings.refit && !(quantizes && passes::has_quantization(network));
  const auto elements = changes_of(settings);
  std::vector<passes::PipelineEntry> result;
  const auto add = [&](std::unique_ptr<passes::Pass> pass, const char* reason) {
    result.push_back({std::move(pass), reason});
  };
  add(passes::make_remove_identities(elements), "the patterns below do not look through identities");
  add(passes::make_absorb_shape_inputs(), "sizes as attributes need no shape tensors");
  add(passes::make_merge_shuffles(), "chains of reshapes and transposes become one");
  add(passes::make_fold_transpose_into_matmul(), "TensorRT's product transposes for free");
  add(passes::make_expand_quantization([quantizes](const auto& layer) { return quantizes && has_layer(layer); }),
      "before folding: TensorRT has no such layers, or may not compute in int8");
  if (!settings.refit) {
    add(passes::make_constant_folding(), "TensorRT folds too, but translates every layer first");
  }
  if (may_compute) add(passes::make_resolve_selects(), "TensorRT 10.6 fails on some conditions that are constant");
  add(passes::make_remove_identities(elements), "merging, absorbing and folding leave layers without effect");
  if (may_compute) add(passes::make_common_subexpressions(), "after folding, which makes equal constants");
  add(passes::make_remove_dead_layers(), "unread layers need not be supported");
  if (may_compute) {
    add(passes::make_absorb_constant_weights(),
        "constant kernels become weights, which more of TensorRT's kernels take");
    add(passes::make_fold_padding_into_convolution(), "the convolution pads for free");
    add(passes::make_merge_scales(), "a batch norm and the scales after it become one scale");
    add(passes::make_fold_scale_into_convolution(), "a batch norm goes into the weights");
    add(passes::make_remove_dead_layers(), "operands that were folded away");
  }
  if (!ranges.empty()) {
    add(passes::make_form_activations(), "the names of the ranges are those of the fused layers");
    add(passes::make_fuse_convolution_epilogue(), "for the names, and because sums take quantized residuals");
    add(passes::make_fuse_matmul_epilogue(), "for the names");
    add(passes::make_fuse_elementwise_activation(), "for the names");
  }
  if (!ranges.empty() && quantizes) {
    add(passes::make_quantize_all(ranges, passes::QuantizedForm::kTensorRT), "last: folding would undo it");
    add(passes::make_remove_dead_layers(), "weights that have a quantized copy");
  }
  return result;
}

}  // namespace torch_tensorrt::backends::tensorrt
