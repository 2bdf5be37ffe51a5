#include <limits>

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/converters/Weights.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Normalizations by the statistics of a batch, a layer or a group.
namespace torch_tensorrt::core::conversion::converters {
namespace {

at::Tensor tensor_or(Var& arg, double value, int64_t channels) {
  if (is_none(arg)) return at::full({channels}, value, at::kDouble);
  return arg.unwrapToTensor().to(at::kDouble);
}

int64_t channel_count(const torch::jit::Node* n, ITensor* input) {
  const auto dims = input->getDimensions();
  TORCHTRT_CHECK(dims.nbDims >= 2, util::node_info(n) << ": input has rank " << dims.nbDims << ", must be 2 or more");
  TORCHTRT_CHECK(dims.d[1] >= 0, util::node_info(n) << ": the channels of the input must be known, its dims are "
                                                    << nvinfer1::to_string(dims));
  return dims.d[1];
}

// With fixed statistics, it is a scale per channel: y = x * (w / sqrt(var + eps)) + (b - mean * w / sqrt(var + eps)),
// computed in double.
ITensor* affine(ConversionCtx* ctx, ITensor* input, args& args, double eps, int64_t channels) {
  const auto scale = tensor_or(args[1], 1.0, channels) / (tensor_or(args[4], 1.0, channels) + eps).sqrt();
  const auto shift = tensor_or(args[2], 0.0, channels) - tensor_or(args[3], 0.0, channels) * scale;
  const auto type = scalar_type(input);
  const auto scale_weights = Weights(ctx, scale.to(type));
  const auto shift_weights = Weights(ctx, shift.to(type));
  return ctx->net
      ->addScaleNd(*input, nvinfer1::ScaleMode::kCHANNEL, shift_weights.data, scale_weights.data, {},
                   /*channel_axis=*/1)
      ->getOutput(0);
}

// The same for a computed statistic, weight or bias.
ITensor* computed_affine(ConversionCtx* ctx, ITensor* x, args& args, double eps) {
  using nvinfer1::ElementWiseOperation;
  const auto type = scalar_type(x);
  auto* input = cast(ctx, x, wide_type(type));
  const auto channels = [&](size_t i) -> ITensor* {
    if (is_none(args[i])) return nullptr;
    return along(ctx, cast(ctx, args[i].ITensorOrFreeze(ctx), scalar_type(input)), 1, rank(input));
  };
  auto* scale = channels(1);
  auto* shift = channels(2);
  auto* spread = apply(ctx, ElementWiseOperation::kSUM, channels(4), at::Scalar(eps));
  auto* out = apply(ctx, ElementWiseOperation::kSUB, input, channels(3));
  out = apply(ctx, ElementWiseOperation::kDIV, out, apply(ctx, nvinfer1::UnaryOperation::kSQRT, spread));
  if (scale != nullptr) out = apply(ctx, ElementWiseOperation::kPROD, out, scale);
  if (shift != nullptr) out = apply(ctx, ElementWiseOperation::kSUM, out, shift);
  return cast(ctx, out, type);
}

// Normalizes with the statistics of the batch, per channel.
bool norm_of_batch(ConversionCtx* ctx, const torch::jit::Node* n, args& args, double eps) {
  using nvinfer1::ElementWiseOperation;
  auto* input = args[0].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(input) >= 2, util::node_info(n) << ": input has rank " << rank(input) << ", must be 2 or more");
  const auto type = scalar_type(input);
  auto* x = cast(ctx, input, wide_type(type));
  const uint32_t axes = ((1U << rank(x)) - 1U) & ~0b10U;
  const auto average = [&](ITensor* values) {
    return reduce(ctx, nvinfer1::ReduceOperation::kAVG, values, axes, /*keep=*/true);
  };
  auto* distance = centered(ctx, x, axes).distances;
  auto* variance = average(apply(ctx, ElementWiseOperation::kPROD, distance, distance));
  auto* spread = apply(ctx, ElementWiseOperation::kSUM, variance, at::Scalar(eps));
  auto* out = apply(ctx, ElementWiseOperation::kDIV, distance, apply(ctx, nvinfer1::UnaryOperation::kSQRT, spread));
  const auto channels = [&](Var& arg) {
    return along(ctx, cast(ctx, arg.ITensorOrFreeze(ctx), scalar_type(x)), 1, rank(x));
  };
  if (!is_none(args[1])) out = apply(ctx, ElementWiseOperation::kPROD, out, channels(args[1]));
  if (!is_none(args[2])) out = apply(ctx, ElementWiseOperation::kSUM, out, channels(args[2]));
  return finish(ctx, n, cast(ctx, out, type));
}

bool batch_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  if (args[5].unwrapToBool()) return norm_of_batch(ctx, n, args, args[7].unwrapToDouble());
  auto* input = args[0].ITensorOrFreeze(ctx);
  const bool computed = args[1].isITensor() || args[2].isITensor() || args[3].isITensor() || args[4].isITensor();
  if (computed) {
    TORCHTRT_CHECK(!is_none(args[3]) && !is_none(args[4]), util::node_info(n)
                                                               << ": running_mean and running_var are needed");
    return finish(ctx, n, computed_affine(ctx, input, args, args[7].unwrapToDouble()));
  }
  return finish(ctx, n, affine(ctx, input, args, args[7].unwrapToDouble(), channel_count(n, input)));
}

