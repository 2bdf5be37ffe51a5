#include <cmath>

#include "conformance/bounds.h"
#include "conformance/case.h"

// Compares with PyTorch's convolution in float64.
namespace torch_tensorrt::conformance {
namespace {

using network::ActivationType;
using network::ConvolutionBase;
using network::ElementWiseOperation;
using network::EpilogueOp;
using network::PaddingMode;

constexpr const char* kSums =
    "sums of up to 150 products, added in another order: far below the bound of one rounding a product";

struct Conv {
  DataType dtype = DataType::kFLOAT;
  std::vector<int64_t> input;
  int64_t maps = 1;
  std::vector<int64_t> kernel;
  std::vector<int64_t> stride = {};
  std::vector<int64_t> dilation = {};
  std::vector<int64_t> pre = {};
  std::vector<int64_t> post = {};
  int64_t groups = 1;
  bool bias = true;
  PaddingMode mode = PaddingMode::kEXPLICIT_ROUND_DOWN;
};

std::vector<int64_t> filled(const std::vector<int64_t>& given, size_t rank, int64_t value) {
  return given.empty() ? std::vector<int64_t>(rank, value) : given;
}

void set_attributes(ConvolutionBase& layer, const Conv& conv) {
  layer.setStrideNd(Dims(conv.stride));
  layer.setDilationNd(Dims(conv.dilation));
  layer.setPrePadding(Dims(conv.pre));
  layer.setPostPadding(Dims(conv.post.empty() ? conv.pre : conv.post));
  layer.setNbGroups(conv.groups);
  layer.setPaddingMode(conv.mode);
}

struct Weights {
  at::Tensor kernel;
  at::Tensor bias;  // undefined if there is none
};

Weights make_weights(const Conv& conv, bool transposed) {
  const int64_t channels = conv.input[1];
  std::vector<int64_t> sizes = transposed ? std::vector<int64_t>{channels, conv.maps / conv.groups}
                                          : std::vector<int64_t>{conv.maps, channels / conv.groups};
  sizes.insert(sizes.end(), conv.kernel.begin(), conv.kernel.end());
  Weights weights;
  weights.kernel = random_tensor({conv.dtype, sizes}, 101);
  if (conv.bias) weights.bias = random_tensor({conv.dtype, {conv.maps}}, 102);
  return weights;
}

// Bound for sums of K products of elements from N(0, 1), against float64. Rounding errors of sums grow as sqrt(K) times
// the sum of the products' magnitudes (Higham and Mary, 2019), here 2K/pi: u * lambda * 0.64 * K * sqrt(K), exceeded
// with probability 2 exp(-lambda^2 / 2). 16 u sqrt(K) is that bound with lambda = 25 / K: from K = 9 on it is as tight
// as lambda = 2.8, far tighter for most rows, and a missing product (about 1) is a hundred thousand times as large.
Tolerance tolerance_of(const Conv& conv) {
  double products = static_cast<double>(conv.input[1] / conv.groups);
  for (const int64_t size : conv.kernel) products *= static_cast<double>(size);
  Tolerance tolerance = rounding(conv.dtype, 16, kSums);
  tolerance.scale_absolute(std::sqrt(products));
  return tolerance;
}

network::Weights own_or_none(INetworkDefinition& network, const at::Tensor& tensor) {
  return tensor.defined() ? weights_of(network, tensor) : network::Weights{};
}

std::optional<at::Tensor> wide(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional<at::Tensor>(tensor.to(at::kDouble)) : std::nullopt;
}

// Pads explicitly, so that every padding is handled in one way.
at::Tensor reference(const Conv& conv, const Weights& weights, const at::Tensor& x, const std::vector<int64_t>& pre,
                     const std::vector<int64_t>& post) {
  const size_t rank = conv.kernel.size();
  std::vector<int64_t> amounts;
  for (size_t i = rank; i-- > 0;) {
    amounts.push_back(pre[i]);
    amounts.push_back(post[i]);
  }
  const std::vector<int64_t> none(rank, 0);
  return at::convolution(at::constant_pad_nd(x, amounts), weights.kernel.to(at::kDouble), wide(weights.bias),
                         filled(conv.stride, rank, 1), none, filled(conv.dilation, rank, 1), false, none, conv.groups);
}

Conv with_type(Conv conv, DataType type) {
  conv.dtype = type;
  return conv;
}

Case convolution(const std::string& name, const Conv& conv) {
  const Weights weights = make_weights(conv, /*transposed=*/false);
  const auto pre = filled(conv.pre, conv.kernel.size(), 0);
  const auto post = conv.post.empty() ? pre : conv.post;
  Case row{"convolution_" + name,
           {{conv.dtype, conv.input}},
           [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
             auto* layer =
                 network.addConvolutionNd(*in[0], conv.maps, Dims(conv.kernel), weights_of(network, weights.kernel),
                                          own_or_none(network, weights.bias));
             set_attributes(*layer, conv);
             return layer;
           },
           [=](const std::vector<at::Tensor>& in) { return reference(conv, weights, in[0], pre, post); },
           conv.dtype,
           tolerance_of(conv)};
  row.in_format = [=](DataType type) { return convolution(name, with_type(conv, type)); };
  return row;
}

// The row gives the paddings that result from kSAME_* or from rounding up.
Case resolved(const std::string& name, Conv conv, PaddingMode mode, const std::vector<int64_t>& pre,
              const std::vector<int64_t>& post) {
  conv.mode = mode;
  Case row = convolution(name, conv);
  const Weights weights = make_weights(conv, /*transposed=*/false);
  row.oracle = [=](const std::vector<at::Tensor>& in) { return reference(conv, weights, in[0], pre, post); };
  row.in_format = [=](DataType type) { return resolved(name, with_type(conv, type), mode, pre, post); };
  return row;
}

EpilogueOp activate(ActivationType type, float alpha = 0, float beta = 0) {
  EpilogueOp op;
  op.activation = type;
  op.alpha = alpha;
  op.beta = beta;
  return op;
}

EpilogueOp combine(ElementWiseOperation operation, int32_t input) {
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kElementWise;
  op.elementwise = operation;
  op.input = input;
  return op;
}

// The operands have the dtype of the convolution. One stage for each operation of the epilogue: ATen's tactic rounds
// between them.
Case fused(const std::string& name, const Conv& conv, std::vector<InputSpec> operands,
           const network::Epilogue& epilogue, const std::vector<Stage>& stages) {
  Case row = convolution(name, conv);
  for (InputSpec operand : operands) {
    operand.type = conv.dtype;
    row.inputs.push_back(std::move(operand));
  }
  const auto build = row.build;
  row.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
    ILayer* layer = build(network, in);
    for (size_t i = 1; i < in.size(); ++i) layer->setInput(static_cast<int32_t>(i), *in[i]);
    static_cast<ConvolutionBase*>(layer)->mutable_epilogue() = epilogue;
    return layer;
  };
  const auto oracle = row.oracle;
  row.oracle = [=](const std::vector<at::Tensor>& in) { return run_stages(oracle(in), stages, in); };
  row.stored = [=](const std::vector<at::Tensor>& in, double unit) -> std::vector<at::Tensor> {
    return {stored_between(unit, oracle(in), stages, in)};
  };
  row.in_format = [=](DataType type) { return fused(name, with_type(conv, type), operands, epilogue, stages); };
  return row;
}

// Kernel and bias are inputs of the layer.
Case with_weight_inputs(DataType dtype) {
  const Conv conv{dtype, {2, 4, 6, 6}, 8, {3, 3}, {}, {}, {1, 1}};
  Case row = convolution("weights_as_inputs", conv);
  row.inputs.push_back({dtype, {8, 4, 3, 3}});
  row.inputs.push_back({dtype, {8}});
  row.in_format = with_weight_inputs;
  row.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
    auto* layer = network.addConvolutionNd(*in[0], conv.maps, Dims(conv.kernel), {}, {});
    layer->setInput(1, *in[1]);
    layer->setInput(2, *in[2]);
    set_attributes(*layer, conv);
    return layer;
  };
  row.oracle = [](const std::vector<at::Tensor>& in) {
    return at::conv2d(in[0], in[1], in[2], /*stride=*/1, /*padding=*/1);
  };
  return row;
}

