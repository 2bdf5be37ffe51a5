#include "torch_tensorrt/core/engine/tactics/onednn/list.h"

namespace torch_tensorrt::engine {

void register_onednn_tactics(TacticRegistry& registry) {
  registry.add(onednn::make_convolution());
  registry.add(onednn::make_winograd_convolution());
  registry.add(onednn::make_deconvolution());
  registry.add(onednn::make_matmul());
  registry.add(onednn::make_inner_product());
  registry.add(onednn::make_product_convolution());
  registry.add(onednn::make_max_pooling());
  registry.add(onednn::make_pooling());
  registry.add(onednn::make_spatial_reduction());
  registry.add(onednn::make_elementwise());
  registry.add(onednn::make_activation());
  registry.add(onednn::make_softmax());
  registry.add(onednn::make_layer_normalization());
  registry.add(onednn::make_resize());
  registry.add(onednn::make_concatenation());
  registry.add(onednn::make_reorder());
  registry.add(onednn::make_quantize());
  registry.add(onednn::make_dequantize());
  registry.add(onednn::make_integer_elementwise());
  registry.add(onednn::make_recurrent());
  registry.add(onednn::make_recurrent_steps());
}

}  // namespace torch_tensorrt::engine