// (input, weight, bias, training, momentum, eps)
bool batch_norm_without_statistics(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return norm_of_batch(ctx, n, args, args[5].unwrapToDouble());
}

bool is_true(const torch::jit::Node* n, size_t input) {
  const auto value = torch::jit::toIValue(n->input(input));
  return value && value->isBool() && value->toBool();
}

// Without running statistics, the statistics of the batch are used.
Decision uses_running_statistics(const torch::jit::Node* n) {
  if (!is_true(n, 5) || n->input(3)->type()->kind() == c10::TypeKind::NoneType) return Decision::yes();
  return Decision::no("batch_norm takes its statistics from the batch (training mode); call eval() on the module");
}

struct NormSpec {
  uint32_t axes = 0;
  double eps = 0;
  int64_t groups = 1;
};

ITensor* add_norm(ConversionCtx* ctx, ITensor* input, ITensor* scale, ITensor* bias, const NormSpec& spec) {
  auto* layer = ctx->net->addNormalization(*input, scale, bias, spec.axes);
  layer->setEpsilon(spec.eps);
  layer->setNbGroups(spec.groups);
  return layer->getOutput(0);
}

// The trailing axes that normalized_shape covers.
uint32_t normalized_axes(const torch::jit::Node* n, ITensor* input, const SizeList& sizes) {
  const auto& shape = sizes.values;
  const auto dims = input->getDimensions();
  const auto count = static_cast<int32_t>(shape.size());
  TORCHTRT_CHECK(count >= 1 && count <= dims.nbDims, util::node_info(n) << ": normalized_shape has " << count
                                                                        << " entries, must have 1 to " << dims.nbDims
                                                                        << ", the rank of the input");
  uint32_t axes = 0;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t axis = dims.nbDims - count + i;
    TORCHTRT_CHECK(dims.d[axis] < 0 || sizes.computed[i] != nullptr || dims.d[axis] == shape[i],
                   util::node_info(n) << ": normalized_shape is " << shape << ", must be the last dims of the input, "
                                      << nvinfer1::to_string(dims));
    axes |= 1U << axis;
  }
  return axes;
}

