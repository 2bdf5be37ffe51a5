#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::MatrixOperation;

ITensor* multiply(ConversionCtx* ctx, ITensor* a, MatrixOperation op_a, ITensor* b, MatrixOperation op_b) {
  return ctx->net->addMatrixMultiply(*a, op_a, *b, op_b)->getOutput(0);
}

ITensor* product(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* a, ITensor* b) {
  TORCHTRT_CHECK(rank(a) >= 1 && rank(b) >= 1, util::node_info(n) << ": a 0-d tensor cannot be multiplied");
  const auto operation = [](ITensor* tensor) {
    return rank(tensor) == 1 ? MatrixOperation::kVECTOR : MatrixOperation::kNONE;
  };
  return multiply(ctx, a, operation(a), b, operation(b));
}

bool matmul(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, product(ctx, n, args[0].ITensorOrFreeze(ctx), args[1].ITensorOrFreeze(ctx)));
}

// Checks the operands of operators that PyTorch defines only for matrices, or for batches of matrices.
void check_ranks(const torch::jit::Node* n, ITensor* a, ITensor* b, int32_t wanted) {
  TORCHTRT_CHECK(rank(a) == wanted && rank(b) == wanted,
                 util::node_info(n) << ": the ranks are " << rank(a) << " and " << rank(b) << ", must be " << wanted);
  const int64_t batch_a = a->getDimensions().d[0];
  const int64_t batch_b = b->getDimensions().d[0];
  TORCHTRT_CHECK(wanted == 2 || batch_a < 0 || batch_b < 0 || batch_a == batch_b,
                 util::node_info(n) << ": the batches are " << batch_a << " and " << batch_b << ", must be equal");
}

OpConverter product_of_rank(int32_t wanted) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* a = args[0].ITensorOrFreeze(ctx);
    auto* b = args[1].ITensorOrFreeze(ctx);
    check_ranks(n, a, b, wanted);
    return finish(ctx, n, product(ctx, n, a, b));
  };
}

// input x weight^T + bias; the weight is out x in, or a vector.
bool linear(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  auto* weight = args[1].ITensorOrFreeze(ctx);
  const auto input_op = rank(input) == 1 ? MatrixOperation::kVECTOR : MatrixOperation::kNONE;
  const auto weight_op = rank(weight) == 1 ? MatrixOperation::kVECTOR : MatrixOperation::kTRANSPOSE;
  auto* out = multiply(ctx, input, input_op, weight, weight_op);
  out->producer()->setName(util::node_info(n).c_str());
  if (is_none(args[2])) return finish(ctx, n, out);
  auto* bias = args[2].ITensorOrFreeze(ctx);
  return finish(ctx, n, ctx->net->addElementWise(*out, *bias, ElementWiseOperation::kSUM)->getOutput(0));
}

ITensor* scaled(ConversionCtx* ctx, ITensor* x, const at::Scalar& factor) {
  if (factor.toDouble() == 1.0) return x;
  auto* constant = scalar_constant(ctx, factor, scalar_type(x));
  return ctx->net->addElementWise(*x, *constant, ElementWiseOperation::kPROD)->getOutput(0);
}

// beta * self + alpha * (a x b); with beta 0 the values of self are ignored, even NaN.
ITensor* add_product(ConversionCtx* ctx, args& args, ITensor* product) {
  const at::Scalar beta = args[3].unwrapToScalar();
  auto* out = scaled(ctx, product, args[4].unwrapToScalar());
  if (beta.toDouble() == 0.0) return out;
  auto* self = scaled(ctx, cast(ctx, args[0].ITensorOrFreeze(ctx), scalar_type(out)), beta);
  return ctx->net->addElementWise(*out, *self, ElementWiseOperation::kSUM)->getOutput(0);
}

void check_types(const torch::jit::Node* n, ITensor* self, ITensor* a) {
  TORCHTRT_CHECK(scalar_type(self) == scalar_type(a), util::node_info(n)
                                                          << ": self is " << scalar_type(self) << ", must be "
                                                          << scalar_type(a) << " like the matrices");
}

// The factors are rounded once, as in PyTorch.
bool addmm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* a = args[1].ITensorOrFreeze(ctx);
  auto* b = args[2].ITensorOrFreeze(ctx);
  check_types(n, args[0].ITensorOrFreeze(ctx), a);
  check_ranks(n, a, b, 2);
  const auto type = scalar_type(a);
  const bool is_plain = args[3].unwrapToScalar().toDouble() == 1.0 && args[4].unwrapToScalar().toDouble() == 1.0;
  const auto wide = is_plain ? type : wide_type(type);
  auto* out = product(ctx, n, cast(ctx, a, wide), cast(ctx, b, wide));
  return finish(ctx, n, cast(ctx, add_product(ctx, args, out), type));
}

// Rounds once, as PyTorch does.
bool baddbmm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* a = args[1].ITensorOrFreeze(ctx);
  auto* b = args[2].ITensorOrFreeze(ctx);
  check_types(n, args[0].ITensorOrFreeze(ctx), a);
  check_ranks(n, a, b, 3);
  const auto type = scalar_type(a);
  const auto wide = wide_type(type);
  auto* out = product(ctx, n, cast(ctx, a, wide), cast(ctx, b, wide));
  return finish(ctx, n, cast(ctx, add_product(ctx, args, out), type));
}

// Also sums the products of the batch.
bool addbmm(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* a = args[1].ITensorOrFreeze(ctx);
  auto* b = args[2].ITensorOrFreeze(ctx);
  check_types(n, args[0].ITensorOrFreeze(ctx), a);
  check_ranks(n, a, b, 3);
  const auto type = scalar_type(a);
  const auto wide = wide_type(type);
  auto* out = product(ctx, n, cast(ctx, a, wide), cast(ctx, b, wide));
  out = reduce(ctx, nvinfer1::ReduceOperation::kSUM, out, 1U, /*keep=*/false);
  return finish(ctx, n, cast(ctx, add_product(ctx, args, out), type));
}

}  // namespace

Family matmul_family() {
  return {
      {"aten::matmul", matmul}, {"aten::mm", product_of_rank(2)}, {"aten::bmm", product_of_rank(3)},
      {"aten::linear", linear}, {"aten::addmm", addmm},           {"aten::baddbmm", baddbmm},
      {"aten::addbmm", addbmm},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
