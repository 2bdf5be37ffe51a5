#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/Weights.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

// Positions of the arguments of aten::_convolution.
enum Argument { kInput, kWeight, kBias, kStride, kPadding, kDilation, kTransposed, kOutputPadding, kGroups };

struct Geometry {
  nvinfer1::Dims stride;
  nvinfer1::Dims padding;
  nvinfer1::Dims dilation;
  nvinfer1::Dims output_padding;
};

Geometry read_geometry(const torch::jit::Node* n, args& args, size_t spatial_rank) {
  return {spatial(n, int_vector(args[kStride].unwrapToIntList()), spatial_rank, "stride"),
          spatial(n, int_vector(args[kPadding].unwrapToIntList()), spatial_rank, "padding"),
          spatial(n, int_vector(args[kDilation].unwrapToIntList()), spatial_rank, "dilation"),
          spatial(n, int_vector(args[kOutputPadding].unwrapToIntList()), spatial_rank, "output_padding")};
}

nvinfer1::Dims kernel_dims(const nvinfer1::Dims& weight) { return nvinfer1::Dims(weight.nbDims - 2, weight.d + 2); }

// As in PyTorch: the output padding must be smaller than the stride or the dilation.
void check_output_padding(const torch::jit::Node* n, const Geometry& geometry) {
  for (int32_t i = 0; i < geometry.output_padding.nbDims; ++i) {
    const int64_t limit = std::max(geometry.stride.d[i], geometry.dilation.d[i]);
    TORCHTRT_CHECK(geometry.output_padding.d[i] < limit,
                   util::node_info(n) << ": output_padding is " << geometry.output_padding.d[i]
                                      << ", must be below the stride or the dilation, which are "
                                      << geometry.stride.d[i] << " and " << geometry.dilation.d[i]);
  }
}

void set_geometry(nvinfer1::ConvolutionBase* layer, const Geometry& geometry, bool transposed, int64_t groups) {
  layer->setStrideNd(geometry.stride);
  layer->setDilationNd(geometry.dilation);
  layer->setNbGroups(groups);
  layer->setPrePadding(geometry.padding);
  nvinfer1::Dims post = geometry.padding;
  for (int32_t i = 0; transposed && i < post.nbDims; ++i) post.d[i] -= geometry.output_padding.d[i];
  layer->setPostPadding(post);
}

nvinfer1::ConvolutionBase* add_layer(ConversionCtx* ctx, ITensor* input, const nvinfer1::Dims& weight_dims,
                                     bool transposed, int64_t groups, const nvinfer1::Weights& weight,
                                     const nvinfer1::Weights& bias) {
  const auto kernel = kernel_dims(weight_dims);
  if (transposed) return ctx->net->addDeconvolutionNd(*input, weight_dims.d[1] * groups, kernel, weight, bias);
  return ctx->net->addConvolutionNd(*input, weight_dims.d[0], kernel, weight, bias);
}

// A computed weight (or bias) is an input of the layer; the bias is then added after the layer.
ITensor* computed_weights(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, ITensor* weight, args& args) {
  const bool transposed = args[kTransposed].unwrapToBool();
  const int64_t groups = args[kGroups].unwrapToInt();
  const auto dims = weight->getDimensions();
  TORCHTRT_CHECK(dims.is_static(), util::node_info(n) << ": the dims of a computed weight must not be dynamic");
  auto* layer = add_layer(ctx, input, dims, transposed, groups, {}, {});
  layer->setInput(1, *weight);
  const Geometry geometry = read_geometry(n, args, dims.nbDims - 2);
  if (transposed) check_output_padding(n, geometry);
  set_geometry(layer, geometry, transposed, groups);
  auto* out = layer->getOutput(0);
  if (is_none(args[kBias])) return out;
  auto* bias = args[kBias].ITensorOrFreeze(ctx);
  std::vector<int64_t> shape(dims.nbDims - 1, 1);
  shape[0] = -1;
  auto* shuffle = ctx->net->addShuffle(*bias);
  shuffle->setReshapeDimensions(nvinfer1::Dims(shape));
  return ctx->net->addElementWise(*out, *shuffle->getOutput(0), nvinfer1::ElementWiseOperation::kSUM)->getOutput(0);
}

ITensor* constant_weights(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, args& args) {
  const bool transposed = args[kTransposed].unwrapToBool();
  const int64_t groups = args[kGroups].unwrapToInt();
  const auto weight = Weights(ctx, args[kWeight].unwrapToTensor());
  const auto bias = is_none(args[kBias]) ? Weights() : Weights(ctx, args[kBias].unwrapToTensor());
  auto* layer = add_layer(ctx, input, weight.shape, transposed, groups, weight.data, bias.data);
  const Geometry geometry = read_geometry(n, args, weight.shape.nbDims - 2);
  if (transposed) check_output_padding(n, geometry);
  set_geometry(layer, geometry, transposed, groups);
  return layer->getOutput(0);
}

