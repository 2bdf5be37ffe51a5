#include <ATen/ATen.h>
#include <ATen/Context.h>

#include <algorithm>
#include <optional>

#include "torch_tensorrt/core/engine/tactics/aten/convolution.h"
#include "torch_tensorrt/core/engine/tactics/aten/list.h"

// Convolutions of pictures on a GPU by operators that write into existing memory, or apply the epilogue themselves.
namespace torch_tensorrt::engine::aten {
namespace {

using network::ActivationType;
using network::Dims;
using network::EpilogueOp;
using network::IConvolutionLayer;
using network::TensorFormat;

const IConvolutionLayer& convolution_of(const LayerInstance& instance) {
  return static_cast<const IConvolutionLayer&>(*instance.layer);
}

Geometry geometry_at(const LayerInstance& instance) {
  return geometry_of(convolution_of(instance), sizes_of(instance.inputs[0].dims), sizes_of(instance.outputs[0].dims));
}

at::MemoryFormat memory_format(const TensorDesc& desc) {
  return desc.format == TensorFormat::kHWC ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

// Layers whose kernel and bias are constants of the dtype of the input.
Decision two_dimensional(const network::ILayer& layer) {
  const auto& convolution = static_cast<const IConvolutionLayer&>(layer);
  const network::DataType type = layer.getInput(0)->getType();
  if (convolution.spatial_rank() != 2) return Decision::no("convolves over 2 dimensions");
  if (!is_arithmetic_float(type)) return float_input(layer);
  if (convolution.getKernelWeights().count == 0) return Decision::no("takes constant kernels only");
  if (convolution.getKernelWeights().type != type) return Decision::no("takes kernels of the dtype of the input");
  return Decision::yes();
}

bool is_relu(const EpilogueOp& op) {
  return op.kind == EpilogueOp::Kind::kActivation && op.activation == ActivationType::kRELU;
}

bool is_sum(const EpilogueOp& op) {
  return op.kind == EpilogueOp::Kind::kElementWise && op.elementwise == network::ElementWiseOperation::kSUM;
}

Decision add_then_relu(const network::ILayer& layer) {
  const network::Epilogue& epilogue = layer.epilogue();
  const network::DataType type = layer.getInput(0)->getType();
  if (type != network::DataType::kHALF && type != network::DataType::kBF16) return Decision::no("takes f16 and bf16");
  if (epilogue.size() != 2 || !is_sum(epilogue[0]) || !is_relu(epilogue[1])) {
    return Decision::no("takes an epilogue that adds a tensor and applies ReLU");
  }
  return two_dimensional(layer);
}

// Both ends of each dimension have the same padding, and input and output have one format.
Decision is_plain(const LayerInstance& instance) {
  const Geometry geometry = geometry_at(instance);
  const bool is_negative =
      std::any_of(geometry.pre.d, geometry.pre.d + geometry.pre.nbDims, [](int64_t p) { return p < 0; });
  if (geometry.pre != geometry.post || is_negative) return Decision::no("takes the same padding at both ends only");
  if (instance.inputs[0].format != instance.outputs[0].format) return Decision::no("input and output differ in format");
  if (instance.inputs[0].view_strides) return Decision::no("takes dense inputs");
  if (instance.inputs[0].dims.volume() == 0) return Decision::no("takes no empty tensors");
  return Decision::yes();
}

Filter picture_filter(const Request& request, at::MemoryFormat format) {
  const auto& layer = request.layer<IConvolutionLayer>();
  const int64_t channels = request.input(0).size(1) / layer.getNbGroups();
  return filter_of(request, kernel_sizes(layer, layer.getNbOutputMaps(), channels), format);
}

Compute make_cudnn(Request& request) {
  const auto& layer = request.layer<IConvolutionLayer>();
  const at::MemoryFormat format = memory_format(request.instance().inputs[0]);
  const Filter filter = picture_filter(request, format);
  std::optional<at::Tensor> bias;
  if (filter.bias) bias = filter.bias->view({1, -1, 1, 1});
  return [x = request.input(0), kernel = filter.kernel, bias, geometry = geometry_at(request.instance()),
          groups = layer.getNbGroups(), out = request.output()]() mutable {
    const at::Context& context = at::globalContext();
    const bool deterministic = context.deterministicCuDNN() || context.deterministicAlgorithms();
    const bool tf32 = !at::NoTF32Guard::should_disable_tf32() && context.allowTF32CuDNN(at::Float32Op::CONV);
    at::cudnn_convolution_out(out, x, kernel, to_vector(geometry.pre), geometry.stride, geometry.dilation, groups,
                              context.benchmarkCuDNN(), deterministic, tf32);
    if (bias) out.add_(*bias);
  };
}

Decision add_then_relu_takes(const LayerInstance& instance) {
  const TensorDesc& out = instance.outputs[0];
  const TensorDesc& added = instance.inputs[static_cast<size_t>(instance.layer->epilogue()[0].input)];
  if (added.dims != out.dims || added.dtype != out.dtype || added.format != out.format || added.view_strides) {
    return Decision::no("adds tensors like its output only");
  }
  return is_plain(instance);
}

Compute make_cudnn_add_relu(Request& request) {
  const auto& layer = request.layer<IConvolutionLayer>();
  const at::MemoryFormat format = memory_format(request.instance().inputs[0]);
  Filter filter = picture_filter(request, format);
  const at::Tensor x = request.input(0);
  // Without a bias, the operator would make one of zeros at every call.
  if (!filter.bias) filter.bias = at::zeros({layer.getNbOutputMaps()}, x.options());
  request.fuse_epilogue(2);
  return [x, filter, added = request.input(layer.epilogue()[0].input), geometry = geometry_at(request.instance()),
          groups = layer.getNbGroups(), take = request.result_taker()] {
    take(at::cudnn_convolution_add_relu(x, filter.kernel, added, 1.0, filter.bias, geometry.stride,
                                        to_vector(geometry.pre), geometry.dilation, groups));
  };
}

// Each place of the picture is a row of channels: a product of matrices.
Decision is_pointwise(const network::ILayer& layer) {
  const auto& convolution = static_cast<const IConvolutionLayer&>(layer);
  if (auto decision = two_dimensional(layer); !decision) return decision;
  const Dims& kernel = convolution.getKernelSizeNd();
  const Dims stride = convolution.full_stride();
  if (kernel.d[0] != 1 || kernel.d[1] != 1 || stride.d[0] != 1 || stride.d[1] != 1 || convolution.getNbGroups() != 1) {
    return Decision::no("takes kernels of 1 x 1 with stride 1 in one group");
  }
  return Decision::yes();
}

Decision is_pointwise_instance(const LayerInstance& instance) {
  if (auto decision = is_plain(instance); !decision) return decision;
  if (instance.inputs[0].format != TensorFormat::kHWC) return Decision::no("takes the format hwc");
  const Dims& in = instance.inputs[0].dims;
  const Dims& out = instance.outputs[0].dims;
  return in.d[2] == out.d[2] && in.d[3] == out.d[3] ? Decision::yes() : Decision::no("takes no padding");
}

at::Tensor places_of(const at::Tensor& picture) { return picture.permute({0, 2, 3, 1}).view({-1, picture.size(1)}); }

Compute make_pointwise(Request& request) {
  const auto& layer = request.layer<IConvolutionLayer>();
  const at::Tensor x = places_of(request.input(0));
  at::Tensor out = places_of(request.output());
  const Filter filter = picture_filter(request, at::MemoryFormat::Contiguous);
  const at::Tensor kernel = filter.kernel.view({layer.getNbOutputMaps(), -1}).t();
  if (!filter.bias) return [x, kernel, out]() mutable { at::mm_out(out, x, kernel); };
  const bool has_relu = !layer.epilogue().empty() && is_relu(layer.epilogue()[0]);
  if (has_relu) request.fuse_epilogue(1);
  return [x, kernel, bias = *filter.bias, out, has_relu]() mutable {
    if (has_relu) {
      at::_addmm_activation_out(out, bias, x, kernel);
    } else {
      at::addmm_out(out, bias, x, kernel);
    }
  };
}

Decision is_depthwise(const network::ILayer& layer) {
  const auto& convolution = static_cast<const IConvolutionLayer&>(layer);
  if (auto decision = two_dimensional(layer); !decision) return decision;
  const bool one_channel_each = layer.getInput(0)->getDimensions().d[1] == convolution.getNbGroups();
  if (!one_channel_each || convolution.getNbGroups() == 1) return Decision::no("takes a group for each channel");
  return Decision::yes();
}

Decision is_depthwise_instance(const LayerInstance& instance) {
  if (instance.inputs[0].format != TensorFormat::kLINEAR) return Decision::no("takes the format linear");
  return is_plain(instance);
}

Compute make_depthwise(Request& request) {
  const auto& layer = request.layer<IConvolutionLayer>();
  const Filter filter = picture_filter(request, at::MemoryFormat::Contiguous);
  return [x = request.input(0), filter, sizes = to_vector(layer.getKernelSizeNd()),
          geometry = geometry_at(request.instance()), out = request.output()]() mutable {
    at::_conv_depthwise2d_out(out, x, filter.kernel, sizes, filter.bias, geometry.stride, to_vector(geometry.pre),
                              geometry.dilation);
  };
}

Row gpu_row(const char* name, Decision (*supports)(const network::ILayer&), Compute (*make)(Request&),
            Decision (*takes)(const LayerInstance&)) {
  return {name, network::LayerType::kCONVOLUTION, supports, make, /*in_place=*/false, takes, /*gpu_only=*/true};
}

}  // namespace

const Row kCudnnConvolutionRow = gpu_row("aten.cudnn_convolution", two_dimensional, make_cudnn, is_plain);
const Row kCudnnConvolutionAddReluRow =
    gpu_row("aten.cudnn_convolution_add_relu", add_then_relu, make_cudnn_add_relu, add_then_relu_takes);
const Row kPointwiseConvolutionRow =
    gpu_row("aten.pointwise_convolution", is_pointwise, make_pointwise, is_pointwise_instance);
const Row kDepthwiseConvolutionRow =
    gpu_row("aten.depthwise_convolution", is_depthwise, make_depthwise, is_depthwise_instance);

}  // namespace torch_tensorrt::engine::aten
