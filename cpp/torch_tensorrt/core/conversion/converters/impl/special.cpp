#include <cmath>
#include <limits>

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Functions of one or two numbers that take several layers; corner cases are those of PyTorch.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using Operation = nvinfer1::ElementWiseOperation;
using nvinfer1::UnaryOperation;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kPi = 3.14159265358979323846;

ITensor* constant_like(ConversionCtx* ctx, ITensor* x, double value) {
  return scalar_constant(ctx, value, scalar_type(x));
}

// Both operands in their promoted dtype; integers become floats if the function is defined for floats.
struct Pair {
  ITensor* a;
  ITensor* b;
};
Pair read_pair(ConversionCtx* ctx, args& args, bool of_floats) {
  const Operand a = read_operand(ctx, args[0]);
  const Operand b = read_operand(ctx, args[1]);
  auto type = result_type({a, b});
  if (of_floats && !at::isFloatingType(type)) type = default_float();
  return {materialize(ctx, a, type), materialize(ctx, b, type)};
}

// The layers of a function compute in the wide type, so that its result is rounded once, as in PyTorch.
using PairFunction = ITensor* (*)(ConversionCtx*, ITensor* a, ITensor* b);
OpConverter of_pair(PairFunction function, bool of_floats) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const Pair pair = read_pair(ctx, args, of_floats);
    const auto type = scalar_type(pair.a);
    const auto wide = of_floats ? wide_type(type) : type;  // the others select a number
    return finish(ctx, n, cast(ctx, function(ctx, cast(ctx, pair.a, wide), cast(ctx, pair.b, wide)), type));
  };
}

using Function = ITensor* (*)(ConversionCtx*, ITensor* x);
OpConverter of_one(Function function) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = as_float(ctx, args[0].ITensorOrFreeze(ctx));
    const auto type = scalar_type(x);
    return finish(ctx, n, cast(ctx, function(ctx, cast(ctx, x, wide_type(type))), type));
  };
}

// ---- of two numbers ---------------------------------------------------------------------------------------------

// The larger (smaller) number; if one is NaN, the other.
template <Operation operation>
ITensor* ignoring_nan(ConversionCtx* ctx, ITensor* a, ITensor* b) {
  if (scalar_type(a) == at::kBool)
    return apply(ctx, operation == Operation::kMAX ? Operation::kOR : Operation::kAND, a, b);
  auto* best = apply(ctx, operation, a, b);
  if (!at::isFloatingType(scalar_type(a))) return best;
  best = choose(ctx, apply(ctx, UnaryOperation::kISNAN, b), a, best);
  return choose(ctx, apply(ctx, UnaryOperation::kISNAN, a), b, best);
}

// 0 below zero and for NaN, 1 above zero, b at zero.
ITensor* heaviside(ConversionCtx* ctx, ITensor* a, ITensor* b) {
  auto* above = cast(ctx, apply(ctx, Operation::kGREATER, a, at::Scalar(0)), scalar_type(a));
  return choose(ctx, apply(ctx, Operation::kEQUAL, a, at::Scalar(0)), b, above);
}

// sqrt(a^2 + b^2) as the larger times sqrt(1 + ratio^2), to avoid large squares; infinite if a or b is.
ITensor* hypot(ConversionCtx* ctx, ITensor* a, ITensor* b) {
  auto* x = apply(ctx, UnaryOperation::kABS, a);
  auto* y = apply(ctx, UnaryOperation::kABS, b);
  auto* large = apply(ctx, Operation::kMAX, x, y);
  auto* is_zero = apply(ctx, Operation::kEQUAL, large, at::Scalar(0.0));
  auto* divisor = choose(ctx, is_zero, constant_like(ctx, a, 1.0), large);
  auto* ratio = apply(ctx, Operation::kDIV, apply(ctx, Operation::kMIN, x, y), divisor);
  auto* squared = apply(ctx, Operation::kSUM, apply(ctx, Operation::kPROD, ratio, ratio), at::Scalar(1.0));
  auto* length = apply(ctx, Operation::kPROD, large, apply(ctx, UnaryOperation::kSQRT, squared));
  auto* infinite =
      apply(ctx, Operation::kOR, apply(ctx, UnaryOperation::kISINF, a), apply(ctx, UnaryOperation::kISINF, b));
  return choose(ctx, infinite, constant_like(ctx, a, kInfinity), length);
}