// Computes the further results, which the layer does not give: the mean and 1 / sqrt(var + eps), keeping the axes.
void finish_statistics(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, const NormSpec& spec) {
  using nvinfer1::ElementWiseOperation;
  if (!n->outputs()[1]->hasUses() && !n->outputs()[2]->hasUses()) return;
  const auto type = scalar_type(input);
  const Centered center = centered(ctx, cast(ctx, input, wide_type(type)), spec.axes);
  finish(ctx, n, cast(ctx, center.mean, type), 1);
  auto* squares = apply(ctx, ElementWiseOperation::kPROD, center.distances, center.distances);
  auto* variance = reduce(ctx, nvinfer1::ReduceOperation::kAVG, squares, spec.axes, /*keep=*/true);
  auto* deviation = apply(ctx, nvinfer1::UnaryOperation::kSQRT,
                          apply(ctx, ElementWiseOperation::kSUM, variance, at::Scalar(spec.eps)));
  finish(ctx, n, cast(ctx, apply(ctx, nvinfer1::UnaryOperation::kRECIP, deviation), type), 2);
}

// (input, normalized_shape, weight, bias, eps): layer_norm, and native_layer_norm, which also returns the statistics.
bool layer_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  NormSpec spec;
  spec.eps = args[4].unwrapToDouble();
  spec.axes = normalized_axes(n, input, read_sizes(ctx, args[1]));
  if (n->outputs().size() == 3) finish_statistics(ctx, n, input, spec);
  return finish(ctx, n, add_norm(ctx, input, optional_tensor(ctx, args[2]), optional_tensor(ctx, args[3]), spec));
}

// The default eps is the epsilon of the dtype that PyTorch computes in: float32 for narrower types.
double default_epsilon(at::ScalarType type) {
  return type == at::kDouble ? std::numeric_limits<double>::epsilon()
                             : static_cast<double>(std::numeric_limits<float>::epsilon());
}

// (input, normalized_shape, weight, eps)
bool rms_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  const uint32_t axes = normalized_axes(n, input, read_sizes(ctx, args[1]));
  const double eps = is_none(args[3]) ? default_epsilon(scalar_type(input)) : args[3].unwrapToDouble();
  auto* scale = optional_tensor(ctx, args[2]);
  auto* layer = ctx->net->addNormalization(*input, scale, nullptr, axes);
  layer->setEpsilon(eps);
  layer->setRms(true);
  return finish(ctx, n, layer->getOutput(0));
}

// A weight or bias of C elements, reshaped to 1 x C x 1 ...
ITensor* per_channel(ConversionCtx* ctx, ITensor* values, int32_t rank) {
  if (values == nullptr) return nullptr;
  std::vector<int64_t> shape(rank, 1);
  shape[1] = values->getDimensions().d[0];
  auto* shuffle = ctx->net->addShuffle(*values);
  shuffle->setReshapeDimensions(nvinfer1::Dims(shape));
  return shuffle->getOutput(0);
}

uint32_t axes_from(int32_t first, int32_t rank) {
  uint32_t axes = 0;
  for (int32_t i = first; i < rank; ++i) axes |= 1U << i;
  return axes;
}

bool add_group_norm(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, NormSpec spec, Var& weight,
                    Var& bias) {
  const int64_t channels = channel_count(n, input);
  TORCHTRT_CHECK(spec.groups > 0 && channels % spec.groups == 0, util::node_info(n) << ": " << channels
                                                                                    << " channels cannot be split into "
                                                                                    << spec.groups << " equal groups");
  // The layer normalizes axes after the channels.
  const bool is_flat = rank(input) == 2;
  if (is_flat) input = replace_dims(ctx, input, 2, 2, {1});
  const int32_t input_rank = rank(input);
  // One group: normalizes all dims after the batch together. More groups: the layer splits the channels itself.
  spec.axes = axes_from(spec.groups == 1 ? 1 : 2, input_rank);
  auto* scale = per_channel(ctx, optional_tensor(ctx, weight), input_rank);
  auto* shift = per_channel(ctx, optional_tensor(ctx, bias), input_rank);
  auto* out = add_norm(ctx, input, scale, shift, spec);
  return finish(ctx, n, is_flat ? replace_dims(ctx, out, 2, 3, {}) : out);
}

