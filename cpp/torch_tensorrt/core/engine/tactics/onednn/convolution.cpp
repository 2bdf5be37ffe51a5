#include "torch_tensorrt/core/engine/tactics/onednn/convolution.h"

#include <optional>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/packed_weights.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {

using dnnl::memory;
using network::ConvolutionBase;
using network::Dims;
using network::LayerType;

Decision check_constant_weights(const ConvolutionBase& layer) {
  if (layer.getKernelWeights().count == 0 || layer.own_input_count() > 1) {
    return Decision::no("the kernel or the bias is computed, both must be constant");
  }
  return Decision::yes();
}

double direct_operations(const LayerInstance& instance) {
  const auto& layer = static_cast<const ConvolutionBase&>(*instance.layer);
  const double taps = static_cast<double>(layer.getKernelSizeNd().volume()) *
                      static_cast<double>(instance.inputs[0].dims.d[1] / layer.getNbGroups());
  const bool transposed = layer.getType() == LayerType::kDECONVOLUTION;
  const auto& dims = transposed ? instance.inputs[0].dims : instance.outputs[0].dims;
  return 2.0 * taps * static_cast<double>(dims.volume());
}

namespace {

// Spatial attributes at the instance's dims, in oneDNN's convention (no dilation is 0).
struct Geometry {
  memory::dims stride;
  memory::dims dilation;
  memory::dims pre;
  memory::dims post;
};

Geometry geometry(const ConvolutionBase& layer, const Dims& input) {
  const Dims spatial(input.nbDims - 2, input.d + 2);
  Dims pre;
  Dims post;
  layer.resolved_padding(spatial, &pre, &post);
  Geometry out{to_dims(layer.full_stride()), to_dims(layer.full_dilation()), to_dims(pre), to_dims(post)};
  for (auto& dilation : out.dilation) dilation -= 1;
  return out;
}

// M, C / g, k... or, for g groups, g, M / g, C / g, k... (deconvolution: input and output maps swapped in memory).
memory::dims weight_dims(const ConvolutionBase& layer, int64_t in_channels) {
  const int64_t groups = layer.getNbGroups();
  memory::dims dims = {layer.getNbOutputMaps() / groups, in_channels / groups};
  if (groups > 1) dims.insert(dims.begin(), groups);
  const auto kernel = to_dims(layer.getKernelSizeNd());
  dims.insert(dims.end(), kernel.begin(), kernel.end());
  return dims;
}

// Layout of the kernel in the network: row-major, for deconvolutions with the input maps first.
memory::desc plain_weights(const ConvolutionBase& layer, const memory::dims& dims) {
  const auto type = to_type(layer.getKernelWeights().type);
  if (layer.getType() == LayerType::kCONVOLUTION) return plain_desc(dims, type);
  const size_t out = layer.getNbGroups() > 1 ? 1 : 0;
  memory::dims stored = dims;
  std::swap(stored[out], stored[out + 1]);
  auto strides = plain_desc(stored).get_strides();
  std::swap(strides[out], strides[out + 1]);
  return {dims, type, strides};
}

// The number of the first operations of the epilogue that are no post-ops: a quantized layer's scale, and its bias, a
// constant for each output map.
size_t quantized_head(const LayerInstance& instance) {
  const auto& epilogue = instance.layer->epilogue();
  if (!network::begins_with_dequantize(epilogue)) return 0;
  if (epilogue.size() < 2 || epilogue[1].kind != network::EpilogueOp::Kind::kElementWise) return 1;
  const auto input = static_cast<size_t>(epilogue[1].input);
  const bool adds = epilogue[1].elementwise == network::ElementWiseOperation::kSUM && epilogue[1].alpha == 0;
  const auto& dims = instance.inputs[input].dims;
  const int32_t channels = dims.nbDims - instance.inputs[0].dims.nbDims + 1;  // their place in the operand
  const bool is_row =
      channels >= 0 && dims.d[channels] == dims.volume() && dims.volume() == instance.outputs[0].dims.d[1];
  return adds && is_row && instance.constants[input] != nullptr ? 2 : 1;
}

memory::desc plain_bias(const ConvolutionBase& layer) {
  return plain_desc({layer.getNbOutputMaps()}, to_type(layer.getBiasWeights().type));
}

template <typename Primitive>
typename Primitive::primitive_desc describe(const LayerInstance& instance, dnnl::algorithm algorithm,
                                            int32_t summed = -1) {
  const auto& layer = static_cast<const ConvolutionBase&>(*instance.layer);
  const auto& input = instance.inputs[0];
  const auto g = geometry(layer, input.dims);
  const memory::desc weights(weight_dims(layer, input.dims.d[1]), to_type(layer.getKernelWeights().type),
                             memory::format_tag::any);
  const size_t head = quantized_head(instance);
  const int scale_mask = layer.getNbGroups() > 1 ? 3 : 1;
  const auto attr = with_epilogue(instance, head, input.dims.nbDims, padded_desc, scale_mask, summed);
  const auto output = to_desc(instance.outputs[0]);
  constexpr auto kInference = dnnl::prop_kind::forward_inference;
  if (layer.getBiasWeights().count == 0 && head < 2) {
    return {cpu_engine(), kInference, algorithm, to_desc(input), weights, output,
            g.stride,     g.dilation, g.pre,     g.post,         attr};
  }
  const auto bias = head == 2 ? plain_desc({layer.getNbOutputMaps()}) : plain_bias(layer);
  return {cpu_engine(), kInference, algorithm,  to_desc(input), weights, bias,
          output,       g.stride,   g.dilation, g.pre,          g.post,  attr};
}

// Channels of the input, from the number of kernel elements: M * (C / g) * k... or C * (M / g) * k...
int64_t input_channels(const ConvolutionBase& layer) {
  const int64_t per_channel = layer.getNbOutputMaps() / layer.getNbGroups() * layer.getKernelSizeNd().volume();
  return layer.getKernelWeights().count / per_channel;
}

template <typename Primitive>
class ConvolutionTactic final : public PackingTactic {
 public:
  ConvolutionTactic(const char* name, LayerType kind, dnnl::algorithm algorithm)
      : name_(name), kind_(kind), algorithm_(algorithm) {}

