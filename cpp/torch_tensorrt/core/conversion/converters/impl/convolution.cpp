#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/Weights.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Convolutions, and the paddings of their inputs.
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

// A computed weight (or bias) is an input of the layer; the bias is then added after the layer, in the wide type.
ITensor* computed_weights(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, ITensor* weight, args& args) {
  const bool transposed = args[kTransposed].unwrapToBool();
  const int64_t groups = args[kGroups].unwrapToInt();
  const auto dims = weight->getDimensions();
  TORCHTRT_CHECK(dims.is_static(), util::node_info(n) << ": the dims of a computed weight must not be dynamic");
  const auto type = scalar_type(input);
  const auto wide = is_none(args[kBias]) ? type : wide_type(type);
  check_same_type(n, type, weight);
  auto* layer = add_layer(ctx, cast(ctx, input, wide), dims, transposed, groups, {}, {});
  layer->setInput(1, *cast(ctx, weight, wide));
  const Geometry geometry = read_geometry(n, args, dims.nbDims - 2);
  if (transposed) check_output_padding(n, geometry);
  set_geometry(layer, geometry, transposed, groups);
  auto* out = layer->getOutput(0);
  if (is_none(args[kBias])) return out;
  auto* bias = args[kBias].ITensorOrFreeze(ctx);
  check_same_type(n, type, bias);
  bias = cast(ctx, bias, wide);
  std::vector<int64_t> shape(dims.nbDims - 1, 1);
  shape[0] = -1;
  auto* shuffle = ctx->net->addShuffle(*bias);
  shuffle->setReshapeDimensions(nvinfer1::Dims(shape));
  return cast(ctx, apply(ctx, nvinfer1::ElementWiseOperation::kSUM, out, shuffle->getOutput(0)), type);
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

// ---- padding -------------------------------------------------------------------------------------------------------

// Padding is a slice that begins before the tensor and ends after it.

using nvinfer1::SampleMode;

// PyTorch lists (before, after) pairs, beginning with the last dimension.
ITensor* pad_by(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const SizeList& pads, SampleMode mode,
                const at::Scalar& value) {
  const auto dims = x->getDimensions();
  const auto pairs = static_cast<int32_t>(pads.values.size() / 2);
  TORCHTRT_CHECK(pads.values.size() % 2 == 0 && pairs <= dims.nbDims,
                 util::node_info(n) << ": " << pads.values.size() << " padding amounts are given for a tensor of rank "
                                    << dims.nbDims);
  SizeList starts;
  SizeList sizes;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const int32_t pair = dims.nbDims - 1 - i;
    const Size before = pair < pairs ? entry(pads, 2 * pair) : Size(int64_t{0});
    const Size after = pair < pairs ? entry(pads, 2 * pair + 1) : Size(int64_t{0});
    const Size size = plus(ctx, plus(ctx, size_of(ctx, x, i), before), after);
    TORCHTRT_CHECK(!size.is_known() || size.value >= 0, util::node_info(n)
                                                            << ": padding " << before.value << ", " << after.value
                                                            << " leaves nothing of dimension " << i);
    append(starts, minus(ctx, 0, before));
    append(sizes, size);
  }
  auto* slice = ctx->net->addSlice(*x, starts.dims(), sizes.dims(), nvinfer1::Dims(std::vector<int64_t>(rank(x), 1)));
  slice->setMode(mode);
  const bool is_bool = scalar_type(x) == at::kBool;
  if (mode == SampleMode::kFILL) slice->setFillValue(is_bool ? value.toBool() : value.toDouble());
  if (!starts.is_known()) slice->setInput(1, *size_tensor(ctx, starts));
  if (!sizes.is_known()) slice->setInput(2, *size_tensor(ctx, sizes));
  return slice->getOutput(0);
}

bool constant_pad(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto pads = read_sizes(ctx, args[1]);
  return finish(ctx, n, pad_by(ctx, n, x, pads, SampleMode::kFILL, args[2].unwrapToScalar()));
}

SizeList known_sizes(std::vector<int64_t> values) {
  SizeList sizes;
  sizes.computed.resize(values.size(), nullptr);
  sizes.values = std::move(values);
  return sizes;
}

