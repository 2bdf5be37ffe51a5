#include "torch_tensorrt/core/network/host/scalar_formulas.h"

#include <cmath>
#include <limits>

#include "network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using A = ActivationType;
using E = ElementWiseOperation;
using U = UnaryOperation;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int64_t kSmallest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();

double activated(A type, double x) {
  const ActivationDefaults defaults = activation_defaults(type);
  return apply_activation(type, x, defaults.alpha, defaults.beta);
}

// Values from PyTorch in double precision.
TEST(ScalarFormulas, ActivationsAreThoseOfPyTorch) {
  struct Row {
    A type;
    double at_minus_two;
    double at_one_and_a_half;
  };
  const Row rows[] = {
      {A::kRELU, 0, 1.5},
      {A::kSIGMOID, 0.11920292202211755, 0.8175744761936437},
      {A::kTANH, -0.9640275800758169, 0.9051482536448664},
      {A::kLEAKY_RELU, -0.02, 1.5},
      {A::kELU, -0.8646647167633873, 1.5},
      {A::kSELU, -1.5201664685956948, 1.5760514810332207},
      {A::kSOFTSIGN, -2.0 / 3, 0.6},
      {A::kSOFTPLUS, 0.1269280110429725, 1.7014132779827524},
      {A::kCLIP, 0, 1.5},
      {A::kHARD_SIGMOID, 1.0 / 6, 0.75},
      {A::kSCALED_TANH, -0.9640275800758169, 0.9051482536448664},
      {A::kTHRESHOLDED_RELU, 0, 1.5},
      {A::kGELU_ERF, -0.04550026389635842, 1.399789198096713},
      {A::kGELU_TANH, -0.04540230591222237, 1.3995715769802328},
      {A::kSILU, -0.2384058440442351, 1.2263617142904655},
      {A::kHARD_SWISH, -1.0 / 3, 1.125},
      {A::kMISH, -0.2525014826957088, 1.4033782663958028},
  };
  for (const Row& row : rows) {
    EXPECT_NEAR(activated(row.type, -2), row.at_minus_two, 1e-7) << enum_name(row.type);
    EXPECT_NEAR(activated(row.type, 1.5), row.at_one_and_a_half, 1e-7) << enum_name(row.type);
  }
}

TEST(ScalarFormulas, ActivationsLetNanThrough) {
  for (const EnumEntry* entry = enum_table<A>().begin; entry != enum_table<A>().end; ++entry) {
    const auto type = static_cast<A>(entry->value);
    // x > alpha is false for NaN, as in PyTorch.
    if (type == A::kTHRESHOLDED_RELU) continue;
    EXPECT_TRUE(std::isnan(activated(type, kNan))) << entry->name;
  }
}

TEST(ScalarFormulas, ActivationsOfLargeNumbersStayFinite) {
  EXPECT_EQ(activated(A::kSOFTPLUS, 1000), 1000);
  EXPECT_EQ(activated(A::kSOFTPLUS, -1000), 0);
  EXPECT_EQ(activated(A::kSIGMOID, -1000), 0);
  EXPECT_EQ(activated(A::kMISH, 1000), 1000);
}

TEST(ScalarFormulas, UnaryOperations) {
  EXPECT_EQ(apply_unary(U::kROUND, 0.5), 0);
  EXPECT_EQ(apply_unary(U::kROUND, 1.5), 2);
  EXPECT_EQ(apply_unary(U::kROUND, -2.5), -2);
  EXPECT_EQ(apply_unary(U::kROUND, 2.4999), 2);
  EXPECT_EQ(apply_unary(U::kSIGN, -3), -1);
  EXPECT_EQ(apply_unary(U::kSIGN, 0), 0);
  EXPECT_EQ(apply_unary(U::kRECIP, 4), 0.25);
  EXPECT_EQ(apply_unary(U::kNOT, 0), 1);
  EXPECT_EQ(apply_unary(U::kISINF, -kInf), 1);
  EXPECT_EQ(apply_unary(U::kISNAN, kNan), 1);
  EXPECT_TRUE(std::isnan(apply_unary(U::kSQRT, -1)));
  EXPECT_NEAR(apply_unary(U::kERF, 0.5), 0.5204998778130465, 1e-15);
  EXPECT_NEAR(apply_unary(U::kASINH, 2), 1.4436354751788103, 1e-15);
  // Every operation has a formula.
  for (const EnumEntry* entry = enum_table<U>().begin; entry != enum_table<U>().end; ++entry) {
    EXPECT_NO_THROW(apply_unary(static_cast<U>(entry->value), 1.0)) << entry->name;
  }
}

TEST(ScalarFormulas, FloorDivisionOfFloatsIsPyTorchs) {
  struct Row {
    double a;
    double b;
    double result;
  };
  const Row rows[] = {{7, 2, 3},   {-7, 2, -4},     {7, -2, -4},  {-7, -2, 3},    {6, 3, 2},
                      {1, 0.1, 9}, {kInf, 2, kNan}, {1, 0, kInf}, {-1, 0, -kInf}, {0, 5, 0}};
  for (const Row& row : rows) {
    EXPECT_THAT(apply_elementwise(E::kFLOOR_DIV, row.a, row.b), ::testing::NanSensitiveDoubleEq(row.result))
        << row.a << " " << row.b;
  }
}

