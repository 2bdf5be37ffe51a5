#include "torch_tensorrt/core/network/host/scalar_formulas.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

// The order of the comparisons lets NaN through, as PyTorch does.
double clip(double x, double low, double high) { return x < low ? low : (x > high ? high : x); }
double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
double log1p_exp(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
double hard_sigmoid(double x, double alpha, double beta) { return clip(alpha * x + beta, 0.0, 1.0); }

double round_half_even(double x) {
  const double rounded = std::round(x);
  if (std::abs(x - std::trunc(x)) != 0.5) return rounded;
  return 2.0 * std::round(x / 2.0);
}

double floor_divide(double a, double b) {
  if (b == 0.0) return a / b;
  // floor(a / b) from the exact remainder, as the quotient itself may have been rounded up.
  const double mod = std::fmod(a, b);
  double quotient = (a - mod) / b;
  if (mod != 0.0 && (b < 0.0) != (mod < 0.0)) quotient -= 1.0;
  if (quotient == 0.0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1.0 : floored;
}

double float_remainder(double a, double b) {
  const double mod = std::fmod(a, b);
  return mod != 0.0 && (b < 0.0) != (mod < 0.0) ? mod + b : mod;
}

double maximum(double a, double b) { return std::isnan(a) || a > b ? a : b; }
double minimum(double a, double b) { return std::isnan(a) || a < b ? a : b; }

int64_t wrapped(uint64_t value) { return static_cast<int64_t>(value); }

int64_t integer_power(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    // As in PyTorch, a power with a negative exponent is 0 unless the base is 1 or -1.
    if (base == 1) return 1;
    if (base == -1) return exponent % 2 == 0 ? 1 : -1;
    return 0;
  }
  uint64_t result = 1;
  auto factor = static_cast<uint64_t>(base);
  for (; exponent > 0; exponent >>= 1, factor *= factor) {
    if ((exponent & 1) != 0) result *= factor;
  }
  return wrapped(result);
}

int64_t integer_divide(int64_t a, int64_t b, bool floor) {
  TORCHTRT_CHECK(b != 0, "integer division of " << a << " by zero");
  if (a == std::numeric_limits<int64_t>::min() && b == -1) return a;
  const int64_t quotient = a / b;
  const bool round_down = floor && a % b != 0 && (a < 0) != (b < 0);
  return round_down ? quotient - 1 : quotient;
}

int64_t integer_remainder(int64_t a, int64_t b, bool floor) {
  TORCHTRT_CHECK(b != 0, "the remainder of " << a << " divided by zero");
  if (b == -1) return 0;
  const int64_t mod = a % b;
  return floor && mod != 0 && (b < 0) != (mod < 0) ? mod + b : mod;
}

[[noreturn]] void throw_no_formula(ElementWiseOperation operation) {
  const char* name = enum_table<ElementWiseOperation>().find_name(static_cast<int32_t>(operation));
  if (name != nullptr) TORCHTRT_THROW_ERROR("element-wise operation " << name << " has no form for this dtype");
  TORCHTRT_THROW_ERROR("element-wise operation " << static_cast<int>(operation) << " is unknown");
}

}  // namespace

double apply_activation(ActivationType type, double x, double alpha, double beta) {
  constexpr double kInverseSqrt2 = 0.70710678118654752440;
  constexpr double kSqrt2OverPi = 0.79788456080286535588;
  switch (type) {
    case ActivationType::kRELU:
      return x < 0 ? 0.0 : x;
    case ActivationType::kSIGMOID:
      return sigmoid(x);
    case ActivationType::kTANH:
      return std::tanh(x);
    case ActivationType::kLEAKY_RELU:
      return x >= 0 ? x : alpha * x;
    case ActivationType::kELU:
      return x >= 0 ? x : alpha * std::expm1(x);
    case ActivationType::kSELU:
      return beta * (x > 0 ? x : alpha * std::expm1(x));
    case ActivationType::kSOFTSIGN:
      return x / (1.0 + std::abs(x));
    case ActivationType::kSOFTPLUS:
      return alpha * log1p_exp(beta * x);
    case ActivationType::kCLIP:
      return clip(x, alpha, beta);
    case ActivationType::kHARD_SIGMOID:
      return hard_sigmoid(x, alpha, beta);
    case ActivationType::kSCALED_TANH:
      return alpha * std::tanh(beta * x);
    case ActivationType::kTHRESHOLDED_RELU:
      return x > alpha ? x : 0.0;
    case ActivationType::kGELU_ERF:
      return 0.5 * x * (1.0 + std::erf(x * kInverseSqrt2));
    case ActivationType::kGELU_TANH:
      return 0.5 * x * (1.0 + std::tanh(kSqrt2OverPi * (x + 0.044715 * x * x * x)));
    case ActivationType::kSILU:
      return x * sigmoid(x);
    case ActivationType::kHARD_SWISH:
      return x * hard_sigmoid(x, alpha, beta);
    case ActivationType::kMISH:
      return x * std::tanh(log1p_exp(x));
  }
  TORCHTRT_THROW_ERROR("activation type " << static_cast<int>(type) << " is unknown");
}

