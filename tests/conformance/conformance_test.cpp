#include <gtest/gtest.h>

#include <map>
#include <set>

#include "conformance/bounds.h"
#include "conformance/harness.h"
#include "torch_tensorrt/core/network/enum_names.h"

// Runs every row of the table on every tactic of the process that takes it, in every format that the tactic takes.
namespace torch_tensorrt::conformance {
namespace {

using engine::Tactic;
using engine::TacticRegistry;
using network::TensorFormat;

constexpr TensorFormat kFormats[] = {TensorFormat::kLINEAR, TensorFormat::kHWC};
constexpr int kMinimumRowsPerKind = 3;

bool is_aten(const Tactic& tactic) { return std::string(tactic.name()).rfind("aten.", 0) == 0; }

// Runs the row on all tactics that take it.
void check_row(const Case& row) {
  const Example example(row);
  EXPECT_EQ(example.inferred_dims().to_vector(), example.expected().sizes().vec()) << example.reproducer();
  EXPECT_EQ(network::enum_name(example.inferred_type()), network::enum_name(row.output)) << example.reproducer();
  if (needs_no_tactic(example.layer().getType())) {
    EXPECT_EQ(build_and_compare(example), "") << example.reproducer();
    return;
  }
  bool taken_by_aten = false;
  for (const Tactic* tactic : TacticRegistry::global().all()) {
    for (const TensorFormat format : kFormats) {
      if (!why_not(*tactic, example, format).empty()) continue;
      taken_by_aten = taken_by_aten || is_aten(*tactic);
      std::string wrong;
      try {
        wrong = run_and_compare(*tactic, example, format);
      } catch (const std::exception& e) {
        wrong = e.what();
      }
      EXPECT_EQ(wrong, "") << tactic->name() << " @" << network::enum_name(format) << ": " << example.reproducer();
    }
  }
  const std::string reasons = TacticRegistry::global().explain(example.layer(), engine::DeviceTarget::cpu());
  if (row.aten_declines.empty()) {
    EXPECT_TRUE(taken_by_aten) << reasons;
  } else {
    EXPECT_FALSE(taken_by_aten);
    EXPECT_NE(reasons.find(row.aten_declines), std::string::npos) << reasons;
  }
}

std::vector<size_t> places(const Cases& cases) {
  std::vector<size_t> all(cases.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

#if defined(__x86_64__) && defined(TORCHTRT_WITH_ONEDNN)

// The rows for which oneDNN has fast kernels, and the formats in which it takes them.
TEST(ConformanceOfOnednn, IntegersBetweenConvolutionsHaveFastKernels) {
  struct {
    const char* rows;
    const char* tactic;
    std::vector<TensorFormat> formats;
  } const kExpected[] = {
      {"quantized_average_2x2", "onednn.pooling", {TensorFormat::kHWC}},
      {"quantized_average_padded", "onednn.pooling", {TensorFormat::kHWC}},
      {"quantized_mean_spatial", "onednn.spatial_reduction", {TensorFormat::kHWC}},
      {"joined_integers_sum", "onednn.integer_elementwise", {TensorFormat::kLINEAR, TensorFormat::kHWC}},
      {"joined_integers_product", "onednn.integer_elementwise", {TensorFormat::kLINEAR, TensorFormat::kHWC}},
  };
  for (const auto& expected : kExpected) {
    int found = 0;
    for (const Case& row : all_cases()) {
      if (row.name.rfind(expected.rows, 0) != 0) continue;
      const Example example(row);
      for (const Tactic* tactic : TacticRegistry::global().all()) {
        if (std::string(tactic->name()) != expected.tactic) continue;
        for (const TensorFormat format : expected.formats) {
          EXPECT_EQ(why_not(*tactic, example, format), "") << row.name << " @" << network::enum_name(format);
          ++found;
        }
      }
    }
    EXPECT_GE(found, 2) << expected.rows;
  }
}

#endif

class Conformance : public testing::TestWithParam<size_t> {};

TEST_P(Conformance, EveryTacticGivesWhatPyTorchGives) { check_row(all_cases()[GetParam()]); }

INSTANTIATE_TEST_SUITE_P(Table, Conformance, testing::ValuesIn(places(all_cases())),
                         [](const testing::TestParamInfo<size_t>& info) { return all_cases()[info.param].name; });

// The rows in f16 and bf16, with bounds that follow from the format (bounds.h).
class LowFormats : public testing::TestWithParam<size_t> {};

TEST_P(LowFormats, EveryTacticRoundsAsItsLayerKindPromises) { check_row(low_cases()[GetParam()]); }

INSTANTIATE_TEST_SUITE_P(Table, LowFormats, testing::ValuesIn(places(low_cases())),
                         [](const testing::TestParamInfo<size_t>& info) { return low_cases()[info.param].name; });

class RangeOfHalf : public testing::TestWithParam<size_t> {};

TEST_P(RangeOfHalf, IsNoLimitInF32) { check_row(range_cases()[GetParam()]); }

INSTANTIATE_TEST_SUITE_P(Table, RangeOfHalf, testing::ValuesIn(places(range_cases())),
                         [](const testing::TestParamInfo<size_t>& info) { return range_cases()[info.param].name; });

TEST(ConformanceTable, NamesAreUnique) {
  std::set<std::string> names;
  for (const Cases* rows : {&all_cases(), &low_cases(), &range_cases()}) {
    for (const Case& row : *rows) EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
}

TEST(ConformanceTable, HasRowsForEveryLayerKind) {
  std::map<network::LayerType, int> rows;
  for (const Case& row : all_cases()) ++rows[Example(row).layer().getType()];
  for (int32_t i = 0; i < network::kLayerTypeCount; ++i) {
    const auto kind = static_cast<network::LayerType>(i);
    // No tactic runs inputs, or layers with data-dependent sizes (their rows in tests/python/ops have `late=True`).
    if (kind == network::LayerType::kINPUT || kind == network::LayerType::kNON_ZERO) continue;
    EXPECT_GE(rows[kind], kMinimumRowsPerKind) << network::enum_name(kind);
  }
}

TEST(ConformanceTable, HasRowsForEveryTactic) {
  std::set<std::string> untested;
  const engine::DeviceTarget gpu;
  for (const Tactic* tactic : TacticRegistry::global().all()) untested.insert(tactic->name());
  EXPECT_FALSE(untested.empty());
  for (const Case& row : all_cases()) {
    const Example example(row);
    for (const Tactic* tactic : TacticRegistry::global().all()) {
      for (const TensorFormat format : kFormats) {
        // tests/gpu runs those that need a GPU; here they only say which rows they take.
        if (why_not(*tactic, example, format).empty() || why_not(*tactic, example, format, gpu).empty()) {
          untested.erase(tactic->name());
        }
      }
    }
  }
  for (const std::string& name : untested) ADD_FAILURE() << "no row is taken by " << name;
}

}  // namespace
}  // namespace torch_tensorrt::conformance