// PyTorch's transposed convolution if it can express the padding; else `cut` (pre, post) of the full result.
Case deconvolution(const std::string& name, const Conv& conv) {
  const Weights weights = make_weights(conv, /*transposed=*/true);
  const size_t rank = conv.kernel.size();
  const auto pre = filled(conv.pre, rank, 0);
  const auto post = conv.post.empty() ? pre : conv.post;
  Case row{"deconvolution_" + name,
           {{conv.dtype, conv.input}},
           [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
             auto* layer =
                 network.addDeconvolutionNd(*in[0], conv.maps, Dims(conv.kernel), weights_of(network, weights.kernel),
                                            own_or_none(network, weights.bias));
             set_attributes(*layer, conv);
             return layer;
           },
           [=](const std::vector<at::Tensor>& in) {
             const std::vector<int64_t> none(rank, 0);
             at::Tensor y =
                 at::convolution(in[0], weights.kernel.to(at::kDouble), std::nullopt, filled(conv.stride, rank, 1),
                                 none, filled(conv.dilation, rank, 1), true, none, conv.groups);
             std::vector<int64_t> cut;
             for (size_t i = rank; i-- > 0;) {
               cut.push_back(-pre[i]);
               cut.push_back(-post[i]);
             }
             y = at::constant_pad_nd(y, cut);
             if (!weights.bias.defined()) return y;
             std::vector<int64_t> sizes(rank + 2, 1);
             sizes[1] = conv.maps;
             return y + weights.bias.to(at::kDouble).reshape(sizes);
           },
           conv.dtype,
           tolerance_of(conv)};
  row.in_format = [=](DataType type) { return deconvolution(name, with_type(conv, type)); };
  return row;
}

