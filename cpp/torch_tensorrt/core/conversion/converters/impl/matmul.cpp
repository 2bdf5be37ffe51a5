#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

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

// beta * self + alpha * (a x b); with beta 0 self is not read, NaN or not.
bool add_product(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* out = product(ctx, n, args[1].ITensorOrFreeze(ctx), args[2].ITensorOrFreeze(ctx));
  const at::Scalar beta = args[3].unwrapToScalar();
  out = scaled(ctx, out, args[4].unwrapToScalar());
  if (beta.toDouble() == 0.0) return finish(ctx, n, out);
  auto* self = scaled(ctx, args[0].ITensorOrFreeze(ctx), beta);
  return finish(ctx, n, ctx->net->addElementWise(*out, *self, ElementWiseOperation::kSUM)->getOutput(0));
}

}  // namespace

Family matmul_family() {
  return {
      {"aten::matmul", matmul}, {"aten::mm", matmul},         {"aten::bmm", matmul},
      {"aten::linear", linear}, {"aten::addmm", add_product}, {"aten::baddbmm", add_product},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