// Whether x is below zero or is -0.0, whose inverse is minus infinity.
ITensor* has_sign(ConversionCtx* ctx, ITensor* x) {
  auto* negative = apply(ctx, Operation::kLESS, x, at::Scalar(0));
  if (!at::isFloatingType(scalar_type(x))) return negative;
  auto* inverse = apply(ctx, Operation::kLESS, apply(ctx, UnaryOperation::kRECIP, x), at::Scalar(0.0));
  return apply(ctx, Operation::kOR, negative, inverse);
}

ITensor* copysign(ConversionCtx* ctx, ITensor* a, ITensor* b) {
  auto* size = apply(ctx, UnaryOperation::kABS, a);
  return choose(ctx, has_sign(ctx, b), apply(ctx, UnaryOperation::kNEG, size), size);
}

// log2(2^a + 2^b) = max + log2(1 + 2^-|a - b|); for equal infinities the result is that infinity.
ITensor* log_add_exp2(ConversionCtx* ctx, ITensor* a, ITensor* b) {
  auto* largest = apply(ctx, Operation::kMAX, a, b);
  auto* distance = apply(ctx, UnaryOperation::kABS, apply(ctx, Operation::kSUB, a, b));
  auto* small = apply(ctx, UnaryOperation::kEXP2, apply(ctx, UnaryOperation::kNEG, distance));
  auto* more = apply(ctx, Operation::kPROD, apply(ctx, UnaryOperation::kLOG1P, small), at::Scalar(1.0 / std::log(2.0)));
  auto* infinite =
      apply(ctx, Operation::kAND, apply(ctx, UnaryOperation::kISINF, largest), apply(ctx, Operation::kEQUAL, a, b));
  return choose(ctx, infinite, largest, apply(ctx, Operation::kSUM, largest, more));
}

// a * log(b); 0 if a is 0, whatever b is except NaN.
template <UnaryOperation logarithm>
ITensor* times_log(ConversionCtx* ctx, ITensor* a, ITensor* b) {
  auto* product = apply(ctx, Operation::kPROD, a, apply(ctx, logarithm, b));
  auto* number = apply(ctx, UnaryOperation::kNOT, apply(ctx, UnaryOperation::kISNAN, b));
  auto* nothing = apply(ctx, Operation::kAND, apply(ctx, Operation::kEQUAL, a, at::Scalar(0.0)), number);
  return choose(ctx, nothing, constant_like(ctx, a, 0.0), product);
}

// a * 2^b. For an integer b the power has the default float dtype; if a is a float then, the result keeps the dtype of
// a, however large the power is.
bool load_exponent(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* b = args[1].ITensorOrFreeze(ctx);
  auto* power = apply(ctx, UnaryOperation::kEXP2, as_float(ctx, b));
  const Operand a = read_operand(ctx, args[0]);
  const auto type = result_type({a, Operand{power, {}}});
  auto* product = apply(ctx, Operation::kPROD, materialize(ctx, a, type), cast(ctx, power, type));
  const bool keeps = !at::isFloatingType(scalar_type(b)) && at::isFloatingType(scalar_type(a.tensor));
  return finish(ctx, n, keeps ? cast(ctx, product, scalar_type(a.tensor)) : product);
}

// Computes the power in float64.
bool float_power(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* base = materialize(ctx, read_operand(ctx, args[0]), at::kDouble);
  auto* exponent = materialize(ctx, read_operand(ctx, args[1]), at::kDouble);
  return finish(ctx, n, apply(ctx, Operation::kPOW, base, exponent));
}