TEST(ScalarFormulas, MaximumAndMinimumLetNanThrough) {
  for (const E operation : {E::kMAX, E::kMIN}) {
    EXPECT_TRUE(std::isnan(apply_elementwise(operation, kNan, 1.0)));
    EXPECT_TRUE(std::isnan(apply_elementwise(operation, 1.0, kNan)));
  }
  EXPECT_EQ(apply_elementwise(E::kMAX, 1.0, 2.0), 2);
  EXPECT_EQ(apply_elementwise(E::kMIN, 1.0, 2.0), 1);
}

TEST(ScalarFormulas, ElementwiseOperationsOfFloats) {
  EXPECT_EQ(apply_elementwise(E::kSUB, 1.0, 3.0), -2);
  EXPECT_EQ(apply_elementwise(E::kDIV, 1.0, 4.0), 0.25);
  EXPECT_EQ(apply_elementwise(E::kPOW, 2.0, -2.0), 0.25);
  EXPECT_EQ(apply_elementwise(E::kAND, 2.0, 0.0), 0);
  EXPECT_EQ(apply_elementwise(E::kOR, 2.0, 0.0), 1);
  EXPECT_EQ(apply_elementwise(E::kXOR, 2.0, 3.0), 0);
  EXPECT_EQ(apply_elementwise(E::kEQUAL, kNan, kNan), 0);
  EXPECT_EQ(apply_elementwise(E::kGREATER, 2.0, 1.0), 1);
  EXPECT_EQ(apply_elementwise(E::kLESS, 2.0, 1.0), 0);
}

TEST(ScalarFormulas, IntegersWrapAroundAndDivideAsPyTorchDoes) {
  const auto integer = [](E operation, int64_t a, int64_t b) { return apply_elementwise(operation, a, b); };
  EXPECT_EQ(integer(E::kSUM, kLargest, 1), kSmallest);
  EXPECT_EQ(integer(E::kPROD, kLargest, 2), -2);
  EXPECT_EQ(integer(E::kSUB, kSmallest, 1), kLargest);
  EXPECT_EQ(integer(E::kDIV, -7, 2), -3);
  EXPECT_EQ(integer(E::kFLOOR_DIV, -7, 2), -4);
  EXPECT_EQ(integer(E::kFLOOR_DIV, 7, -2), -4);
  EXPECT_EQ(integer(E::kFLOOR_DIV, -8, 2), -4);
  EXPECT_EQ(integer(E::kDIV, kSmallest, -1), kSmallest);
  EXPECT_EQ(integer(E::kPOW, 3, 4), 81);
  EXPECT_EQ(integer(E::kPOW, 5, -1), 0);
  EXPECT_EQ(integer(E::kPOW, -1, -3), -1);
  EXPECT_EQ(integer(E::kPOW, 0, 0), 1);
  EXPECT_EQ(integer(E::kMAX, kLargest - 1, kLargest), kLargest);
  EXPECT_EQ(integer(E::kEQUAL, kLargest - 1, kLargest), 0);
  EXPECT_ERROR(integer(E::kDIV, 5, 0), "integer division of 5 by zero");
  EXPECT_ERROR(integer(E::kFLOOR_DIV, 5, 0), "integer division of 5 by zero");
}

TEST(ScalarFormulas, RemaindersHaveTheSignOfOneOperand) {
  EXPECT_EQ(apply_elementwise(E::kFMOD, -7.0, 3.0), -1);
  EXPECT_EQ(apply_elementwise(E::kREMAINDER, -7.0, 3.0), 2);
  EXPECT_EQ(apply_elementwise(E::kREMAINDER, 7.0, -3.0), -2);
  EXPECT_EQ(apply_elementwise(E::kFMOD, int64_t{-7}, int64_t{3}), -1);
  EXPECT_EQ(apply_elementwise(E::kREMAINDER, int64_t{-7}, int64_t{3}), 2);
  EXPECT_EQ(apply_elementwise(E::kREMAINDER, kSmallest, int64_t{-1}), 0);
  EXPECT_ERROR(apply_elementwise(E::kREMAINDER, int64_t{5}, int64_t{0}), "the remainder of 5 divided by zero");
}

TEST(ScalarFormulas, BitwiseOperationsAndAngles) {
  EXPECT_EQ(apply_elementwise(E::kBIT_AND, int64_t{12}, int64_t{10}), 8);
  EXPECT_EQ(apply_elementwise(E::kBIT_OR, int64_t{12}, int64_t{10}), 14);
  EXPECT_EQ(apply_elementwise(E::kBIT_XOR, int64_t{-1}, int64_t{10}), -11);
  EXPECT_EQ(apply_elementwise(E::kATAN2, -0.0, -1.0), -std::acos(-1.0));
  EXPECT_ERROR(apply_elementwise(E::kBIT_AND, 1.0, 1.0), "bit_and has no form for this dtype");
  EXPECT_ERROR(apply_elementwise(E::kATAN2, int64_t{1}, int64_t{1}), "atan2 has no form for this dtype");
}

TEST(ScalarFormulas, UnknownOperationsAreErrors) {
  EXPECT_ERROR(apply_activation(static_cast<A>(999), 1, 0, 0), "activation type 999 is unknown");
  EXPECT_ERROR(apply_unary(static_cast<U>(999), 1), "unary operation 999 is unknown");
  EXPECT_ERROR(apply_elementwise(static_cast<E>(999), 1.0, 1.0), "element-wise operation 999 is unknown");
  EXPECT_ERROR(apply_elementwise(static_cast<E>(999), int64_t{1}, int64_t{1}), "element-wise operation 999 is unknown");
}

}  // namespace
}  // namespace torch_tensorrt::network