// The same with PyTorch's own output_padding: both forms must agree.
Case with_output_padding(DataType dtype) {
  Conv conv{dtype, {2, 6, 5, 5}, 4, {3, 3}, {2, 2}, {}, {1, 1}, {0, 0}};
  Case row = deconvolution("output_padding", conv);
  row.in_format = with_output_padding;
  const Weights weights = make_weights(conv, /*transposed=*/true);
  row.oracle = [=](const std::vector<at::Tensor>& in) {
    return at::conv_transpose2d(in[0], weights.kernel.to(at::kDouble), weights.bias.to(at::kDouble), /*stride=*/2,
                                /*padding=*/1, /*output_padding=*/1);
  };
  return row;
}

void add_fused(Cases& cases) {
  const Conv conv{DataType::kFLOAT, {2, 16, 9, 9}, 32, {3, 3}, {}, {}, {1, 1}};
  const Conv pointwise{DataType::kFLOAT, {2, 32, 7, 7}, 16, {1, 1}};
  const Stage relu = [](const at::Tensor& y, auto&) { return at::relu(y); };
  const Stage add = [](const at::Tensor& y, auto& in) { return y + in[1]; };
  const auto sum = combine(ElementWiseOperation::kSUM, 1);
  cases.push_back(fused("relu", conv, {}, {activate(ActivationType::kRELU)}, {relu}));
  cases.push_back(fused("silu", conv, {}, {activate(ActivationType::kSILU)},
                        {[](const at::Tensor& y, auto&) { return at::silu(y); }}));
  cases.push_back(fused("relu6", pointwise, {}, {activate(ActivationType::kCLIP, 0, 6)},
                        {[](const at::Tensor& y, auto&) { return at::clamp(y, 0, 6); }}));
  cases.push_back(fused("hard_swish", pointwise, {}, {activate(ActivationType::kHARD_SWISH, 1.F / 6.F, 0.5F)},
                        {[](const at::Tensor& y, auto&) { return at::hardswish(y); }}));
  cases.push_back(fused("add_relu", conv, {f32({2, 32, 9, 9})}, {sum, activate(ActivationType::kRELU)}, {add, relu}));
  cases.push_back(fused("add_relu_f16", with_type(conv, DataType::kHALF), {f32({2, 32, 9, 9})},
                        {sum, activate(ActivationType::kRELU)}, {add, relu}));
  cases.push_back(fused("relu_add", conv, {f32({2, 32, 9, 9})}, {activate(ActivationType::kRELU), sum}, {relu, add}));
  cases.push_back(fused("channel_product", pointwise, {f32({2, 16, 1, 1})}, {combine(ElementWiseOperation::kPROD, 1)},
                        {[](const at::Tensor& y, auto& in) { return y * in[1]; }}));
}

}  // namespace