// (self, other, rtol, atol, equal_nan): equal, or both finite with |a - b| <= atol + rtol * |b|.
bool is_close(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Pair pair = read_pair(ctx, args, /*of_floats=*/false);
  auto* equal = apply(ctx, Operation::kEQUAL, pair.a, pair.b);
  if (scalar_type(pair.a) == at::kBool) return finish(ctx, n, equal);
  auto* a = as_float(ctx, pair.a);
  auto* b = as_float(ctx, pair.b);
  // PyTorch also computes the distance of integers in floats.
  auto* distance = apply(ctx, UnaryOperation::kABS, apply(ctx, Operation::kSUB, a, b));
  auto* allowed = apply(ctx, Operation::kPROD, apply(ctx, UnaryOperation::kABS, b), args[2].unwrapToScalar());
  allowed = apply(ctx, Operation::kSUM, allowed, args[3].unwrapToScalar());
  auto* beyond = apply(ctx, Operation::kGREATER, distance, allowed);
  auto* not_finite = apply(ctx, Operation::kOR, apply(ctx, UnaryOperation::kISINF, distance),
                           apply(ctx, UnaryOperation::kISNAN, distance));
  auto* near = apply(ctx, UnaryOperation::kNOT, apply(ctx, Operation::kOR, beyond, not_finite));
  auto* close = apply(ctx, Operation::kOR, equal, near);
  if (!args[4].unwrapToBool()) return finish(ctx, n, close);
  auto* both =
      apply(ctx, Operation::kAND, apply(ctx, UnaryOperation::kISNAN, a), apply(ctx, UnaryOperation::kISNAN, b));
  return finish(ctx, n, apply(ctx, Operation::kOR, close, both));
}

// ---- shifts of integers -----------------------------------------------------------------------------------------

int64_t bits_of(at::ScalarType type) { return static_cast<int64_t>(c10::elementSize(type)) * 8; }

Pair read_integers(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Pair pair = read_pair(ctx, args, /*of_floats=*/false);
  TORCHTRT_CHECK(at::isIntegralType(scalar_type(pair.a), /*includeBool=*/false),
                 util::node_info(n) << ": dtype is " << scalar_type(pair.a) << ", must be an integer");
  return pair;
}

// a * 2^b; the power is 0 if b is negative or exceeds the bits, which gives PyTorch's result.
ITensor* shifted_left(ConversionCtx* ctx, const Pair& pair) {
  auto* power = apply(ctx, Operation::kPOW, constant_like(ctx, pair.a, 2), pair.b);
  return apply(ctx, Operation::kPROD, pair.a, power);
}

// floor(a / 2^b), in two steps because a signed type cannot hold 2^(bits - 1). A shift that is negative or exceeds the
// bits leaves only the sign, as in PyTorch.
ITensor* shifted_right(ConversionCtx* ctx, const Pair& pair) {
  const auto type = scalar_type(pair.a);
  const int64_t most = type == at::kByte ? 8 : bits_of(type) - 1;
  auto* by = apply(ctx, Operation::kMIN, pair.b, at::Scalar(most));
  if (type != at::kByte) {
    by = choose(ctx, apply(ctx, Operation::kLESS, by, at::Scalar(0)), scalar_constant(ctx, most, type), by);
  }
  auto* first = apply(ctx, Operation::kFLOOR_DIV, by, at::Scalar(2));
  auto* second = apply(ctx, Operation::kSUB, by, first);
  auto* two = scalar_constant(ctx, 2, type);
  auto* out = apply(ctx, Operation::kFLOOR_DIV, pair.a, apply(ctx, Operation::kPOW, two, first));
  return apply(ctx, Operation::kFLOOR_DIV, out, apply(ctx, Operation::kPOW, two, second));
}

bool shift_left(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, shifted_left(ctx, read_integers(ctx, n, args)));
}

