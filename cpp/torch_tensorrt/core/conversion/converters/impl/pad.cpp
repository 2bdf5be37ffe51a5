#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/args.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

// Padding is a slice that begins before the tensor and ends after it.
namespace torch_tensorrt::core::conversion::converters {
namespace {

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

Family pad_family() {
  return {
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
