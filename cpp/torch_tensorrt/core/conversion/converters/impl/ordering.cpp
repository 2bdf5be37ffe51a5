#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

// Operations that look along one dimension in order: the best elements, sorted elements, running sums.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::CumulativeOperation;
using nvinfer1::TopKOperation;

// A 0-d tensor is reshaped to one element, for layers that need a dimension.
struct Line {
  ITensor* tensor;
  bool was_scalar;
};
Line at_least_1d(ConversionCtx* ctx, ITensor* x) {
  if (rank(x) > 0) return {x, false};
  return {replace_dims(ctx, x, 0, 0, {1}), true};
}

ITensor* back(ConversionCtx* ctx, ITensor* x, const Line& line) {
  return line.was_scalar ? replace_dims(ctx, x, 0, 1, {}) : x;
}

struct Order {
  Size k;
  int32_t dim;
  bool largest;
  bool stable;
};

nvinfer1::ITopKLayer* add_order(ConversionCtx* ctx, ITensor* x, const Order& order) {
  auto* layer =
      ctx->net->addTopK(*x, order.largest ? TopKOperation::kMAX : TopKOperation::kMIN, order.k.value, 1U << order.dim);
  if (!order.k.is_known()) layer->setInput(1, *order.k.computed);
  layer->setIndicesType(nvinfer1::DataType::kINT64);
  layer->setStable(order.stable);
  return layer;
}

// Sorts bools as int32.
void finish_order(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const Order& order) {
  const auto type = scalar_type(x);
  const Line line = at_least_1d(ctx, type == at::kBool ? cast(ctx, x, at::kInt) : x);
  auto* layer = add_order(ctx, line.tensor, order);
  finish(ctx, n, back(ctx, cast(ctx, layer->getOutput(0), type), line), 0);
  finish(ctx, n, back(ctx, layer->getOutput(1), line), 1);
}

// (self, k, dim, largest, sorted): the result is always sorted.
bool topk(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(scalar_type(x) != at::kBool, util::node_info(n) << ": top-k of bools is not defined");
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  finish_order(ctx, n, x, {read_size(ctx, args[1]), dim, args[3].unwrapToBool(), /*stable=*/false});
  return true;
}

Size size_along(ConversionCtx* ctx, ITensor* x, int32_t dim) {
  return rank(x) == 0 ? Size(int64_t{1}) : size_of(ctx, x, dim);
}

// The arguments are (self, dim, descending), or (self, stable?, dim, descending).
bool keeps_order(args& args) { return args.size() > 3 && !is_none(args[1]) && args[1].unwrapToBool(); }

bool sort(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const size_t at = args.size() - 2;
  const int32_t dim = wrap_dim(n, args[at].unwrapToInt(), rank(x));
  finish_order(ctx, n, x, {size_along(ctx, x, dim), dim, args[at + 1].unwrapToBool(), keeps_order(args)});
  return true;
}

bool argsort(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const size_t at = args.size() - 2;
  const int32_t dim = wrap_dim(n, args[at].unwrapToInt(), rank(x));
  const Line line = at_least_1d(ctx, scalar_type(x) == at::kBool ? cast(ctx, x, at::kInt) : x);
  auto* layer =
      add_order(ctx, line.tensor, {size_along(ctx, x, dim), dim, args[at + 1].unwrapToBool(), keeps_order(args)});
  return finish(ctx, n, back(ctx, layer->getOutput(1), line));
}

// Sums and products of integers and bools are int64 unless a dtype is given.
OpConverter running(CumulativeOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
    const auto type = optional_dtype(args[2]);
    if (type) {
      x = cast(ctx, x, *type);
    } else if (!at::isFloatingType(scalar_type(x))) {
      x = cast(ctx, x, at::kLong);
    }
    const Line line = at_least_1d(ctx, x);
    return finish(ctx, n, back(ctx, ctx->net->addCumulative(*line.tensor, operation, dim)->getOutput(0), line));
  };
}

}  // namespace

Family ordering_family() {
  return {
      {"aten::topk", topk},
      {"aten::sort", sort},
      {"aten::sort.stable", sort},
      {"aten::argsort", argsort},
      {"aten::argsort.stable", argsort},
      {"aten::cumsum", running(CumulativeOperation::kSUM)},
      {"aten::cumprod", running(CumulativeOperation::kPROD)},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