bool shift_right(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, shifted_right(ctx, read_integers(ctx, n, args)));
}

// ---- in-place operators without a functional form ----------------------------------------------------------------

// Computes a new tensor in the dtype of the written tensor.
ITensor* as_written(ConversionCtx* ctx, args& args, ITensor* out) {
  return cast(ctx, out, scalar_type(args[0].ITensorOrFreeze(ctx)));
}

// x &= y and the like: bitwise for integers, logical for bools.
OpConverter bits_in_place(Operation bits, Operation logic) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const Pair pair = read_pair(ctx, args, /*of_floats=*/false);
    const auto type = scalar_type(pair.a);
    TORCHTRT_CHECK(!at::isFloatingType(type), util::node_info(n)
                                                  << ": dtype is " << type << ", must be bool or an integer");
    return finish(ctx, n, as_written(ctx, args, apply(ctx, type == at::kBool ? logic : bits, pair.a, pair.b)));
  };
}

bool shift_left_in_place(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, as_written(ctx, args, shifted_left(ctx, read_integers(ctx, n, args))));
}

bool shift_right_in_place(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, as_written(ctx, args, shifted_right(ctx, read_integers(ctx, n, args))));
}

// ---- of one number ----------------------------------------------------------------------------------------------

bool sign_bit(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (scalar_type(x) == at::kBool) x = cast(ctx, x, at::kInt);
  return finish(ctx, n, has_sign(ctx, x));
}

// sin(pi x) / (pi x), 1 at zero.
ITensor* sinc(ConversionCtx* ctx, ITensor* x) {
  auto* is_zero = apply(ctx, Operation::kEQUAL, x, at::Scalar(0.0));
  auto* angle = apply(ctx, Operation::kPROD, x, at::Scalar(kPi));
  auto* ratio = apply(ctx, Operation::kDIV, apply(ctx, UnaryOperation::kSIN, angle), angle);
  return choose(ctx, is_zero, constant_like(ctx, x, 1.0), ratio);
}

// -x log(x); 0 at zero, minus infinity below.
ITensor* entropy(ConversionCtx* ctx, ITensor* x) {
  auto* value = apply(ctx, UnaryOperation::kNEG, apply(ctx, Operation::kPROD, x, apply(ctx, UnaryOperation::kLOG, x)));
  value = choose(ctx, apply(ctx, Operation::kEQUAL, x, at::Scalar(0.0)), constant_like(ctx, x, 0.0), value);
  return choose(ctx, apply(ctx, Operation::kLESS, x, at::Scalar(0.0)), constant_like(ctx, x, -kInfinity), value);
}

// The cumulative normal distribution: erfc(-x / sqrt 2) / 2.
ITensor* normal_distribution(ConversionCtx* ctx, ITensor* x) {
  auto* scaled = apply(ctx, Operation::kPROD, x, at::Scalar(-std::sqrt(0.5)));
  return apply(ctx, Operation::kPROD, apply(ctx, UnaryOperation::kERFC, scaled), at::Scalar(0.5));
}

// The angle of a real number: pi below zero, 0 elsewhere; NaN stays NaN.
ITensor* angle(ConversionCtx* ctx, ITensor* x) {
  auto* turned = apply(ctx, Operation::kLESS, x, at::Scalar(0.0));
  auto* out = choose(ctx, turned, constant_like(ctx, x, kPi), constant_like(ctx, x, 0.0));
  return choose(ctx, apply(ctx, UnaryOperation::kISNAN, x), x, out);
}

// The real part of a real number is the number itself.
bool real_part(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, identity(ctx, args[0].ITensorOrFreeze(ctx)));
}

bool is_real(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  return finish(ctx, n, broadcast(ctx, n, scalar_constant(ctx, true, at::kBool), sizes_of(ctx, x)));
}

}  // namespace

