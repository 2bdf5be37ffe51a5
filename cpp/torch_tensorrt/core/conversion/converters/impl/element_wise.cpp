#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Operators on two or three operands, with PyTorch's type promotion.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using Operation = nvinfer1::ElementWiseOperation;

bool is_one(const at::Scalar& value) {
  return value.isIntegral(/*includeBool=*/true) ? value.toLong() == 1 : value.toDouble() == 1.0;
}

// Whether to keep a number's precision in a sum with a half type. PyTorch rounds the number to the dtype on a CPU, but
// computes in float32 on a GPU.
bool keeps_number(const ConversionCtx* ctx, at::ScalarType type, const Operand& operand) {
  const bool on_cpu = ctx->settings.device.is_cpu();
  return !on_cpu && operand.tensor == nullptr && is_rounded_by(type, operand);
}

// a op (alpha * b), with swapped operands for rsub; rounded once.
bool with_alpha(ConversionCtx* ctx, const torch::jit::Node* n, args& args, Operation operation, bool swapped) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  const at::Scalar alpha = args[2].unwrapToScalar();
  const auto type = result_type({self, other});
  const bool keeps = keeps_number(ctx, type, self) || keeps_number(ctx, type, other);
  const auto wide = is_one(alpha) && !keeps ? type : wide_type(type);
  auto* a = cast(ctx, materialize(ctx, self, keeps ? wide : type), wide);
  auto* b = cast(ctx, materialize(ctx, other, keeps ? wide : type), wide);
  auto*& scaled = swapped ? a : b;
  if (!is_one(alpha)) {
    scaled = apply(ctx, Operation::kPROD, scaled, cast(ctx, scalar_constant(ctx, alpha, type), wide));
  }
  const auto is_bool = [](const Operand& x) {
    return x.tensor == nullptr ? x.number.isBoolean() : scalar_type(x.tensor) == at::kBool;
  };
  TORCHTRT_CHECK(operation == Operation::kSUM || (!is_bool(self) && !is_bool(other)),
                 util::node_info(n) << ": subtraction of bools, or from them, is not defined");
  auto* out = swapped ? apply(ctx, operation, b, a) : apply(ctx, operation, a, b);
  return finish(ctx, n, cast(ctx, out, type));
}

OpConverter scaled(Operation operation, bool swapped = false) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return with_alpha(ctx, n, args, operation, swapped);
  };
}

bool plain(ConversionCtx* ctx, const torch::jit::Node* n, args& args, Operation operation) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  const auto type = result_type({self, other});
  auto* a = materialize(ctx, self, type);
  auto* b = materialize(ctx, other, type);
  return finish(ctx, n, apply(ctx, operation, a, b));
}

// A product or quotient in the dtype. PyTorch multiplies and divides float16 and bfloat16 by a number in float32:
// unlike in sums and comparisons, the number is not rounded to the dtype.
ITensor* scaled_by(ConversionCtx* ctx, Operation operation, const Operand& self, const Operand& other,
                   at::ScalarType type) {
  const auto wide = is_rounded_by(type, other) ? wide_type(type) : type;
  auto* a = cast(ctx, materialize(ctx, self, type), wide);
  return apply(ctx, operation, a, materialize(ctx, other, wide));
}

bool multiply(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  const auto type = result_type({self, other});
  return finish(ctx, n, cast(ctx, scaled_by(ctx, Operation::kPROD, self, other, type), type));
}

OpConverter simple(Operation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) { return plain(ctx, n, args, operation); };
}

// True division: converts integers to floats.
bool true_divide(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  auto type = result_type({self, other});
  if (!at::isFloatingType(type)) type = default_float();
  return finish(ctx, n, cast(ctx, scaled_by(ctx, Operation::kDIV, self, other, type), type));
}

bool floor_divide(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  const auto type = result_type({self, other});
  return finish(ctx, n, cast(ctx, scaled_by(ctx, Operation::kFLOOR_DIV, self, other, type), type));
}

bool divide_with_mode(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  if (is_none(args[2])) return true_divide(ctx, n, args);
  const auto mode = args[2].unwrapToString();
  TORCHTRT_CHECK(mode == "floor" || mode == "trunc",
                 util::node_info(n) << ": rounding_mode is '" << mode << "', must be 'floor' or 'trunc'");
  if (mode == "floor") return floor_divide(ctx, n, args);
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  const auto type = result_type({self, other});
  auto* quotient = scaled_by(ctx, Operation::kDIV, self, other, type);
  if (at::isFloatingType(type)) quotient = apply(ctx, nvinfer1::UnaryOperation::kTRUNC, quotient);
  return finish(ctx, n, cast(ctx, quotient, type));
}

