#include <algorithm>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {
namespace {

using dnnl::memory;
using network::Dims;
using network::IPoolingLayer;
using network::IReduceLayer;
using network::PoolingType;
using network::ReduceOperation;

struct Window {
  memory::dims size;
  memory::dims stride;
  memory::dims dilation;  // counted from 0
  memory::dims pre;
  memory::dims post;
};

std::unique_ptr<Kernel> make_pool(const LayerInstance& instance, dnnl::algorithm algorithm, const memory::desc& in,
                                  const memory::desc& out, const Window& window) {
  const int32_t rank = instance.inputs[0].dims.nbDims;
  const dnnl::pooling_forward::primitive_desc desc(cpu_engine(), dnnl::prop_kind::forward_inference, algorithm, in, out,
                                                   window.stride, window.size, window.dilation, window.pre, window.post,
                                                   with_scaled_epilogue(instance, 0, rank, padded_desc));
  require_optimized(desc.impl_info_str());
  KernelBuilder builder;
  builder.input(DNNL_ARG_SRC, desc.src_desc(), 0);
  builder.output(DNNL_ARG_DST, desc.dst_desc());
  bind_scaled_epilogue(builder, instance, 0, rank, padded_desc);
  return builder.build(dnnl::pooling_forward(desc), desc.scratchpad_desc());
}

// Padding behind the input that makes oneDNN's output size the instance's: windows in ceil mode reach further.
memory::dims reached_padding(const Window& window, const Dims& in, const Dims& out) {
  memory::dims post;
  for (size_t i = 0; i < window.size.size(); ++i) {
    const int64_t extent = (window.size[i] - 1) * (window.dilation[i] + 1) + 1;
    post.push_back((out.d[i + 2] - 1) * window.stride[i] + extent - in.d[i + 2] - window.pre[i]);
  }
  return post;
}

dnnl::algorithm algorithm(const IPoolingLayer& layer) {
  if (layer.getPoolingType() == PoolingType::kMAX) return dnnl::algorithm::pooling_max;
  return layer.getAverageCountExcludesPadding() ? dnnl::algorithm::pooling_avg_exclude_padding
                                                : dnnl::algorithm::pooling_avg_include_padding;
}

std::unique_ptr<Kernel> prepare_pooling(const LayerInstance& instance) {
  const auto& layer = static_cast<const IPoolingLayer&>(*instance.layer);
  const auto& in = instance.inputs[0].dims;
  TORCHTRT_CHECK(in.nbDims == layer.getWindowSizeNd().nbDims + 2, "the input has no batch dimension");
  const Dims spatial(in.nbDims - 2, in.d + 2);
  Dims pre;
  Dims post;
  layer.resolved_padding(spatial, &pre, &post);
  Window window{to_dims(layer.getWindowSizeNd()), to_dims(layer.full_stride()), to_dims(layer.full_dilation()),
                to_dims(pre), to_dims(post)};
  for (auto& dilation : window.dilation) dilation -= 1;
  const auto reached = reached_padding(window, in, instance.outputs[0].dims);
  for (size_t i = 0; i < reached.size(); ++i) {
    // PyTorch does not count elements beyond the declared padding.
    const bool counted = algorithm(layer) == dnnl::algorithm::pooling_avg_include_padding;
    TORCHTRT_CHECK(!counted || reached[i] <= window.post[i], "the last window reaches past the padding");
    TORCHTRT_CHECK(window.pre[i] >= 0, "the padding is negative");
    // oneDNN requires padding smaller than the window.
    const int64_t extent = (window.size[i] - 1) * (window.dilation[i] + 1) + 1;
    TORCHTRT_CHECK(window.pre[i] < extent && reached[i] < extent, "the padding is as large as the window");
  }
  window.post = reached;
  return make_pool(instance, algorithm(layer), to_desc(instance.inputs[0]), to_desc(instance.outputs[0]), window);
}

// Of integers, an average has scales.
Decision check_average(const network::ILayer& layer, const DeviceTarget& device) {
  const auto& epilogue = layer.epilogue();
  if (!network::begins_with_dequantize(epilogue)) return check_movable(layer, device);
  const bool has_operand = std::any_of(epilogue.begin(), epilogue.end(), [](const network::EpilogueOp& op) {
    return op.kind == network::EpilogueOp::Kind::kElementWise;
  });
  return has_operand ? Decision::no("the epilogue has an operand") : check_scaled(layer, device);
}

Decision supports_pooling(const network::ILayer& layer) {
  const auto& pooling = static_cast<const IPoolingLayer&>(layer);
  const bool is_maximum = pooling.getPoolingType() == PoolingType::kMAX;
  if (is_maximum && is_byte(layer.getOutput(0)->getType())) return Decision::yes();
  if (pooling.getPoolingType() != PoolingType::kAVERAGE) return Decision::no("oneDNN's maximum loses NaN");
  if (pooling.getDivisor() != 0) return Decision::no("the average has a divisor of its own");
  return Decision::yes();
}

// The bits of all spatial axes.
uint32_t spatial_axes(int32_t rank) { return ((1U << rank) - 1U) & ~3U; }

Decision supports_reduction(const network::ILayer& layer) {
  const auto& reduce = static_cast<const IReduceLayer&>(layer);
  const int32_t rank = layer.getInput(0)->getDimensions().nbDims;
  if (reduce.getOperation() != ReduceOperation::kAVG || rank < 3 || rank > 5 ||
      reduce.getReduceAxes() != spatial_axes(rank)) {
    return Decision::no("the reduction is not an average over all spatial dimensions");
  }
  return Decision::yes();
}

std::unique_ptr<Kernel> prepare_reduction(const LayerInstance& instance) {
  const auto& in = instance.inputs[0];
  const size_t spatial = in.dims.nbDims - 2;
  const memory::dims size(in.dims.d + 2, in.dims.d + in.dims.nbDims);
  const Window window{size, memory::dims(spatial, 1), memory::dims(spatial, 0), memory::dims(spatial, 0),
                      memory::dims(spatial, 0)};
  // N, C, 1, ...: the same memory in any format.
  TensorDesc out{instance.outputs[0].dtype, in.dims, in.format};
  for (size_t i = 0; i < spatial; ++i) out.dims.d[i + 2] = 1;
  return make_pool(instance, dnnl::algorithm::pooling_avg_include_padding, to_desc(in), to_desc(out), window);
}

}  // namespace

std::unique_ptr<Tactic> make_pooling() {
  return make_row_tactic({"onednn.pooling", network::LayerType::kPOOLING, /*only_linear=*/false, /*in_place=*/false,
                          supports_pooling, prepare_pooling, check_average});
}

std::unique_ptr<Tactic> make_spatial_reduction() {
  return make_row_tactic({"onednn.spatial_reduction", network::LayerType::kREDUCE, /*only_linear=*/false,
                          /*in_place=*/false, supports_reduction, prepare_reduction, check_average});
}

}  // namespace torch_tensorrt::engine::onednn
