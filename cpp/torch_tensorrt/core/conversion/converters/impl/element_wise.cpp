#include "ATen/native/TypeProperties.h"

#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

// Two operands with PyTorch's type promotion: tensors of one rank-zero-ness promote together; a 0-d tensor or a number
// only changes the category (bool, integer, float) of the result, never its width.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using Operation = nvinfer1::ElementWiseOperation;

struct Operand {
  ITensor* tensor = nullptr;
  at::Scalar number;
};

Operand read_operand(ConversionCtx* ctx, Var& arg) {
  if (arg.isITensor() || arg.isTensor()) return {arg.ITensorOrFreeze(ctx), {}};
  return {nullptr, arg.unwrapToScalar()};
}

at::native::ResultTypeState add_to(at::native::ResultTypeState state, const Operand& operand) {
  if (operand.tensor == nullptr) return at::native::update_result_type_state(operand.number, state);
  std::vector<int64_t> shape(rank(operand.tensor), 1);
  const auto meta = at::empty(shape, at::TensorOptions().dtype(scalar_type(operand.tensor)).device(at::kMeta));
  return at::native::update_result_type_state(meta, state);
}

at::ScalarType result_type(const Operand& a, const Operand& b) {
  return at::native::result_type(add_to(add_to({}, a), b));
}

ITensor* materialise(ConversionCtx* ctx, const Operand& operand, at::ScalarType type) {
  if (operand.tensor != nullptr) return cast(ctx, operand.tensor, type);
  return scalar_constant(ctx, operand.number, type);
}

ITensor* apply(ConversionCtx* ctx, Operation operation, ITensor* a, ITensor* b) {
  return ctx->net->addElementWise(*a, *b, operation)->getOutput(0);
}

bool is_one(const at::Scalar& value) {
  return value.isIntegral(/*includeBool=*/true) ? value.toLong() == 1 : value.toDouble() == 1.0;
}

// a op (alpha * b), or (alpha * b) ... with the operands swapped for rsub.
bool with_alpha(ConversionCtx* ctx, const torch::jit::Node* n, args& args, Operation operation, bool swapped) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  const at::Scalar alpha = args[2].unwrapToScalar();
  auto type = result_type(self, other);
  auto* a = materialise(ctx, self, type);
  auto* b = materialise(ctx, other, type);
  auto*& scaled = swapped ? a : b;
  if (!is_one(alpha)) scaled = apply(ctx, Operation::kPROD, scaled, scalar_constant(ctx, alpha, type));
  // PyTorch adds bools as "or".
  if (type == at::kBool) {
    TORCHTRT_CHECK(operation == Operation::kSUM, util::node_info(n) << ": subtraction of bools is not defined");
    return finish(ctx, n, apply(ctx, Operation::kOR, a, b));
  }
  return finish(ctx, n, swapped ? apply(ctx, operation, b, a) : apply(ctx, operation, a, b));
}

OpConverter scaled(Operation operation, bool swapped = false) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return with_alpha(ctx, n, args, operation, swapped);
  };
}

bool plain(ConversionCtx* ctx, const torch::jit::Node* n, args& args, Operation operation) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  const auto type = result_type(self, other);
  auto* a = materialise(ctx, self, type);
  auto* b = materialise(ctx, other, type);
  if (type == at::kBool && (operation == Operation::kPROD || operation == Operation::kMIN)) operation = Operation::kAND;
  if (type == at::kBool && operation == Operation::kMAX) operation = Operation::kOR;
  return finish(ctx, n, apply(ctx, operation, a, b));
}

OpConverter simple(Operation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) { return plain(ctx, n, args, operation); };
}

// True division: integers become float32.
bool true_divide(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  auto type = result_type(self, other);
  if (!at::isFloatingType(type)) type = at::kFloat;
  return finish(ctx, n, apply(ctx, Operation::kDIV, materialise(ctx, self, type), materialise(ctx, other, type)));
}

// Rounds toward zero: floor of the magnitude with the sign of the value.
ITensor* truncate(ConversionCtx* ctx, ITensor* x) {
  auto* magnitude = ctx->net->addUnary(*x, nvinfer1::UnaryOperation::kABS)->getOutput(0);
  auto* floored = ctx->net->addUnary(*magnitude, nvinfer1::UnaryOperation::kFLOOR)->getOutput(0);
  auto* sign = ctx->net->addUnary(*x, nvinfer1::UnaryOperation::kSIGN)->getOutput(0);
  return apply(ctx, Operation::kPROD, floored, sign);
}