bool convolution(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* input = args[kInput].ITensorOrFreeze(ctx);
  const bool constant_weight = args[kWeight].isTensor();
  const bool constant_bias = is_none(args[kBias]) || args[kBias].isTensor();
  auto* weight = constant_weight ? nullptr : args[kWeight].ITensorOrFreeze(ctx);
  const int32_t weight_rank =
      constant_weight ? static_cast<int32_t>(args[kWeight].IValue()->toTensor().dim()) : rank(weight);
  const int32_t input_rank = rank(input);
  TORCHTRT_CHECK(input_rank == weight_rank || input_rank + 1 == weight_rank,
                 util::node_info(n) << ": input has rank " << input_rank << ", must have the rank of the weight, "
                                    << weight_rank << ", or one less");
  // PyTorch accepts an input without a batch dimension.
  const bool unbatched = input_rank + 1 == weight_rank;
  if (unbatched) input = replace_dims(ctx, input, 0, 0, {1});
  if (!constant_weight || !constant_bias) {
    if (weight == nullptr) weight = args[kWeight].ITensorOrFreeze(ctx);
    input = computed_weights(ctx, n, input, weight, args);
  } else {
    input = constant_weights(ctx, n, input, args);
  }
  if (input->producer()->getName()[0] == '\0') input->producer()->setName(util::node_info(n).c_str());
  return finish(ctx, n, unbatched ? replace_dims(ctx, input, 0, 1, {}) : input);
}

// Appends zeros to the last dimensions.
ITensor* with_zeros_behind(ConversionCtx* ctx, ITensor* input, const std::vector<int64_t>& counts) {
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const int32_t dim = rank(input) - static_cast<int32_t>(counts.size() - i);
    auto sizes = sizes_of(ctx, input);
    sizes.values[dim] = counts[i];
    sizes.computed[dim] = nullptr;
    auto* zeros = broadcast(ctx, nullptr, scalar_constant(ctx, 0, scalar_type(input)), sizes);
    input = join(ctx, {input, zeros}, dim);
  }
  return input;
}

// (input, weight, bias, stride, padding, dilation, groups) with padding "same" or "valid". Lowering leaves this
// operator if the weight is computed. Appends zeros to the input for uneven padding; the rest is aten::_convolution.
bool padded_by_name(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  const auto weight = args[1].ITensorOrFreeze(ctx)->getDimensions();
  const int32_t spatial_rank = weight.nbDims - 2;
  TORCHTRT_CHECK(spatial_rank > 0, util::node_info(n)
                                       << ": the weight has rank " << weight.nbDims << ", must be 3 or more");
  const auto name = args[4].unwrapToString();
  TORCHTRT_CHECK(name == "same" || name == "valid", util::node_info(n)
                                                        << ": padding is '" << name << "', must be 'same' or 'valid'");
  const auto spread = spatial(n, int_vector(args[5].unwrapToIntList()), spatial_rank, "dilation");
  std::vector<int64_t> padding(spatial_rank, 0);
  std::vector<int64_t> behind(spatial_rank, 0);
  for (int32_t i = 0; name == "same" && i < spatial_rank; ++i) {
    TORCHTRT_CHECK(weight.d[2 + i] >= 0, util::node_info(n) << ": the dims of a computed weight must not be dynamic");
    const int64_t total = spread.d[i] * (weight.d[2 + i] - 1);
    padding[i] = total / 2;
    behind[i] = total - 2 * padding[i];
  }
  input = with_zeros_behind(ctx, input, behind);
  torch::jit::IValue values[] = {padding, false, std::vector<int64_t>(spatial_rank, 0)};
  std::vector<Var> all = {Var(input), args[1],         args[2],         args[3], Var(&values[0]),
                          args[5],    Var(&values[1]), Var(&values[2]), args[6]};
  return convolution(ctx, n, all);
}

}  // namespace

Family convolution_family() {
  return {
      {"aten::_convolution", convolution},         {"aten::_convolution.deprecated", convolution},
      {"aten::convolution", convolution},          {"aten::conv1d.padding", padded_by_name},
      {"aten::conv2d.padding", padded_by_name},    {"aten::conv3d.padding", padded_by_name},
      {"aten::_convolution_mode", padded_by_name},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
