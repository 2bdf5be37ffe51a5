#include "conformance/bounds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "conformance/harness.h"
#include "torch_tensorrt/core/network/enum_names.h"

// The bounds themselves: roundings lie within them, and whatever is off by more lies outside.
namespace torch_tensorrt::conformance {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr DataType kLow[] = {DataType::kHALF, DataType::kBF16};

at::Tensor doubles(const std::vector<double>& values) { return at::tensor(values, at::kDouble); }

std::string difference(DataType type, const at::Tensor& got, const at::Tensor& exact, const Tolerance& tolerance = {},
                       const at::Tensor& stored = {}) {
  const auto format = low_format(type).value();
  return first_beyond(got, exact, low_bound(format, tolerance, exact, stored), format.overflow, "test");
}

// f32 numbers between those of the formats, with many exponents and both signs.
at::Tensor numbers() {
  const at::Tensor mantissas = at::linspace(1, 2, 1025, at::kDouble).unsqueeze(1);
  const at::Tensor exponents = at::exp2(at::arange(-30, 16, at::kDouble)).unsqueeze(0);
  const at::Tensor all = (mantissas * exponents * 1.00003).reshape({-1});
  return at::cat({all, -all}).clamp(-65504, 65504);
}

constexpr Tolerance kOnlyRounding{0, 0, "one rounding", std::numeric_limits<double>::min(), 0};

TEST(LowBound, CoversOneRoundingOfEveryNumber) {
  for (const DataType type : kLow) {
    const at::Tensor exact = numbers();
    EXPECT_EQ(difference(type, exact.to(scalar_type(type)), exact, kOnlyRounding), "") << network::enum_name(type);
  }
}

TEST(LowBound, IsTheUnitRoundoffThatTheTypeHas) {
  for (const DataType type : kLow) {
    const auto format = low_format(type).value();
    // The largest relative error of a rounding is that of a number just above 1 + u.
    const at::Tensor exact = doubles({1 + format.unit * 1.001, 1 + format.unit * 0.999});
    const at::Tensor error = at::abs(exact.to(scalar_type(type)).to(at::kDouble) - exact);
    EXPECT_NEAR(error.max().item<double>(), format.unit, format.unit * 0.01);
    EXPECT_LE(error.max().item<double>(), format.unit);
  }
}

TEST(LowBound, IsBrokenByASecondRounding) {
  for (const DataType type : kLow) {
    const auto format = low_format(type).value();
    // Two roundings, both upward: 1 + 2u is the next number after 1; the next one is 1 + 4u.
    const at::Tensor exact = doubles({1 + format.unit * 1.5});
    EXPECT_EQ(difference(type, doubles({1 + 2 * format.unit}), exact, kOnlyRounding), "");
    EXPECT_NE(difference(type, doubles({1 + 4 * format.unit}), exact, kOnlyRounding), "");
    EXPECT_EQ(difference(type, doubles({1 + 4 * format.unit}), exact, kOnlyRounding, doubles({2 * format.unit})), "");
  }
}

TEST(LowBound, IsZeroWhereElementsAreMoved) {
  EXPECT_EQ(difference(DataType::kBF16, doubles({1, -3}), doubles({1, -3})), "");
  EXPECT_NE(difference(DataType::kBF16, doubles({1, -3.0001}), doubles({1, -3})), "");
}

TEST(LowBound, CoversSubnormalNumbersOfF16ByTheirDistance) {
  const double step = std::ldexp(1.0, -24);
  EXPECT_EQ(difference(DataType::kHALF, doubles({step}), doubles({0.6 * step}), kOnlyRounding), "");
  EXPECT_NE(difference(DataType::kHALF, doubles({2 * step}), doubles({0.6 * step}), kOnlyRounding), "");
}

TEST(LowBound, ExpectsInfinityFromTheFirstNumberThatRoundsToIt) {
  const at::Tensor exact = doubles({65519, 65521, -1e6, 60000});
  const at::Tensor rounded = exact.to(at::kHalf);
  EXPECT_EQ(rounded.to(at::kDouble)[1].item<double>(), kInfinity);
  EXPECT_EQ(difference(DataType::kHALF, rounded, exact, kOnlyRounding), "");
  EXPECT_NE(difference(DataType::kHALF, doubles({65504, 65504, -kInfinity, kInfinity}), exact, kOnlyRounding), "");
  EXPECT_NE(difference(DataType::kHALF, doubles({65504, kInfinity, -65504, 60000}), exact, kOnlyRounding), "");
  EXPECT_NE(difference(DataType::kHALF, doubles({65504, kInfinity, kInfinity, 60000}), exact, kOnlyRounding), "");
  // 1e6 is an ordinary number of bf16.
  EXPECT_EQ(difference(DataType::kBF16, exact.to(at::kBFloat16), exact, kOnlyRounding), "");
  EXPECT_NE(difference(DataType::kBF16, rounded, exact, kOnlyRounding), "");
}

TEST(LowBound, KeepsInfinitiesAndNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const at::Tensor exact = doubles({kInfinity, -kInfinity, nan, 1});
  EXPECT_EQ(difference(DataType::kHALF, exact, exact, kOnlyRounding), "");
  EXPECT_NE(difference(DataType::kHALF, doubles({65504, -kInfinity, nan, 1}), exact, kOnlyRounding), "");
  EXPECT_NE(difference(DataType::kHALF, doubles({kInfinity, kInfinity, nan, 1}), exact, kOnlyRounding), "");
  EXPECT_NE(difference(DataType::kHALF, doubles({kInfinity, -kInfinity, 0, 1}), exact, kOnlyRounding), "");
  EXPECT_NE(difference(DataType::kHALF, doubles({kInfinity, -kInfinity, nan, nan}), exact, kOnlyRounding), "");
}

// A chain that rounds between its stages stays within the bound, and needs what the roundings between them add.
TEST(StoredBetween, CoversRoundingsBetweenStages) {
  const std::vector<Stage> stages = {[](const at::Tensor& y, auto& in) { return y + in[0]; },
                                     [](const at::Tensor& y, auto&) { return at::gelu(y); }};
  for (const DataType type : kLow) {
    const auto format = low_format(type).value();
    const auto scalar = scalar_type(type);
    const at::Tensor y = random_tensor({DataType::kDOUBLE, {4000}}, 1) * 3;
    const at::Tensor addend = -y + random_tensor({type, {4000}}, 2).to(at::kDouble) * 0.1;
    const at::Tensor exact = run_stages(y, stages, {addend});
    at::Tensor got = y.to(scalar).to(at::kDouble);
    for (const Stage& stage : stages) got = stage(got, {addend}).to(scalar).to(at::kDouble);
    const at::Tensor stored = stored_between(format.unit, y, stages, {addend});
    EXPECT_EQ(difference(type, got, exact, kOnlyRounding, stored), "");
    EXPECT_NE(difference(type, got, exact, kOnlyRounding), "");
    EXPECT_NE(difference(type, got, exact, kOnlyRounding, stored * 0.3), "");
  }
}

TEST(BoundedValues, CoverTheFormulaComputedWithRoundings) {
  for (const DataType type : kLow) {
    const auto format = low_format(type).value();
    const auto round = [&](const at::Tensor& x) { return x.to(scalar_type(type)).to(at::kDouble); };
    const auto r = [&](const Bounded& x) { return rounded(x, format.unit); };
    const at::Tensor a = random_tensor({type, {500, 8}}, 3).to(at::kDouble);
    const at::Tensor b = random_tensor({type, {8, 6}}, 4).to(at::kDouble);
    const at::Tensor c = random_tensor({type, {500, 6}}, 5).to(at::kDouble);
    const Bounded inner = r(sum(r(matrix_product(exactly(a), b)), exactly(c)));
    const Bounded outer = r(product(r(function(inner, 1, at::tanh)), inner));
    const at::Tensor in = round(round(at::matmul(a, b)) + c);
    const at::Tensor got = round(round(at::tanh(in)) * in);
    const at::Tensor error = at::abs(got - outer.value);
    EXPECT_TRUE((error <= outer.error + format.tiny).all().item<bool>());
    EXPECT_GT((error / (outer.error + format.tiny)).max().item<double>(), 0.4);
  }
}

// ---- 8-bit integers ------------------------------------------------------------------------------------------------

// Share of the elements that a change of all of them puts beyond the bound.
double share_beyond(const Example& example, const at::Tensor& got) {
  const std::string text = example.difference(got);
  return text.empty() ? 0 : std::stod(text) / static_cast<double>(got.numel());
}

// One step more is wrong nearly everywhere: few results lie so close to a tie that f32 cannot decide.
TEST(IntegerRows, AllowAStepOnlyNearTies) {
  int count = 0;
  for (const Case& row : all_cases()) {
    const bool is_quantized = row.output == DataType::kINT8 || row.output == DataType::kUINT8;
    const bool has_nan = !row.inputs.empty() && row.inputs[0].fill == Fill::kSpecial;
    if (!row.allowed || !is_quantized || has_nan) continue;
    const Example example(row);
    if (example.expected().numel() == 0) continue;
    ++count;
    EXPECT_EQ(example.difference(example.expected()), "") << row.name;
    EXPECT_GE(share_beyond(example, example.expected().to(at::kDouble) + 1), 0.97) << row.name;
    EXPECT_GE(share_beyond(example, example.expected().to(at::kDouble) - 1), 0.97) << row.name;
  }
  EXPECT_GT(count, 50);
}

TEST(IntegerRows, AllowRoundingsOfF32InOtherResults) {
  int count = 0;
  for (const Case& row : all_cases()) {
    if (!row.allowed || row.output != DataType::kFLOAT || row.inputs[0].type == DataType::kFLOAT) continue;
    const Example example(row);
    ++count;
    EXPECT_EQ(example.difference(example.expected()), "") << row.name;
    const at::Tensor exact = example.expected().to(at::kDouble);
    EXPECT_GE(share_beyond(example, exact + at::abs(exact).max() * 1e-5), 0.97) << row.name;
  }
  EXPECT_GT(count, 20);
}

// ---- the rows in other formats -------------------------------------------------------------------------------------

TEST(LowRows, AreThereForEveryLayerKindThatComputesInFloats) {
  std::map<network::LayerType, std::set<DataType>> formats;
  std::set<network::LayerType> in_f32;
  for (const Case& row : all_cases()) {
    const Example example(row);
    const bool computes = example.inferred_type() == DataType::kFLOAT && !row.inputs.empty();
    if (computes && !row.f32_only) in_f32.insert(example.layer().getType());
  }
  for (const Case& row : low_cases()) formats[Example(row).layer().getType()].insert(row.output);
  EXPECT_GT(in_f32.size(), 15U);
  for (const network::LayerType kind : in_f32) {
    for (const DataType type : kLow) {
      EXPECT_EQ(formats[kind].count(type), 1U) << network::enum_name(kind) << " in " << network::enum_name(type);
    }
  }
}

TEST(LowRows, HaveInputsAndWeightsOfTheFormat) {
  for (const Case& row : low_cases()) {
    for (const InputSpec& spec : row.inputs) EXPECT_NE(spec.type, DataType::kFLOAT) << row.name;
    EXPECT_NE(row.output, DataType::kFLOAT) << row.name;
  }
}

}  // namespace
}  // namespace torch_tensorrt::conformance