// ---- powers -----------------------------------------------------------------------------------------------------

// The powers that PyTorch computes as roots, quotients and products; null for other exponents. Their results differ
// from the general formula at -0.0, at minus infinity, and in rounding.
ITensor* simple_power(ConversionCtx* ctx, ITensor* x, double exponent) {
  using nvinfer1::UnaryOperation;
  const auto product = [&](ITensor* a, ITensor* b) { return apply(ctx, Operation::kPROD, a, b); };
  if (exponent == 1.0) return identity(ctx, x);
  if (exponent == 2.0) return product(x, x);
  if (exponent == 3.0) return product(product(x, x), x);
  if (!at::isFloatingType(scalar_type(x))) return nullptr;
  if (exponent == -2.0) return apply(ctx, UnaryOperation::kRECIP, product(x, x));
  if (exponent == -1.0) return apply(ctx, UnaryOperation::kRECIP, x);
  if (exponent == 0.5) return apply(ctx, UnaryOperation::kSQRT, x);
  if (exponent != -0.5) return nullptr;
  const auto type = scalar_type(x);
  auto* root = apply(ctx, UnaryOperation::kSQRT, cast(ctx, x, wide_type(type)));
  return cast(ctx, apply(ctx, UnaryOperation::kRECIP, root), type);
}

// (self, exponent: a number)
bool power_of_tensor(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand exponent = read_operand(ctx, args[1]);
  const auto type = result_type({self, exponent});
  // PyTorch uses only the general formula for float16.
  if (exponent.tensor == nullptr && type != at::kHalf) {
    auto* out = simple_power(ctx, materialize(ctx, self, type), exponent.number.toDouble());
    if (out != nullptr) return finish(ctx, n, out);
  }
  return plain(ctx, n, args, Operation::kPOW);
}

// The dtype for comparing; bools are compared as integers.
at::ScalarType compared_type(const Operand& a, const Operand& b) {
  const auto type = result_type({a, b});
  return type == at::kBool ? at::kInt : type;
}

// a >= b is (a > b) or (a == b), which is correctly false for NaN.
bool compare(ConversionCtx* ctx, const torch::jit::Node* n, args& args, Operation strict, bool or_equal) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  const auto type = compared_type(self, other);
  auto* a = materialize(ctx, self, type);
  auto* b = materialize(ctx, other, type);
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
  const auto type = compared_type(self, other);
  auto* equal = apply(ctx, Operation::kEQUAL, materialize(ctx, self, type), materialize(ctx, other, type));
  return finish(ctx, n, apply(ctx, nvinfer1::UnaryOperation::kNOT, equal));
}

OpConverter logical(Operation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* a = cast(ctx, args[0].ITensorOrFreeze(ctx), at::kBool);
    auto* b = cast(ctx, args[1].ITensorOrFreeze(ctx), at::kBool);
    return finish(ctx, n, apply(ctx, operation, a, b));
  };
}

// Converts integers to floats.
bool angle(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  auto type = result_type({self, other});
  if (!at::isFloatingType(type)) type = default_float();
  return finish(ctx, n, apply(ctx, Operation::kATAN2, materialize(ctx, self, type), materialize(ctx, other, type)));
}

// Bitwise for integers, logical for bools.
OpConverter bitwise(Operation bits, Operation logic) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const Operand self = read_operand(ctx, args[0]);
    const Operand other = read_operand(ctx, args[1]);
    const auto type = result_type({self, other});
    TORCHTRT_CHECK(!at::isFloatingType(type), util::node_info(n)
                                                  << ": dtype is " << type << ", must be bool or an integer");
    auto* a = materialize(ctx, self, type);
    auto* b = materialize(ctx, other, type);
    return finish(ctx, n, apply(ctx, type == at::kBool ? logic : bits, a, b));
  };
}

// self + value * (a op b)
OpConverter add_combined(Operation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const std::vector<Operand> operands = {read_operand(ctx, args[0]), read_operand(ctx, args[1]),
                                           read_operand(ctx, args[2])};
    const auto type = result_type(operands);
    const auto divided = result_type({operands[1], operands[2]});
    TORCHTRT_CHECK(operation != Operation::kDIV || at::isFloatingType(divided),
                   util::node_info(n) << ": integer division is not defined here; the tensors are " << divided);
    TORCHTRT_CHECK(type != at::kBool, util::node_info(n) << ": the tensors are Bool, must be tensors of numbers");
    const auto wide = wide_type(type);
    auto* combined = materialize(ctx, operands[1], wide);
    const at::Scalar value = args[3].unwrapToScalar();
    if (!is_one(value)) combined = apply(ctx, Operation::kPROD, combined, value);
    combined = apply(ctx, operation, combined, materialize(ctx, operands[2], wide));
    combined = apply(ctx, Operation::kSUM, materialize(ctx, operands[0], wide), combined);
    return finish(ctx, n, cast(ctx, combined, type));
  };
}