double apply_unary(UnaryOperation operation, double x) {
  switch (operation) {
    case UnaryOperation::kEXP:
      return std::exp(x);
    case UnaryOperation::kLOG:
      return std::log(x);
    case UnaryOperation::kSQRT:
      return std::sqrt(x);
    case UnaryOperation::kRECIP:
      return 1.0 / x;
    case UnaryOperation::kABS:
      return std::abs(x);
    case UnaryOperation::kNEG:
      return -x;
    case UnaryOperation::kSIN:
      return std::sin(x);
    case UnaryOperation::kCOS:
      return std::cos(x);
    case UnaryOperation::kTAN:
      return std::tan(x);
    case UnaryOperation::kSINH:
      return std::sinh(x);
    case UnaryOperation::kCOSH:
      return std::cosh(x);
    case UnaryOperation::kASIN:
      return std::asin(x);
    case UnaryOperation::kACOS:
      return std::acos(x);
    case UnaryOperation::kATAN:
      return std::atan(x);
    case UnaryOperation::kASINH:
      return std::asinh(x);
    case UnaryOperation::kACOSH:
      return std::acosh(x);
    case UnaryOperation::kATANH:
      return std::atanh(x);
    case UnaryOperation::kCEIL:
      return std::ceil(x);
    case UnaryOperation::kFLOOR:
      return std::floor(x);
    case UnaryOperation::kERF:
      return std::erf(x);
    case UnaryOperation::kNOT:
      return x == 0.0 ? 1.0 : 0.0;
    case UnaryOperation::kSIGN:
      return x > 0 ? 1.0 : (x < 0 ? -1.0 : 0.0);
    case UnaryOperation::kROUND:
      return round_half_even(x);
    case UnaryOperation::kISINF:
      return std::isinf(x) ? 1.0 : 0.0;
    case UnaryOperation::kISNAN:
      return std::isnan(x) ? 1.0 : 0.0;
    case UnaryOperation::kLOG2:
      return std::log2(x);
    case UnaryOperation::kLOG10:
      return std::log10(x);
    case UnaryOperation::kLOG1P:
      return std::log1p(x);
    case UnaryOperation::kEXPM1:
      return std::expm1(x);
    case UnaryOperation::kEXP2:
      return std::exp2(x);
    case UnaryOperation::kERFC:
      return std::erfc(x);
    case UnaryOperation::kTRUNC:
      return std::trunc(x);
  }
  TORCHTRT_THROW_ERROR("unary operation " << static_cast<int>(operation) << " is unknown");
}