// (input, num_groups, weight, bias, eps, cudnn_enabled)
bool group_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  NormSpec spec;
  spec.groups = args[1].unwrapToInt();
  spec.eps = args[4].unwrapToDouble();
  return add_group_norm(ctx, n, args[0].ITensorOrFreeze(ctx), spec, args[2], args[3]);
}

// (input, weight, bias, N, C, HxW, group, eps): N, C and HxW repeat the input's sizes.
bool native_group_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  NormSpec spec;
  spec.groups = args[6].unwrapToInt();
  spec.eps = args[7].unwrapToDouble();
  return add_group_norm(ctx, n, args[0].ITensorOrFreeze(ctx), spec, args[1], args[2]);
}

// The statistics of these operators are used only in the backward pass.
Decision first_output_only(const torch::jit::Node* n) {
  for (size_t i = 1; i < n->outputs().size(); ++i) {
    if (n->outputs()[i]->hasUses()) {
      return Decision::no("its statistics (the results after the first) are used");
    }
  }
  return Decision::yes();
}

constexpr Declines kStatistics = {"its statistics (the results after the first) are used", first_output_only};

Decision native_batch_norm_decision(const torch::jit::Node* n) {
  const Decision running = uses_running_statistics(n);
  return running ? first_output_only(n) : running;
}

bool instance_norm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  const double eps = args[7].unwrapToDouble();
  const int64_t channels = channel_count(n, input);
  const bool from_input = args[5].unwrapToBool() || is_none(args[3]) || is_none(args[4]);
  if (!from_input) return finish(ctx, n, affine(ctx, input, args, eps, channels));
  const bool is_flat = rank(input) == 2;
  if (is_flat) input = replace_dims(ctx, input, 2, 2, {1});
  const int32_t input_rank = rank(input);
  NormSpec spec;
  spec.eps = eps;
  spec.axes = axes_from(2, input_rank);
  // PyTorch keeps the mean in double. Centering the input first makes every tactic equally precise.
  const auto type = scalar_type(input);
  const auto wide = wide_type(type);
  input = cast(ctx, input, wide);
  auto* mean = reduce(ctx, nvinfer1::ReduceOperation::kAVG, input, spec.axes, /*keep=*/true);
  input = apply(ctx, nvinfer1::ElementWiseOperation::kSUB, input, mean);
  const auto channel = [&](Var& arg) -> ITensor* {
    auto* values = per_channel(ctx, optional_tensor(ctx, arg), input_rank);
    if (values == nullptr) return nullptr;
    check_same_type(n, type, values);
    return cast(ctx, values, wide);
  };
  auto* scale = channel(args[1]);
  auto* bias = channel(args[2]);
  auto* out = cast(ctx, add_norm(ctx, input, scale, bias, spec), type);
  return finish(ctx, n, is_flat ? replace_dims(ctx, out, 2, 3, {}) : out);
}

}  // namespace

Family normalization_family() {
  const torch::jit::IValue no(false);
  return {
      {"aten::batch_norm", batch_norm,
       Declines{"`training` is true and there are running statistics", uses_running_statistics}},
      {"aten::native_batch_norm", batch_norm,
       Declines{"`training` is true and there are running statistics, or the statistics are used",
                native_batch_norm_decision}},
      {"aten::_native_batch_norm_legit.no_stats", batch_norm_without_statistics, kStatistics},
      {"aten::layer_norm", layer_norm},
      {"aten::native_layer_norm", layer_norm},
      {"aten::rms_norm", rms_norm},
      {"aten::_fused_rms_norm", rms_norm, kStatistics},
      {"aten::group_norm", group_norm},
      {"aten::native_group_norm", native_group_norm, kStatistics},
      {"aten::instance_norm", instance_norm},
      {"aten::_native_batch_norm_legit_no_training", arranged(batch_norm, {0, 1, 2, 3, 4, no, 5, 6, no}), kFirstOnly},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