// PyTorch's formula, exact at both ends: weight < 0.5 ? a + weight * (b - a) : b - (b - a) * (1 - weight)
bool lerp(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto type = scalar_type(args[0].ITensorOrFreeze(ctx));
  const auto wide = wide_type(type);
  TORCHTRT_CHECK(at::isFloatingType(type), util::node_info(n) << ": self is " << type << ", must be a float tensor");
  const auto operand = [&](size_t i) {
    const Operand x = read_operand(ctx, args[i]);
    TORCHTRT_CHECK(x.tensor == nullptr || scalar_type(x.tensor) == type,
                   util::node_info(n) << ": argument " << i << " is " << scalar_type(x.tensor) << ", must be " << type
                                      << " like self");
    return materialize(ctx, x, wide);
  };
  auto* a = operand(0);
  auto* b = operand(1);
  auto* weight = operand(2);
  auto* step = apply(ctx, Operation::kSUB, b, a);
  auto* from_a = apply(ctx, Operation::kSUM, a, apply(ctx, Operation::kPROD, weight, step));
  auto* rest = apply(ctx, Operation::kSUB, scalar_constant(ctx, 1.0, wide), weight);
  auto* from_b = apply(ctx, Operation::kSUB, b, apply(ctx, Operation::kPROD, step, rest));
  auto* size = apply(ctx, nvinfer1::UnaryOperation::kABS, weight);
  auto* out = choose(ctx, apply(ctx, Operation::kLESS, size, at::Scalar(0.5)), from_a, from_b);
  return finish(ctx, n, cast(ctx, out, type));
}

// Clamps to bounds that are tensors; either bound may be absent.
bool clamp_tensors(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  std::vector<Operand> operands = {read_operand(ctx, args[0])};
  for (const size_t i : {1, 2}) {
    if (i < args.size() && !is_none(args[i])) operands.push_back(read_operand(ctx, args[i]));
  }
  const auto type = result_type(operands);
  TORCHTRT_CHECK(type != at::kBool || operands.size() < 3, util::node_info(n)
                                                               << ": the tensors are Bool, must be tensors of numbers");
  auto* out = materialize(ctx, operands[0], type);
  size_t next = 1;
  if (!is_none(args[1])) out = apply(ctx, Operation::kMAX, out, materialize(ctx, operands[next++], type));
  if (!is_none(args[2])) out = apply(ctx, Operation::kMIN, out, materialize(ctx, operands[next], type));
  return finish(ctx, n, out);
}

// log(exp(a) + exp(b)) = max + log1p(exp(-|a - b|)); for equal infinities the result is that infinity.
bool log_add_exp(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Operand self = read_operand(ctx, args[0]);
  const Operand other = read_operand(ctx, args[1]);
  const auto type = result_type({self, other});
  TORCHTRT_CHECK(at::isFloatingType(type), util::node_info(n)
                                               << ": the tensors are " << type << ", must be float tensors");
  const auto wide = wide_type(type);
  auto* a = materialize(ctx, self, wide);
  auto* b = materialize(ctx, other, wide);
  auto* largest = apply(ctx, Operation::kMAX, a, b);
  auto* distance = apply(ctx, nvinfer1::UnaryOperation::kABS, apply(ctx, Operation::kSUB, a, b));
  auto* small = apply(ctx, nvinfer1::UnaryOperation::kEXP, apply(ctx, nvinfer1::UnaryOperation::kNEG, distance));
  auto* sum = apply(ctx, Operation::kSUM, largest, apply(ctx, nvinfer1::UnaryOperation::kLOG1P, small));
  auto* infinite = apply(ctx, Operation::kAND, apply(ctx, nvinfer1::UnaryOperation::kISINF, largest),
                         apply(ctx, Operation::kEQUAL, a, b));
  return finish(ctx, n, cast(ctx, choose(ctx, infinite, largest, sum), type));
}

bool where(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* condition = cast(ctx, args[0].ITensorOrFreeze(ctx), at::kBool);
  const Operand a = read_operand(ctx, args[1]);
  const Operand b = read_operand(ctx, args[2]);
  const auto type = result_type({a, b});
  return finish(ctx, n, choose(ctx, condition, materialize(ctx, a, type), materialize(ctx, b, type)));
}

