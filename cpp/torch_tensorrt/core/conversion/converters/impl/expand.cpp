#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

// The tensor with dimensions of size 1 put in front.
ITensor* with_rank(ConversionCtx* ctx, ITensor* x, int32_t wanted) {
  const int32_t missing = wanted - rank(x);
  return missing > 0 ? replace_dims(ctx, x, 0, 0, std::vector<int64_t>(missing, 1)) : x;
}

// -1 keeps the tensor's own size.
void fill_kept_sizes(ConversionCtx* ctx, ITensor* x, SizeList& sizes) {
  const auto dims = x->getDimensions();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (sizes.values[i] != -1) continue;
    sizes.values[i] = dims.d[i];
    if (dims.d[i] >= 0) continue;
    sizes.values[i] = nvinfer1::ShapeValue::kUnknown;
    sizes.computed[i] = dim_size(ctx, x, i);
  }
}

bool expand(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto sizes = read_sizes(ctx, args[1]);
  const auto wanted = static_cast<int32_t>(sizes.values.size());
  TORCHTRT_CHECK(wanted >= rank(x), util::node_info(n)
                                        << ": " << wanted << " sizes given for a tensor of rank " << rank(x));
  x = with_rank(ctx, x, wanted);
  fill_kept_sizes(ctx, x, sizes);
  if (wanted == 0) return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
  return finish(ctx, n, broadcast(ctx, n, x, sizes));
}

bool expand_as(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* other = args[1].ITensorOrFreeze(ctx);
  auto* x = with_rank(ctx, args[0].ITensorOrFreeze(ctx), rank(other));
  const SizeList sizes = sizes_of(ctx, other);
  if (rank(other) == 0) return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
  return finish(ctx, n, broadcast(ctx, n, x, sizes));
}

bool repeat(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto repeats = int_vector(args[1].unwrapToIntList());
  TORCHTRT_CHECK(static_cast<int32_t>(repeats.size()) >= rank(x),
                 util::node_info(n) << ": " << repeats.size() << " repeats given for a tensor of rank " << rank(x));
  x = with_rank(ctx, x, static_cast<int32_t>(repeats.size()));
  for (size_t i = 0; i < repeats.size(); ++i) {
    TORCHTRT_CHECK(repeats[i] >= 0, util::node_info(n) << ": repeat " << repeats[i] << " must be 0 or more");
    if (repeats[i] == 1) continue;
    const auto dim = static_cast<int32_t>(i);
    if (repeats[i] == 0) {
      x = slice_dim(ctx, x, dim, 0, 0);
      continue;
    }
    std::vector<ITensor*> copies(repeats[i], x);
    auto* joined = ctx->net->addConcatenation(copies.data(), static_cast<int32_t>(copies.size()));
    joined->setAxis(dim);
    x = joined->getOutput(0);
  }
  return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
}

}  // namespace

Family expand_family() {
  return {
      {"aten::expand", expand},
      {"aten::expand_as", expand_as},
      {"aten::repeat", repeat},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
