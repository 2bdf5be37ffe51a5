#include "bin/torchtrtc/self_check.h"

#include <limits>

#include "ATen/ATen.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace torchtrtc {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kAtol = 1e-8;
constexpr double kRtol = 1e-5;

at::Tensor tensor(std::vector<double> values) { return at::tensor(values).to(at::kFloat); }

std::string said(std::vector<double> expected, std::vector<double> found) {
  return difference(tensor(std::move(expected)), tensor(std::move(found)), kAtol, kRtol).value_or("");
}

TEST(CompareTensors, EqualElementsDoNotDiffer) {
  EXPECT_EQ(said({1, -2}, {1, -2}), "");
  EXPECT_EQ(said({-kInf, kInf, 1}, {-kInf, kInf, 1}), "");
  EXPECT_EQ(said({kNaN, 1}, {kNaN, 1}), "");
  EXPECT_EQ(said({kNaN, kInf}, {kNaN, kInf}), "");
  EXPECT_EQ(said({}, {}), "");
}

TEST(CompareTensors, OtherElementsMustBeTheSameOnesThatAreNotFinite) {
  using testing::HasSubstr;
  EXPECT_THAT(said({-kInf, 1}, {0, 5}), HasSubstr("1 of 2 elements are NaN or infinite"));
  EXPECT_THAT(said({0, 1}, {kInf, 1}), HasSubstr("1 of 2 elements"));
  EXPECT_THAT(said({kInf, kInf}, {-kInf, kNaN}), HasSubstr("2 of 2 elements"));
  EXPECT_THAT(said({1, 2}, {kNaN, kNaN}), HasSubstr("2 of 2 elements"));
}

TEST(CompareTensors, TheScaleIsThatOfTheFiniteElements) {
  EXPECT_THAT(said({kInf, 1}, {kInf, 1.001}), testing::HasSubstr("largest difference 0.001"));
  EXPECT_THAT(said({kNaN, 1}, {kNaN, 5}), testing::HasSubstr("largest difference 4 "));
  EXPECT_EQ(said({kInf, 1000, 1}, {kInf, 1000, 1.001}), "");
  EXPECT_THAT(said({1, 10}, {1.001, 10}), testing::HasSubstr("rtol 1e-05 * 10"));
}

TEST(CompareTensors, ShapesAndDtypesAreCompared) {
  const auto a = at::zeros({2, 3});
  EXPECT_THAT(difference(a, at::zeros({3, 2}), 1, 1).value_or(""), testing::HasSubstr("expected Float[2, 3]"));
  EXPECT_THAT(difference(a, a.to(at::kHalf), 1, 1).value_or(""), testing::HasSubstr("found Half"));
}

}  // namespace
}  // namespace torchtrtc
