#include "onednn/library.h"

#include <cmath>
#include <limits>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/network/host/scalar_formulas.h"

namespace torch_tensorrt::engine::testing {
namespace {

using dnnl::memory;
using network::Dims;

constexpr auto kF32 = memory::data_type::f32;
constexpr auto kInference = dnnl::prop_kind::forward_inference;

const dnnl::engine& engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// Also the later ones on oneDNN's list, which a tactic does not look at.
template <typename PrimitiveDesc>
bool has_fast(PrimitiveDesc desc) {
  do {
    if (std::string(desc.impl_info_str()).find("ref") == std::string::npos) return true;
  } while (desc.next_impl());
  return false;
}

memory::desc channels_last(const memory::dims& dims) {
  memory::dims strides(dims.size());
  strides[1] = 1;
  memory::dim next = dims[1];
  for (size_t i = dims.size(); i-- > 2; next *= dims[i]) strides[i] = next;
  strides[0] = next;
  return {dims, kF32, strides};
}

dnnl::primitive_attr attributes(bool with_residual, const memory::desc& result) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops ops;
  if (with_residual) ops.append_binary(dnnl::algorithm::binary_add, result);
  attr.set_post_ops(ops);
  return attr;
}

memory::dims spatial(const ConvolutionRow& row, const Dims& dims, int64_t value) {
  memory::dims all(static_cast<size_t>(row.kernel.nbDims), value);
  for (int32_t i = 0; i < dims.nbDims; ++i) all[static_cast<size_t>(i)] = dims.d[i];
  return all;
}

template <typename Primitive>
bool has_fast_row(const ConvolutionRow& row, dnnl::algorithm algorithm, bool is_transposed, bool with_residual) {
  const auto stride = spatial(row, row.stride, 1);
  const auto pre = spatial(row, row.pre, 0);
  const auto post = spatial(row, row.post, 0);
  auto dilation = spatial(row, row.dilation, 1);
  for (auto& factor : dilation) factor -= 1;
  const memory::dims input(row.input.d, row.input.d + row.input.nbDims);
  memory::dims output{input[0], row.maps};
  memory::dims weights{row.maps / row.groups, input[1] / row.groups};
  if (row.groups > 1) weights.insert(weights.begin(), row.groups);
  for (size_t i = 0; i < stride.size(); ++i) {
    const int64_t window = (row.kernel.d[i] - 1) * (dilation[i] + 1) + 1;
    const int64_t padding = pre[i] + post[i];
    output.push_back(is_transposed ? (input[i + 2] - 1) * stride[i] + window - padding
                                   : (input[i + 2] + padding - window) / stride[i] + 1);
    weights.push_back(row.kernel.d[i]);
  }
  const auto result = channels_last(output);
  const memory::desc any(weights, kF32, memory::format_tag::any);
  const memory::desc bias = row.bias ? memory::desc({row.maps}, kF32, memory::format_tag::a) : memory::desc();
  return has_fast(typename Primitive::primitive_desc(engine(), kInference, algorithm, channels_last(input), any, bias,
                                                     result, stride, dilation, pre, post,
                                                     attributes(with_residual, result)));
}

dnnl::eltwise_forward::primitive_desc activation_desc(network::ActivationType type, float alpha, float beta,
                                                      const memory::desc& desc) {
  const auto eltwise = onednn::to_eltwise(type, alpha, beta).value();
  return {engine(), kInference, eltwise.algorithm, desc, desc, eltwise.alpha, eltwise.beta};
}

}  // namespace

bool has_fast_convolution(const ConvolutionRow& row, bool with_residual) {
  return has_fast_row<dnnl::convolution_forward>(row, dnnl::algorithm::convolution_direct, /*is_transposed=*/false,
                                                 with_residual);
}

bool has_fast_deconvolution(const ConvolutionRow& row) {
  return has_fast_row<dnnl::deconvolution_forward>(row, dnnl::algorithm::deconvolution_direct, /*is_transposed=*/true,
                                                   /*with_residual=*/false);
}

bool has_fast_softmax(const Dims& dims, int32_t axis, network::TensorFormat format) {
  const memory::dims sizes(dims.d, dims.d + dims.nbDims);
  const auto desc = format == network::TensorFormat::kHWC ? channels_last(sizes) : onednn::plain_desc(sizes);
  return has_fast(
      dnnl::softmax_forward::primitive_desc(engine(), kInference, dnnl::algorithm::softmax_accurate, desc, desc, axis));
}

bool has_fast_elementwise(bool with_residual) {
  const auto desc = channels_last({2, 16, 5, 6});
  return has_fast(dnnl::binary::primitive_desc(engine(), dnnl::algorithm::binary_add, desc, desc, desc,
                                               attributes(with_residual, desc)));
}

bool has_fast_activation(network::ActivationType type, float alpha, float beta) {
  return has_fast(activation_desc(type, alpha, beta, channels_last({2, 19, 5, 6})));
}

bool has_right_activation(network::ActivationType type, float alpha, float beta) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float special : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity}) {
    std::vector<float> x(40, special);
    std::vector<float> y(x.size());
    const memory::desc desc({static_cast<memory::dim>(x.size())}, kF32, memory::format_tag::a);
    dnnl::stream stream(engine());
    dnnl::eltwise_forward(activation_desc(type, alpha, beta, desc))
        .execute(stream,
                 {{DNNL_ARG_SRC, memory(desc, engine(), x.data())}, {DNNL_ARG_DST, memory(desc, engine(), y.data())}});
    stream.wait();
    const auto expected = static_cast<float>(network::apply_activation(type, special, alpha, beta));
    for (const float value : y) {
      if (std::isnan(special) && !std::isnan(value)) return false;
      if (std::isfinite(expected) && value != expected) return false;
    }
  }
  return true;
}

}  // namespace torch_tensorrt::engine::testing
