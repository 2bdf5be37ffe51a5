#include "torch_tensorrt/core/verification.h"

#include <cmath>
#include <limits>

#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

at::Tensor tensor(const std::vector<double>& values) { return at::tensor(values).to(at::kFloat); }

TensorError error(const std::vector<double>& expected, const std::vector<double>& found) {
  ErrorSums sums;
  sums.add(tensor(expected), tensor(found));
  return sums.error("x");
}

TEST(ErrorSums, FollowTheFormulas) {
  const auto result = error({3, -4}, {3, -2});
  EXPECT_EQ(result.max_abs, 2);
  EXPECT_EQ(result.largest, 4);
  EXPECT_EQ(result.relative, 0.5);
  EXPECT_DOUBLE_EQ(result.cosine, 17 / std::sqrt(25.0 * 13.0));
  EXPECT_DOUBLE_EQ(result.sqnr, 10 * std::log10(25.0 / 4.0));
  EXPECT_EQ(result.elements, 2);
}

TEST(ErrorSums, AddUpOverBatches) {
  ErrorSums sums;
  sums.add(tensor({3}), tensor({3}));
  sums.add(tensor({-4}), tensor({-2}));
  const auto result = sums.error("x", "layer", "line");
  EXPECT_DOUBLE_EQ(result.sqnr, error({3, -4}, {3, -2}).sqnr);
  EXPECT_EQ(result.elements, 2);
  EXPECT_EQ(result.layer, "layer");
  EXPECT_EQ(result.source, "line");
}

TEST(ErrorSums, EqualTensorsHaveNoError) {
  for (const auto& values : {std::vector<double>{1, 2}, {0, 0}, {kInf, 1}, {kNaN, 1}, {}}) {
    const auto result = error(values, values);
    EXPECT_EQ(result.max_abs, 0);
    EXPECT_EQ(result.relative, 0);
    EXPECT_EQ(result.cosine, 1);
    EXPECT_EQ(result.sqnr, kInf);
  }
}

TEST(ErrorSums, ZerosInfinitiesAndNaNAreErrors) {
  EXPECT_EQ(error({0, 0}, {1, 0}).relative, kInf);
  EXPECT_EQ(error({0, 0}, {1, 0}).sqnr, -kInf);
  EXPECT_EQ(error({0, 0}, {1, 0}).cosine, 0);
  EXPECT_EQ(error({1, 1}, {kInf, 1}).max_abs, kInf);
  EXPECT_EQ(error({1, 1}, {kInf, 1}).sqnr, -kInf);
  EXPECT_EQ(error({1, 1}, {kNaN, 1}).max_abs, kInf);
  EXPECT_EQ(error({1, 1}, {kNaN, 1}).sqnr, -kInf);
  EXPECT_EQ(error({kInf, 1}, {-kInf, 1}).sqnr, -kInf);
  EXPECT_EQ(error({kInf, 1}, {1, 1}).sqnr, -kInf);
  EXPECT_EQ(error({kNaN, 1}, {1, 1}).cosine, 0);
}

// A row of a mask must not hide errors elsewhere, nor make one.
TEST(ErrorSums, EqualInfinitiesAndNaNAreInNoSum) {
  for (const double special : {kInf, -kInf, kNaN}) {
    const auto result = error({3, special, -4}, {3, special, -2});
    const auto without = error({3, -4}, {3, -2});
    EXPECT_EQ(result.max_abs, without.max_abs);
    EXPECT_EQ(result.largest, without.largest);
    EXPECT_EQ(result.relative, without.relative);
    EXPECT_EQ(result.cosine, without.cosine);
    EXPECT_EQ(result.sqnr, without.sqnr);
  }
}

TEST(ErrorSums, BothPartsOfComplexNumbersCount) {
  ErrorSums sums;
  sums.add(at::complex(tensor({3}), tensor({-4})), at::complex(tensor({3}), tensor({-2})));
  EXPECT_EQ(sums.error("x").sqnr, error({3, -4}, {3, -2}).sqnr);
  ErrorSums real;
  real.add(tensor({3}), at::complex(tensor({3}), tensor({2})));
  EXPECT_EQ(real.error("x").max_abs, 2);
}

Verification::Records records(const std::string& engine, const std::string& name, at::Tensor value,
                              const std::string& layer = "layer") {
  return {{engine, name, layer, "line", std::move(value)}};
}

TEST(Verification, MatchesTensorsByEngineAndName) {
  Verification verification;
  for (int batch = 0; batch < 2; ++batch) {
    verification.add_layers(records("a", "x", tensor({1, 2})), records("a", "x", tensor({1, 3})));
  }
  verification.add_layers(records("a", "y", tensor({1})), records("b", "y", tensor({1})));        // another engine
  verification.add_layers(records("a", "y", tensor({1})), records("a", "y", tensor({1, 2})));     // another shape
  verification.add_layers({{"a", "z", "", "", tensor({1})}}, {{"a", "z", "", "", tensor({1})}});  // without a layer
  const auto layers = verification.layers();
  ASSERT_EQ(layers.size(), 1U);
  EXPECT_EQ(layers[0].name, "x");
  EXPECT_EQ(layers[0].max_abs, 1);
  EXPECT_EQ(layers[0].elements, 4);
}

TEST(Verification, NumbersOutputsAndRefusesOthers) {
  Verification verification;
  verification.add_outputs({tensor({1}), tensor({2})}, {tensor({1}), tensor({3})});
  ASSERT_EQ(verification.outputs().size(), 2U);
  EXPECT_EQ(verification.outputs()[1].name, "output 1");
  EXPECT_EQ(verification.outputs()[1].max_abs, 1);
  EXPECT_THROW(verification.add_outputs({tensor({1})}, {}), Error);
  EXPECT_THROW(verification.add_outputs({tensor({1})}, {tensor({1, 2})}), Error);
  EXPECT_THROW(verification.add_outputs({tensor({1, 2})}, {tensor({1, 2}).reshape({2, 1})}), Error);
}

}  // namespace
}  // namespace torch_tensorrt::core
