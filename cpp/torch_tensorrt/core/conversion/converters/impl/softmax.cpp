#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

bool convert(ConversionCtx* ctx, const torch::jit::Node* n, args& args, bool log) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  if (const auto type = optional_dtype(args[2])) input = cast(ctx, input, *type);
  const int32_t input_rank = rank(input);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), input_rank);
  if (input_rank == 0) input = replace_dims(ctx, input, 0, 0, {1});
  auto* layer = ctx->net->addSoftMax(*input);
  layer->setAxes(1U << dim);
  layer->setLog(log);
  auto* out = layer->getOutput(0);
  return finish(ctx, n, input_rank == 0 ? replace_dims(ctx, out, 0, 1, {}) : out);
}

bool softmax(ConversionCtx* ctx, const torch::jit::Node* n, args& args) { return convert(ctx, n, args, /*log=*/false); }
bool log_softmax(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return convert(ctx, n, args, /*log=*/true);
}

}  // namespace

Family softmax_family() {
  return {
      {"aten::softmax.int", softmax},
      {"aten::log_softmax.int", log_softmax},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