bool masked_fill(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* mask = cast(ctx, args[1].ITensorOrFreeze(ctx), at::kBool);
  auto* value = materialize(ctx, read_operand(ctx, args[2]), scalar_type(x));
  return finish(ctx, n, choose(ctx, mask, value, x));
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
      {"aten::mul.Tensor", multiply},
      {"aten::mul.Scalar", multiply},
      {"aten::div.Tensor", true_divide},
      {"aten::div.Scalar", true_divide},
      {"aten::div.Tensor_mode", divide_with_mode},
      {"aten::div.Scalar_mode", divide_with_mode},
      {"aten::floor_divide", floor_divide},
      {"aten::floor_divide.Scalar", floor_divide},
      {"aten::pow.Tensor_Tensor", simple(Operation::kPOW)},
      {"aten::pow.Tensor_Scalar", power_of_tensor},
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
      {"aten::true_divide.Tensor", true_divide},
      {"aten::true_divide.Scalar", true_divide},
      {"aten::divide.Tensor", true_divide},
      {"aten::divide.Scalar", true_divide},
      {"aten::multiply.Tensor", multiply},
      {"aten::multiply.Scalar", multiply},
      {"aten::subtract.Tensor", scaled(Operation::kSUB)},
      {"aten::subtract.Scalar", scaled(Operation::kSUB)},
      {"aten::atan2", angle},
      {"aten::arctan2", angle},
      {"aten::fmod.Tensor", simple(Operation::kFMOD)},
      {"aten::fmod.Scalar", simple(Operation::kFMOD)},
      {"aten::remainder.Tensor", simple(Operation::kREMAINDER)},
      {"aten::remainder.Scalar", simple(Operation::kREMAINDER)},
      {"aten::remainder.Scalar_Tensor", simple(Operation::kREMAINDER)},
      {"aten::bitwise_and.Tensor", bitwise(Operation::kBIT_AND, Operation::kAND)},
      {"aten::bitwise_and.Scalar", bitwise(Operation::kBIT_AND, Operation::kAND)},
      {"aten::bitwise_and.Scalar_Tensor", bitwise(Operation::kBIT_AND, Operation::kAND)},
      {"aten::bitwise_or.Tensor", bitwise(Operation::kBIT_OR, Operation::kOR)},
      {"aten::bitwise_or.Scalar", bitwise(Operation::kBIT_OR, Operation::kOR)},
      {"aten::bitwise_or.Scalar_Tensor", bitwise(Operation::kBIT_OR, Operation::kOR)},
      {"aten::bitwise_xor.Tensor", bitwise(Operation::kBIT_XOR, Operation::kXOR)},
      {"aten::bitwise_xor.Scalar", bitwise(Operation::kBIT_XOR, Operation::kXOR)},
      {"aten::bitwise_xor.Scalar_Tensor", bitwise(Operation::kBIT_XOR, Operation::kXOR)},
      {"aten::__and__.Tensor", bitwise(Operation::kBIT_AND, Operation::kAND)},
      {"aten::__and__.Scalar", bitwise(Operation::kBIT_AND, Operation::kAND)},
      {"aten::__or__.Tensor", bitwise(Operation::kBIT_OR, Operation::kOR)},
      {"aten::__or__.Scalar", bitwise(Operation::kBIT_OR, Operation::kOR)},
      {"aten::__xor__.Tensor", bitwise(Operation::kBIT_XOR, Operation::kXOR)},
      {"aten::__xor__.Scalar", bitwise(Operation::kBIT_XOR, Operation::kXOR)},
      {"aten::addcmul", add_combined(Operation::kPROD)},
      {"aten::addcdiv", add_combined(Operation::kDIV)},
      {"aten::lerp.Scalar", lerp},
      {"aten::lerp.Tensor", lerp},
      {"aten::clamp.Tensor", clamp_tensors},
      {"aten::clip.Tensor", clamp_tensors},
      {"aten::clamp_min.Tensor", simple(Operation::kMAX)},
      {"aten::clamp_max.Tensor", simple(Operation::kMIN)},
      {"aten::logaddexp", log_add_exp},
      {"aten::logical_and", logical(Operation::kAND)},
      {"aten::logical_or", logical(Operation::kOR)},
      {"aten::logical_xor", logical(Operation::kXOR)},
      {"aten::where.self", where},
      {"aten::where.ScalarOther", where},
      {"aten::where.ScalarSelf", where},
      {"aten::where.Scalar", where},
      {"aten::masked_fill.Scalar", masked_fill},
      {"aten::masked_fill.Tensor", masked_fill},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