// PyTorch's limits: mirrored padding must be smaller than the dimension, repeated padding at most as large. Also ranks.
void check_mirrored(const torch::jit::Node* n, ITensor* x, const std::vector<int64_t>& pads, SampleMode mode) {
  const auto dims = x->getDimensions();
  const auto padded = static_cast<int32_t>(pads.size() / 2);
  TORCHTRT_CHECK(pads.size() % 2 == 0 && (dims.nbDims == padded + 1 || dims.nbDims == padded + 2),
                 util::node_info(n) << ": " << pads.size() << " padding amounts are given for a tensor of rank "
                                    << dims.nbDims << ", must be two for each dimension but the first one or two");
  if (mode == SampleMode::kCLAMP) return;
  for (int32_t i = 0; i < padded; ++i) {
    const int64_t size = dims.d[dims.nbDims - 1 - i];
    TORCHTRT_CHECK(size < 0 || size + pads[2 * i] + pads[2 * i + 1] > 0,
                   util::node_info(n) << ": padding leaves nothing of a dimension of " << size);
  }
  for (size_t i = 0; i < pads.size(); ++i) {
    const int64_t size = dims.d[dims.nbDims - 1 - static_cast<int32_t>(i / 2)];
    const int64_t limit = mode == SampleMode::kREFLECT ? size - 1 : size;
    TORCHTRT_CHECK(size < 0 || pads[i] <= limit, util::node_info(n) << ": padding " << pads[i] << " of a dimension of "
                                                                    << size << ", must be at most " << limit);
  }
}

// Negative amounts first cut elements off; then the rest is repeated.
ITensor* wrap_by(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const std::vector<int64_t>& pads) {
  std::vector<int64_t> cut;
  std::vector<int64_t> added;
  for (const int64_t pad : pads) {
    cut.push_back(std::min<int64_t>(pad, 0));
    added.push_back(std::max<int64_t>(pad, 0));
  }
  const bool cuts = std::any_of(cut.begin(), cut.end(), [](int64_t amount) { return amount != 0; });
  if (cuts) x = pad_by(ctx, n, x, known_sizes(cut), SampleMode::kFILL, 0);
  check_mirrored(n, x, added, SampleMode::kWRAP);
  return pad_by(ctx, n, x, known_sizes(added), SampleMode::kWRAP, 0);
}

// Does not check computed amounts; at run time the slice refuses invalid ones.
ITensor* mirror_by(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const SizeList& pads, SampleMode mode) {
  if (!pads.is_known()) return pad_by(ctx, n, x, pads, mode, 0);
  if (mode == SampleMode::kWRAP) return wrap_by(ctx, n, x, pads.values);
  check_mirrored(n, x, pads.values, mode);
  return pad_by(ctx, n, x, pads, mode, 0);
}

OpConverter pad_with(SampleMode mode) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return finish(ctx, n, mirror_by(ctx, n, args[0].ITensorOrFreeze(ctx), read_sizes(ctx, args[1]), mode));
  };
}

bool pad(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto pads = read_sizes(ctx, args[1]);
  const auto mode = args[2].unwrapToString();
  if (mode == "constant") {
    const at::Scalar value = is_none(args[3]) ? at::Scalar(0) : args[3].unwrapToScalar();
    return finish(ctx, n, pad_by(ctx, n, x, pads, SampleMode::kFILL, value));
  }
  const std::pair<const char*, SampleMode> modes[] = {
      {"reflect", SampleMode::kREFLECT}, {"replicate", SampleMode::kCLAMP}, {"circular", SampleMode::kWRAP}};
  for (const auto& [name, sample] : modes) {
    if (mode == name) return finish(ctx, n, mirror_by(ctx, n, x, pads, sample));
  }
  TORCHTRT_THROW_ERROR(util::node_info(n)
                       << ": mode is '" << mode << "', must be constant, reflect, replicate or circular");
}

}  // namespace

Family convolution_family() {
  return {
      {"aten::_convolution", convolution},
      {"aten::_convolution.deprecated", convolution},
      {"aten::convolution", convolution},
      {"aten::conv1d.padding", padded_by_name},
      {"aten::conv2d.padding", padded_by_name},
      {"aten::conv3d.padding", padded_by_name},
      {"aten::_convolution_mode", padded_by_name},
      {"aten::constant_pad_nd", constant_pad},
      {"aten::reflection_pad1d", pad_with(SampleMode::kREFLECT)},
      {"aten::reflection_pad2d", pad_with(SampleMode::kREFLECT)},
      {"aten::reflection_pad3d", pad_with(SampleMode::kREFLECT)},
      {"aten::replication_pad1d", pad_with(SampleMode::kCLAMP)},
      {"aten::replication_pad2d", pad_with(SampleMode::kCLAMP)},
      {"aten::replication_pad3d", pad_with(SampleMode::kCLAMP)},
      {"aten::pad", pad},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
