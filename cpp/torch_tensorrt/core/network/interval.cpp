#include "torch_tensorrt/core/network/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "torch_tensorrt/core/network/scalar_formulas.h"

namespace torch_tensorrt::network {
namespace {

using Op = ElementWiseOperation;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Interval kEither = {0, 1};

// Of what is largest and smallest at the corners.
template <typename F>
Interval at_corners(const Interval& a, const Interval& b, F f) {
  const double corners[] = {f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)};
  return {*std::min_element(std::begin(corners), std::end(corners)),
          *std::max_element(std::begin(corners), std::end(corners))};
}

double product(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }
double quotient(double a, double b) { return std::isinf(a) && std::isinf(b) ? 0 : a / b; }

Interval divide(Op operation, const Interval& a, const Interval& b, bool integral) {
  if (b.low <= 0 && b.high >= 0) return everything();
  const Interval exact = at_corners(a, b, quotient);
  if (operation == Op::kFLOOR_DIV) return {std::floor(exact.low), std::floor(exact.high)};
  return integral ? Interval{std::trunc(exact.low), std::trunc(exact.high)} : exact;
}

// Within one period it moves along with a.
Interval remainder(Op operation, const Interval& a, const Interval& b, bool integral) {
  if (b.low <= 0 || (operation == Op::kFMOD && a.low < 0)) return everything();
  if (b.is_point() && std::floor(a.low / b.low) == std::floor(a.high / b.low)) {
    const double start = std::floor(a.low / b.low) * b.low;
    return {a.low - start, a.high - start};
  }
  return {0, integral ? b.high - 1 : b.high};
}

Interval equal(const Interval& a, const Interval& b) {
  if (a.high < b.low || b.high < a.low) return {0, 0};
  return a.is_point() && b.is_point() ? Interval{1, 1} : kEither;
}

Interval greater(const Interval& a, const Interval& b) {
  if (a.low > b.high) return {1, 1};
  return a.high <= b.low ? Interval{0, 0} : kEither;
}

Interval power(const Interval& a, const Interval& b) {
  if (a.low < 0 || !b.is_point() || b.low < 0) return everything();
  return {std::pow(a.low, b.low), std::pow(a.high, b.low)};
}

bool grows(UnaryOperation operation) {
  using Unary = UnaryOperation;
  for (const Unary other : {Unary::kFLOOR, Unary::kCEIL, Unary::kROUND, Unary::kSQRT, Unary::kEXP, Unary::kLOG,
                            Unary::kLOG2, Unary::kLOG10, Unary::kSIGN}) {
    if (operation == other) return true;
  }
  return false;
}

// What is no number anywhere, like the root of what may be negative, has no bounds.
Interval checked(const Interval& x) { return x.low <= x.high ? x : everything(); }

}  // namespace

Interval everything() { return {-kInfinity, kInfinity}; }

Interval hull(const Interval& a, const Interval& b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

Interval apply_elementwise(Op operation, const Interval& a, const Interval& b, bool integral) {
  switch (operation) {
    case Op::kSUM:
      return checked({a.low + b.low, a.high + b.high});
    case Op::kSUB:
      return checked({a.low - b.high, a.high - b.low});
    case Op::kPROD:
      return at_corners(a, b, product);
    case Op::kMAX:
    case Op::kOR:
      return {std::max(a.low, b.low), std::max(a.high, b.high)};
    case Op::kMIN:
    case Op::kAND:
      return {std::min(a.low, b.low), std::min(a.high, b.high)};
    case Op::kDIV:
    case Op::kFLOOR_DIV:
      return divide(operation, a, b, integral);
    case Op::kFMOD:
    case Op::kREMAINDER:
      return remainder(operation, a, b, integral);
    case Op::kEQUAL:
      return equal(a, b);
    case Op::kGREATER:
      return greater(a, b);
    case Op::kLESS:
      return greater(b, a);
    case Op::kXOR: {
      const Interval same = equal(a, b);
      return {1 - same.high, 1 - same.low};
    }
    case Op::kPOW:
      return checked(power(a, b));
    case Op::kATAN2:
    case Op::kBIT_AND:
    case Op::kBIT_OR:
    case Op::kBIT_XOR:
      return everything();
  }
  return everything();
}

Interval apply_unary(UnaryOperation operation, const Interval& x) {
  if (operation == UnaryOperation::kNEG) return {-x.high, -x.low};
  if (operation == UnaryOperation::kNOT) return {1 - x.high, 1 - x.low};
  if (operation == UnaryOperation::kABS) {
    const double far = std::max(std::abs(x.low), std::abs(x.high));
    return {x.low <= 0 && x.high >= 0 ? 0 : std::min(std::abs(x.low), std::abs(x.high)), far};
  }
  if (!grows(operation)) return everything();
  return checked({apply_unary(operation, x.low), apply_unary(operation, x.high)});
}

Interval cast(const Interval& x, DataType to) {
  if (is_floating_point(to)) return x;
  if (is_integral(to)) return {std::trunc(x.low), std::trunc(x.high)};
  if (x.low > 0 || x.high < 0) return {1, 1};
  return x.is_point() ? Interval{0, 0} : kEither;
}

}  // namespace torch_tensorrt::network