bool divide_with_mode(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  if (is_none(args[2])) return true_divide(ctx, n, args);
  const auto mode = args[2].unwrapToString();
  TORCHTRT_CHECK(mode == "floor" || mode == "trunc",
                 util::node_info(n) << ": rounding_mode is '" << mode << "', must be 'floor' or 'trunc'");
  if (mode == "floor") return plain(ctx, n, args, Operation::kFLOOR_DIV);
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  const auto type = result_type(self, other);
  auto* quotient = apply(ctx, Operation::kDIV, materialise(ctx, self, type), materialise(ctx, other, type));
  return finish(ctx, n, at::isFloatingType(type) ? truncate(ctx, quotient) : quotient);
}

bool floor_divide(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return plain(ctx, n, args, Operation::kFLOOR_DIV);
}

ITensor* not_(ConversionCtx* ctx, ITensor* x) {
  return ctx->net->addUnary(*x, nvinfer1::UnaryOperation::kNOT)->getOutput(0);
}

// a >= b is (a > b) or (a == b), which is false for NaN as it must be.
bool compare(ConversionCtx* ctx, const torch::jit::Node* n, args& args, Operation strict, bool or_equal) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  auto type = result_type(self, other);
  if (type == at::kBool) type = at::kInt;
  auto* a = materialise(ctx, self, type);
  auto* b = materialise(ctx, other, type);
  auto* out = apply(ctx, strict, a, b);
  if (or_equal) out = apply(ctx, Operation::kOR, out, apply(ctx, Operation::kEQUAL, a, b));
  return finish(ctx, n, out);
}

OpConverter comparison(Operation strict, bool or_equal) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return compare(ctx, n, args, strict, or_equal);
  };
}

bool not_equal(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  auto type = result_type(self, other);
  if (type == at::kBool) type = at::kInt;
  auto* equal = apply(ctx, Operation::kEQUAL, materialise(ctx, self, type), materialise(ctx, other, type));
  return finish(ctx, n, not_(ctx, equal));
}

OpConverter logical(Operation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* a = cast(ctx, args[0].ITensorOrFreeze(ctx), at::kBool);
    auto* b = cast(ctx, args[1].ITensorOrFreeze(ctx), at::kBool);
    return finish(ctx, n, apply(ctx, operation, a, b));
  };
}

}  // namespace

Family element_wise_family() {
  return {
      {"aten::add.Tensor", scaled(Operation::kSUM)},
      {"aten::add.Scalar", scaled(Operation::kSUM)},
      {"aten::sub.Tensor", scaled(Operation::kSUB)},
      {"aten::sub.Scalar", scaled(Operation::kSUB)},
      {"aten::rsub.Tensor", scaled(Operation::kSUB, /*swapped=*/true)},
      {"aten::rsub.Scalar", scaled(Operation::kSUB, /*swapped=*/true)},
      {"aten::mul.Tensor", simple(Operation::kPROD)},
      {"aten::mul.Scalar", simple(Operation::kPROD)},
      {"aten::div.Tensor", true_divide},
      {"aten::div.Scalar", true_divide},
      {"aten::div.Tensor_mode", divide_with_mode},
      {"aten::div.Scalar_mode", divide_with_mode},
      {"aten::floor_divide", floor_divide},
      {"aten::floor_divide.Scalar", floor_divide},
      {"aten::pow.Tensor_Tensor", simple(Operation::kPOW)},
      {"aten::pow.Tensor_Scalar", simple(Operation::kPOW)},
      {"aten::pow.Scalar", simple(Operation::kPOW)},
      {"aten::max.other", simple(Operation::kMAX)},
      {"aten::maximum", simple(Operation::kMAX)},
      {"aten::min.other", simple(Operation::kMIN)},
      {"aten::minimum", simple(Operation::kMIN)},
      {"aten::eq.Tensor", comparison(Operation::kEQUAL, /*or_equal=*/false)},
      {"aten::eq.Scalar", comparison(Operation::kEQUAL, /*or_equal=*/false)},
      {"aten::gt.Tensor", comparison(Operation::kGREATER, /*or_equal=*/false)},
      {"aten::gt.Scalar", comparison(Operation::kGREATER, /*or_equal=*/false)},
      {"aten::lt.Tensor", comparison(Operation::kLESS, /*or_equal=*/false)},
      {"aten::lt.Scalar", comparison(Operation::kLESS, /*or_equal=*/false)},
      {"aten::ge.Tensor", comparison(Operation::kGREATER, /*or_equal=*/true)},
      {"aten::ge.Scalar", comparison(Operation::kGREATER, /*or_equal=*/true)},
      {"aten::le.Tensor", comparison(Operation::kLESS, /*or_equal=*/true)},
      {"aten::le.Scalar", comparison(Operation::kLESS, /*or_equal=*/true)},
      {"aten::ne.Tensor", not_equal},
      {"aten::ne.Scalar", not_equal},
      {"aten::logical_and", logical(Operation::kAND)},
      {"aten::logical_or", logical(Operation::kOR)},
      {"aten::logical_xor", logical(Operation::kXOR)},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
