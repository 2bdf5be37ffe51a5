#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ReduceOperation;

std::vector<int64_t> dims_or_all(Var& arg) {
  if (is_none(arg)) return {};
  if (arg.isInt()) return {arg.unwrapToInt()};
  return int_vector(arg.unwrapToIntList());
}

ITensor* reduce(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, ReduceOperation operation,
                const std::vector<int64_t>& dims, bool keep) {
  const uint32_t axes = axes_mask(n, dims, rank(input));
  return ctx->net->addReduce(*input, operation, axes, keep)->getOutput(0);
}

// Sums and products of integers and bools are int64, unless a dtype is given; means must be of floats.
ITensor* accumulator(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, ReduceOperation operation,
                     std::optional<at::ScalarType> type) {
  if (type) return cast(ctx, input, *type);
  const auto own = scalar_type(input);
  if (at::isFloatingType(own)) return input;
  TORCHTRT_CHECK(operation != ReduceOperation::kAVG, util::node_info(n)
                                                         << ": the mean of " << own << " is not defined; give a dtype");
  return cast(ctx, input, at::kLong);
}

// (self, *, dtype)
OpConverter over_all(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = accumulator(ctx, n, args[0].ITensorOrFreeze(ctx), operation, optional_dtype(args[1]));
    return finish(ctx, n, reduce(ctx, n, input, operation, {}, /*keep=*/false));
  };
}

// (self, dim, keepdim, *, dtype)
OpConverter over_dims(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = accumulator(ctx, n, args[0].ITensorOrFreeze(ctx), operation, optional_dtype(args[3]));
    return finish(ctx, n, reduce(ctx, n, input, operation, dims_or_all(args[1]), args[2].unwrapToBool()));
  };
}

// (self)
OpConverter extreme(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return finish(ctx, n, reduce(ctx, n, args[0].ITensorOrFreeze(ctx), operation, {}, /*keep=*/false));
  };
}

// (self, dim, keepdim)
OpConverter extreme_over_dims(ReduceOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = args[0].ITensorOrFreeze(ctx);
    return finish(ctx, n, reduce(ctx, n, input, operation, dims_or_all(args[1]), args[2].unwrapToBool()));
  };
}

Decision indices_unused(const torch::jit::Node* n) {
  if (!n->outputs()[1]->hasUses()) return Decision::yes();
  return Decision::no("the indices of max and min along a dimension are not converted, only the values");
}

}  // namespace

Family reduce_family() {
  return {
      {"aten::mean", over_all(ReduceOperation::kAVG)},
      {"aten::mean.dim", over_dims(ReduceOperation::kAVG)},
      {"aten::sum", over_all(ReduceOperation::kSUM)},
      {"aten::sum.dim_IntList", over_dims(ReduceOperation::kSUM)},
      {"aten::prod", over_all(ReduceOperation::kPROD)},
      {"aten::prod.dim_int", over_dims(ReduceOperation::kPROD)},
      {"aten::max", extreme(ReduceOperation::kMAX)},
      {"aten::min", extreme(ReduceOperation::kMIN)},
      {"aten::amax", extreme_over_dims(ReduceOperation::kMAX)},
      {"aten::amin", extreme_over_dims(ReduceOperation::kMIN)},
      {"aten::max.dim", extreme_over_dims(ReduceOperation::kMAX), indices_unused},
      {"aten::min.dim", extreme_over_dims(ReduceOperation::kMIN), indices_unused},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
