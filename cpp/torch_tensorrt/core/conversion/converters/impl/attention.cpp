#include <limits>

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;

// Rank 4: dimensions of size 1 put in front, or the leading ones merged.
ITensor* with_four_dims(ConversionCtx* ctx, ITensor* x) {
  const int32_t extra = rank(x) - 4;
  if (extra < 0) return replace_dims(ctx, x, 0, 0, std::vector<int64_t>(-extra, 1));
  return extra > 0 ? replace_dims(ctx, x, 0, extra + 1, {-1}) : x;
}

// (query, key, value, attn_mask, dropout_p, is_causal, *, scale, enable_gqa)
bool attention(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* query = args[0].ITensorOrFreeze(ctx);
  auto* key = args[1].ITensorOrFreeze(ctx);
  auto* value = args[2].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(args[4].unwrapToScalar().toDouble() == 0.0, util::node_info(n)
                                                                 << ": dropout_p is " << args[4].unwrapToScalar()
                                                                 << ", must be 0 outside of training");
  TORCHTRT_CHECK(rank(query) == rank(key) && rank(key) == rank(value) && rank(query) >= 2 && rank(query) <= 4,
                 util::node_info(n) << ": ranks are " << rank(query) << ", " << rank(key) << " and " << rank(value)
                                    << ", must be the same, 2 to 4");
  const bool grouped = args.size() > 7 && args[7].unwrapToBool();
  auto* layer =
      ctx->net->addAttention(*with_four_dims(ctx, query), *with_four_dims(ctx, key), *with_four_dims(ctx, value));
  if (!is_none(args[3])) {
    auto* mask = args[3].ITensorOrFreeze(ctx);
    if (scalar_type(mask) != at::kBool) mask = cast(ctx, mask, scalar_type(query));
    // A mask of rank 3 belongs to batch, queries, keys where the queries have rank 3.
    if (rank(query) == 3 && rank(mask) == 3) mask = replace_dims(ctx, mask, 0, 0, {1});
    layer->setMask(*mask);
  }
  layer->setCausal(args[5].unwrapToBool());
  if (!is_none(args[6])) layer->setScale(args[6].unwrapToScalar().toDouble());
  TORCHTRT_CHECK(grouped || rank(query) < 4 || query->getDimensions().d[1] == key->getDimensions().d[1],
                 util::node_info(n) << ": " << query->getDimensions().d[1] << " heads of queries and "
                                    << key->getDimensions().d[1] << " of keys need enable_gqa");
  auto* out = layer->getOutput(0);
  const int32_t added = 4 - rank(query);
  return finish(ctx, n, added > 0 ? replace_dims(ctx, out, 0, added, {}) : out);
}

// 0 where the mask is true, minus infinity elsewhere.
bool bias_from_mask(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* mask = args[0].ITensorOrFreeze(ctx);
  if (scalar_type(mask) != at::kBool) return finish(ctx, n, identity(ctx, mask));
  auto* hidden = scalar_constant(ctx, -std::numeric_limits<double>::infinity(), at::kFloat);
  return finish(ctx, n, choose(ctx, mask, scalar_constant(ctx, 0.0, at::kFloat), hidden));
}

}  // namespace

Family attention_family() {
  return {
      {"aten::scaled_dot_product_attention", attention},
      {"trt::attn_bias_from_attn_mask", bias_from_mask},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