Cases convolution_cases() {
  Cases cases;
  for (const DataType dtype : float_types()) {
    cases.push_back(convolution(join("3x3", dtype), {dtype, {2, 5, 8, 7}, 6, {3, 3}, {}, {}, {1, 1}}));
    cases.push_back(deconvolution(join("4x4", dtype), {dtype, {2, 5, 6, 5}, 6, {4, 4}, {2, 2}, {}, {1, 1}}));
  }
  const DataType f32_type = DataType::kFLOAT;
  cases.push_back(convolution("stem", {f32_type, {1, 3, 32, 32}, 64, {7, 7}, {2, 2}, {}, {3, 3}}));
  cases.push_back(convolution("1x1", {f32_type, {2, 64, 14, 14}, 32, {1, 1}}));
  cases.push_back(convolution("3x3_many_channels", {f32_type, {2, 40, 9, 6}, 24, {3, 3}, {}, {}, {1, 1}}));
  cases.push_back(convolution("1x1_stride", {f32_type, {1, 32, 14, 14}, 64, {1, 1}, {2, 2}}));
  cases.push_back(convolution("no_bias", {f32_type, {1, 16, 10, 10}, 16, {3, 3}, {}, {}, {1, 1}, {}, 1, false}));
  cases.push_back(convolution("depthwise", {f32_type, {2, 24, 9, 9}, 24, {3, 3}, {2, 2}, {}, {1, 1}, {}, 24}));
  cases.push_back(convolution("depthwise_multiplier", {f32_type, {1, 6, 9, 9}, 12, {5, 5}, {}, {}, {2, 2}, {}, 6}));
  cases.push_back(convolution("grouped", {f32_type, {1, 32, 8, 8}, 64, {3, 3}, {}, {}, {1, 1}, {}, 4}));
  cases.push_back(convolution("dilated", {f32_type, {1, 8, 12, 12}, 8, {3, 3}, {}, {2, 3}, {2, 3}}));
  cases.push_back(convolution("uneven", {f32_type, {1, 4, 9, 11}, 8, {2, 5}, {1, 2}, {}, {0, 2}, {1, 1}}));
  cases.push_back(convolution("1d", {f32_type, {2, 6, 17}, 8, {5}, {2}, {}, {2}}));
  cases.push_back(convolution("3d", {f32_type, {1, 3, 6, 7, 8}, 5, {3, 3, 3}, {1, 2, 1}, {}, {1, 1, 1}}));
  const Conv same{f32_type, {1, 4, 7, 8}, 6, {3, 4}, {2, 2}};
  cases.push_back(resolved("same_upper", same, PaddingMode::kSAME_UPPER, {1, 1}, {1, 1}));
  cases.push_back(
      resolved("same_lower", {f32_type, {1, 4, 8, 8}, 6, {3, 3}, {2, 2}}, PaddingMode::kSAME_LOWER, {1, 1}, {0, 0}));
  cases.push_back(resolved("round_up", {f32_type, {1, 4, 8, 8}, 6, {3, 3}, {2, 2}}, PaddingMode::kEXPLICIT_ROUND_UP,
                           {0, 0}, {1, 1}));
  cases.push_back(with_weight_inputs(f32_type));
  add_fused(cases);

  cases.push_back(deconvolution("no_bias", {f32_type, {1, 16, 8, 8}, 8, {2, 2}, {2, 2}, {}, {}, {}, 1, false}));
  cases.push_back(deconvolution("grouped", {f32_type, {1, 8, 5, 5}, 12, {3, 3}, {2, 2}, {}, {1, 1}, {}, 4}));
  cases.push_back(deconvolution("dilated", {f32_type, {1, 4, 5, 5}, 6, {3, 3}, {2, 1}, {2, 2}, {1, 0}}));
  cases.push_back(deconvolution("negative_post", {f32_type, {1, 4, 5, 5}, 6, {3, 3}, {2, 2}, {}, {0, 1}, {-3, -1}}));
  cases.push_back(deconvolution("post_larger", {f32_type, {1, 4, 5, 5}, 6, {3, 3}, {2, 2}, {}, {0, 0}, {2, 1}}));
  cases.push_back(deconvolution("1d", {f32_type, {2, 4, 9}, 6, {4}, {2}, {}, {1}}));
  cases.push_back(deconvolution("3d", {f32_type, {1, 3, 3, 4, 5}, 4, {2, 3, 2}, {2, 1, 2}, {}, {0, 1, 0}}));
  cases.push_back(with_output_padding(f32_type));
  return cases;
}

}  // namespace torch_tensorrt::conformance
