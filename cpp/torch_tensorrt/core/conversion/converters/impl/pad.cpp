#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

// Padding is a slice that begins before the tensor and ends behind it.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::SampleMode;

// PyTorch lists (before, after) pairs from the last dimension on.
ITensor* pad_by(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const std::vector<int64_t>& pads,
                SampleMode mode, const at::Scalar& value) {
  const auto dims = x->getDimensions();
  const auto pairs = static_cast<int32_t>(pads.size() / 2);
  TORCHTRT_CHECK(pads.size() % 2 == 0 && pairs <= dims.nbDims,
                 util::node_info(n) << ": " << pads.size() << " paddings given for a tensor of rank " << dims.nbDims);
  nvinfer1::Dims start = dims;
  nvinfer1::Dims size = dims;
  nvinfer1::Dims stride = dims;
  std::vector<ITensor*> computed;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const int32_t pair = dims.nbDims - 1 - i;
    const int64_t before = pair < pairs ? pads[2 * pair] : 0;
    const int64_t after = pair < pairs ? pads[2 * pair + 1] : 0;
    start.d[i] = -before;
    stride.d[i] = 1;
    size.d[i] = dims.d[i] < 0 ? -1 : dims.d[i] + before + after;
    TORCHTRT_CHECK(dims.d[i] < 0 || size.d[i] >= 0, util::node_info(n) << ": padding " << before << ", " << after
                                                                       << " leaves nothing of dimension " << i);
    auto* part = dim_size(ctx, x, i);
    if (before + after != 0) {
      part =
          ctx->net->addElementWise(*part, *index_constant(ctx, {before + after}), nvinfer1::ElementWiseOperation::kSUM)
              ->getOutput(0);
    }
    computed.push_back(part);
  }
  auto* slice = ctx->net->addSlice(*x, start, size, stride);
  slice->setMode(mode);
  if (mode == SampleMode::kFILL) slice->setFillValue(value.toDouble());
  if (!size.is_static()) {
    auto* sizes =
        computed.size() == 1
            ? computed[0]
            : ctx->net->addConcatenation(computed.data(), static_cast<int32_t>(computed.size()))->getOutput(0);
    slice->setInput(2, *sizes);
  }
  return slice->getOutput(0);
}

bool constant_pad(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto pads = int_vector(args[1].unwrapToIntList());
  return finish(ctx, n, pad_by(ctx, n, x, pads, SampleMode::kFILL, args[2].unwrapToScalar()));
}

// PyTorch's bounds: a mirrored part is shorter than the tensor, a repeated one not longer; and the ranks that it takes.
void check_mirrored(const torch::jit::Node* n, ITensor* x, const std::vector<int64_t>& pads, SampleMode mode) {
  const auto dims = x->getDimensions();
  const auto padded = static_cast<int32_t>(pads.size() / 2);
  TORCHTRT_CHECK(pads.size() % 2 == 0 && (dims.nbDims == padded + 1 || dims.nbDims == padded + 2),
                 util::node_info(n) << ": " << pads.size() << " paddings given for a tensor of rank " << dims.nbDims
                                    << ", must be of the last dimensions but one or two");
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

// Amounts below 0 cut off before anything is repeated.
ITensor* wrap_by(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const std::vector<int64_t>& pads) {
  std::vector<int64_t> cut;
  std::vector<int64_t> added;
  for (const int64_t pad : pads) {
    cut.push_back(std::min<int64_t>(pad, 0));
    added.push_back(std::max<int64_t>(pad, 0));
  }
  if (cut != std::vector<int64_t>(pads.size(), 0)) x = pad_by(ctx, n, x, cut, SampleMode::kFILL, 0);
  check_mirrored(n, x, added, SampleMode::kWRAP);
  return pad_by(ctx, n, x, added, SampleMode::kWRAP, 0);
}

ITensor* mirror_by(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const std::vector<int64_t>& pads,
                   SampleMode mode) {
  if (mode == SampleMode::kWRAP) return wrap_by(ctx, n, x, pads);
  check_mirrored(n, x, pads, mode);
  return pad_by(ctx, n, x, pads, mode, 0);
}

OpConverter pad_with(SampleMode mode) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const auto pads = int_vector(args[1].unwrapToIntList());
    return finish(ctx, n, mirror_by(ctx, n, args[0].ITensorOrFreeze(ctx), pads, mode));
  };
}

bool pad(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto pads = int_vector(args[1].unwrapToIntList());
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