  const char* name() const override { return name_; }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    if (layer.getType() != kind_) return Decision::no("another kind of layer");
    const auto& convolution = static_cast<const ConvolutionBase&>(layer);
    if (const auto weights = check_constant_weights(convolution); !weights) return weights;
    const bool is_quantized = network::begins_with_dequantize(layer.epilogue());
    const auto basics = is_quantized ? check_quantized(layer, device) : check_basics(layer, device);
    return basics ? check_epilogue(layer) : basics;
  }

  bool takes_format(const network::ILayer&, network::TensorFormat format) const override {
    return is_plain_or_hwc(format);
  }

  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    const auto formats = check_formats(instance);
    if (!formats) return formats;
    try {
      auto all = implementations_of(describe<Primitive>(instance, algorithm_), *instance.layer,
                                    roofline_microseconds(instance, direct_operations(instance)));
      return all ? Implementations(with_sums(instance, all.all())) : all;
    } catch (const dnnl::error& error) {
      return declined(error);
    }
  }

  bool packs_weights(const LayerInstance&) const override { return true; }

  void unpack_weights(const network::ILayer& layer, const std::string& role, const WeightBlock& from,
                      void* to) const override {
    const auto& convolution = static_cast<const ConvolutionBase&>(layer);
    const bool is_kernel = role == "kernel";
    const auto plain = is_kernel ? plain_weights(convolution, weight_dims(convolution, input_channels(convolution)))
                                 : plain_bias(convolution);
    unpack(from, weight_key(layer_index(layer), role.c_str()), plain, to);
  }

  std::unique_ptr<Kernel> prepare(const Implementation& implementation, const LayerInstance& instance,
                                  WeightStore& weights, const DeviceTarget&) const override {
    const auto& layer = static_cast<const ConvolutionBase&>(*instance.layer);
    const Desc desc = find(instance, implementation.config);
    const int32_t index = layer_index(layer);
    const auto plain = plain_weights(layer, weight_dims(layer, instance.inputs[0].dims.d[1]));
    const PackedWeights kernel = pack(weights, weight_key(index, "kernel"), plain, desc.weights_desc());
    const void* bias = nullptr;
    if (layer.getBiasWeights().count != 0) {
      bias = pack(weights, weight_key(index, "bias"), plain_bias(layer), plain_bias(layer)).data;
    }
    const auto make = [&](const Desc& primitive, int32_t summed) {
      KernelBuilder builder;
      builder.input(DNNL_ARG_SRC, primitive.src_desc(), 0);
      builder.fixed(DNNL_ARG_WEIGHTS, primitive.weights_desc(), kernel.data, kernel.owner);
      if (bias != nullptr) builder.fixed(DNNL_ARG_BIAS, plain_bias(layer), bias);
      builder.output(DNNL_ARG_DST, primitive.dst_desc());
      const size_t head = quantized_head(instance);
      if (head == 2) builder.input(DNNL_ARG_BIAS, primitive.bias_desc(), layer.epilogue()[1].input);
      bind_epilogue(builder, instance, head, instance.inputs[0].dims.nbDims, padded_desc, summed);
      return builder.build(Primitive(primitive), primitive.scratchpad_desc());
    };
    const int32_t summed = implementation.in_place_input;
    if (summed < 0) return make(desc, summed);
    const auto over = find_over(instance, desc, summed);
    TORCHTRT_CHECK(over, desc.impl_info_str() << " cannot add to its output");
    return make_summing_kernel(make(desc, -1), make(*over, summed), summed);
  }

 private:
  using Desc = typename Primitive::primitive_desc;

  Desc find(const LayerInstance& instance, const std::string& config) const {
    return in_implementation<Desc>([&] { return describe<Primitive>(instance, algorithm_); }, config);
  }

  // The primitive that writes its result over input `summed`, in the same implementation and with the same weights.
  std::optional<Desc> find_over(const LayerInstance& instance, const Desc& apart, int32_t summed) const {
    try {
      Desc desc = describe<Primitive>(instance, algorithm_, summed);
      const std::string wanted = apart.impl_info_str();
      do {
        if (desc.impl_info_str() == wanted && desc.weights_desc() == apart.weights_desc()) return desc;
      } while (desc.next_impl());
    } catch (const dnnl::error& error) {
      declined(error);  // only if memory is left
    }
    return std::nullopt;
  }

  std::vector<Implementation> with_sums(const LayerInstance& instance, std::vector<Implementation> all) const {
    const int32_t summed = summed_input(instance, quantized_head(instance));
    if (summed < 0) return all;
    for (Implementation& one : all) {
      if (find_over(instance, find(instance, one.config), summed)) one.in_place_input = summed;
    }
    return all;
  }

  const char* name_;
  LayerType kind_;
  dnnl::algorithm algorithm_;
};

}  // namespace

std::unique_ptr<Tactic> make_convolution() {
  return std::make_unique<ConvolutionTactic<dnnl::convolution_forward>>("onednn.convolution", LayerType::kCONVOLUTION,
                                                                        dnnl::algorithm::convolution_direct);
}

std::unique_ptr<Tactic> make_deconvolution() {
  return std::make_unique<ConvolutionTactic<dnnl::deconvolution_forward>>(
      "onednn.deconvolution", LayerType::kDECONVOLUTION, dnnl::algorithm::deconvolution_direct);
}

}  // namespace torch_tensorrt::engine::onednn