double apply_elementwise(ElementWiseOperation operation, double a, double b) {
  switch (operation) {
    case ElementWiseOperation::kSUM:
      return a + b;
    case ElementWiseOperation::kPROD:
      return a * b;
    case ElementWiseOperation::kMAX:
      return maximum(a, b);
    case ElementWiseOperation::kMIN:
      return minimum(a, b);
    case ElementWiseOperation::kSUB:
      return a - b;
    case ElementWiseOperation::kDIV:
      return a / b;
    case ElementWiseOperation::kPOW:
      return std::pow(a, b);
    case ElementWiseOperation::kFLOOR_DIV:
      return floor_divide(a, b);
    case ElementWiseOperation::kAND:
      return a != 0.0 && b != 0.0 ? 1.0 : 0.0;
    case ElementWiseOperation::kOR:
      return a != 0.0 || b != 0.0 ? 1.0 : 0.0;
    case ElementWiseOperation::kXOR:
      return (a != 0.0) != (b != 0.0) ? 1.0 : 0.0;
    case ElementWiseOperation::kEQUAL:
      return a == b ? 1.0 : 0.0;
    case ElementWiseOperation::kGREATER:
      return a > b ? 1.0 : 0.0;
    case ElementWiseOperation::kLESS:
      return a < b ? 1.0 : 0.0;
    case ElementWiseOperation::kATAN2:
      return std::atan2(a, b);
    case ElementWiseOperation::kFMOD:
      return std::fmod(a, b);
    case ElementWiseOperation::kREMAINDER:
      return float_remainder(a, b);
    case ElementWiseOperation::kBIT_AND:
    case ElementWiseOperation::kBIT_OR:
    case ElementWiseOperation::kBIT_XOR:
      break;
  }
  throw_no_formula(operation);
}

int64_t apply_elementwise(ElementWiseOperation operation, int64_t a, int64_t b) {
  const auto ua = static_cast<uint64_t>(a);
  const auto ub = static_cast<uint64_t>(b);
  switch (operation) {
    case ElementWiseOperation::kSUM:
      return wrapped(ua + ub);
    case ElementWiseOperation::kPROD:
      return wrapped(ua * ub);
    case ElementWiseOperation::kMAX:
      return std::max(a, b);
    case ElementWiseOperation::kMIN:
      return std::min(a, b);
    case ElementWiseOperation::kSUB:
      return wrapped(ua - ub);
    case ElementWiseOperation::kDIV:
      return integer_divide(a, b, /*floor=*/false);
    case ElementWiseOperation::kPOW:
      return integer_power(a, b);
    case ElementWiseOperation::kFLOOR_DIV:
      return integer_divide(a, b, /*floor=*/true);
    case ElementWiseOperation::kAND:
      return a != 0 && b != 0 ? 1 : 0;
    case ElementWiseOperation::kOR:
      return a != 0 || b != 0 ? 1 : 0;
    case ElementWiseOperation::kXOR:
      return (a != 0) != (b != 0) ? 1 : 0;
    case ElementWiseOperation::kEQUAL:
      return a == b ? 1 : 0;
    case ElementWiseOperation::kGREATER:
      return a > b ? 1 : 0;
    case ElementWiseOperation::kLESS:
      return a < b ? 1 : 0;
    case ElementWiseOperation::kFMOD:
      return integer_remainder(a, b, /*floor=*/false);
    case ElementWiseOperation::kREMAINDER:
      return integer_remainder(a, b, /*floor=*/true);
    case ElementWiseOperation::kBIT_AND:
      return wrapped(ua & ub);
    case ElementWiseOperation::kBIT_OR:
      return wrapped(ua | ub);
    case ElementWiseOperation::kBIT_XOR:
      return wrapped(ua ^ ub);
    case ElementWiseOperation::kATAN2:
      break;
  }
  throw_no_formula(operation);
}

ActivationDefaults activation_defaults(ActivationType type) {
  switch (type) {
    case ActivationType::kLEAKY_RELU:
      return {0.01, 0};
    case ActivationType::kELU:
      return {1, 0};
    case ActivationType::kSELU:
      return {1.6732632423543772, 1.0507009873554805};
    case ActivationType::kSOFTPLUS:
      return {1, 1};
    case ActivationType::kHARD_SIGMOID:
    case ActivationType::kHARD_SWISH:
      return {1.0 / 6.0, 0.5};
    case ActivationType::kSCALED_TANH:
      return {1, 1};
    case ActivationType::kCLIP:
      return {0, 6};
    case ActivationType::kTHRESHOLDED_RELU:
      return {1, 0};
    case ActivationType::kRELU:
    case ActivationType::kSIGMOID:
    case ActivationType::kTANH:
    case ActivationType::kSOFTSIGN:
    case ActivationType::kGELU_ERF:
    case ActivationType::kGELU_TANH:
    case ActivationType::kSILU:
    case ActivationType::kMISH:
      return {0, 0};
  }
  return {0, 0};
}

}  // namespace torch_tensorrt::network