Family special_family() {
  return {
      {"aten::fmax", of_pair(ignoring_nan<Operation::kMAX>, /*of_floats=*/false)},
      {"aten::fmin", of_pair(ignoring_nan<Operation::kMIN>, /*of_floats=*/false)},
      {"aten::heaviside", of_pair(heaviside, /*of_floats=*/false)},
      {"aten::hypot", of_pair(hypot, /*of_floats=*/true)},
      {"aten::copysign.Tensor", of_pair(copysign, /*of_floats=*/true)},
      {"aten::copysign.Scalar", of_pair(copysign, /*of_floats=*/true)},
      {"aten::logaddexp2", of_pair(log_add_exp2, /*of_floats=*/true)},
      {"aten::xlogy.Tensor", of_pair(times_log<UnaryOperation::kLOG>, /*of_floats=*/true)},
      {"aten::xlogy.Scalar_Other", of_pair(times_log<UnaryOperation::kLOG>, /*of_floats=*/true)},
      {"aten::xlogy.Scalar_Self", of_pair(times_log<UnaryOperation::kLOG>, /*of_floats=*/true)},
      {"aten::special_xlog1py", of_pair(times_log<UnaryOperation::kLOG1P>, /*of_floats=*/true)},
      {"aten::special_xlog1py.other_scalar", of_pair(times_log<UnaryOperation::kLOG1P>, /*of_floats=*/true)},
      {"aten::special_xlog1py.self_scalar", of_pair(times_log<UnaryOperation::kLOG1P>, /*of_floats=*/true)},
      {"aten::ldexp.Tensor", load_exponent},
      {"aten::float_power.Tensor_Tensor", float_power},
      {"aten::float_power.Tensor_Scalar", float_power},
      {"aten::float_power.Scalar", float_power},
      {"aten::isclose", is_close},
      {"aten::__lshift__.Scalar", shift_left},
      {"aten::__lshift__.Tensor", shift_left},
      {"aten::bitwise_left_shift.Tensor", shift_left},
      {"aten::bitwise_left_shift.Tensor_Scalar", shift_left},
      {"aten::bitwise_left_shift.Scalar_Tensor", shift_left},
      {"aten::__rshift__.Scalar", shift_right},
      {"aten::__rshift__.Tensor", shift_right},
      {"aten::bitwise_right_shift.Tensor", shift_right},
      {"aten::bitwise_right_shift.Tensor_Scalar", shift_right},
      {"aten::bitwise_right_shift.Scalar_Tensor", shift_right},
      {"aten::__ilshift__.Scalar", shift_left_in_place},
      {"aten::__ilshift__.Tensor", shift_left_in_place},
      {"aten::__irshift__.Scalar", shift_right_in_place},
      {"aten::__irshift__.Tensor", shift_right_in_place},
      {"aten::__iand__.Scalar", bits_in_place(Operation::kBIT_AND, Operation::kAND)},
      {"aten::__iand__.Tensor", bits_in_place(Operation::kBIT_AND, Operation::kAND)},
      {"aten::__ior__.Scalar", bits_in_place(Operation::kBIT_OR, Operation::kOR)},
      {"aten::__ior__.Tensor", bits_in_place(Operation::kBIT_OR, Operation::kOR)},
      {"aten::__ixor__.Scalar", bits_in_place(Operation::kBIT_XOR, Operation::kXOR)},
      {"aten::__ixor__.Tensor", bits_in_place(Operation::kBIT_XOR, Operation::kXOR)},
      {"aten::signbit", sign_bit},
      {"aten::sinc", of_one(sinc)},
      {"aten::special_entr", of_one(entropy)},
      {"aten::special_ndtr", of_one(normal_distribution)},
      {"aten::angle", of_one(angle)},
      {"aten::positive", real_part},
      {"aten::real", real_part},
      {"aten::conj", real_part},
      {"aten::conj_physical", real_part},
      {"aten::resolve_conj", real_part},
      {"aten::resolve_neg", real_part},
      {"aten::isreal", is_real},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
