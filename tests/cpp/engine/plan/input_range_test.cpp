#include "torch_tensorrt/core/engine/plan/input_range.h"

#include <gtest/gtest.h>

#include "engine/reference_tactic.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;
using network::Dims;
using network::ShapeValue;
using testing::error_of;

std::vector<IoTensor> two_inputs() {
  IoTensor x{"input_0", DataType::kFLOAT, Dims{-1, 4}, Dims{1, 4}, Dims{2, 4}, Dims{8, 4}, {}};
  x.argument = "x";
  IoTensor n{"input_1", DataType::kINT64, Dims{2}, Dims{2}, Dims{2}, Dims{2}, {}};
  n.argument = "n";
  n.is_shape = true;
  n.min_values = {1, 1};
  n.max_values = {12, 24};
  return {x, n};
}

std::string misfit(const Dims& x) {
  return error_of([&] { check_input_dims("test", two_inputs(), {}, {x, Dims{2}}); });
}

std::string misfit(const std::vector<std::optional<ShapeValue>>& values) {
  return error_of([&] { check_input_values(two_inputs(), values); });
}

TEST(InputRange, QuotesTheArgumentTheDimsAndTheRange) {
  EXPECT_EQ(misfit(Dims{1, 4}), "");
  EXPECT_EQ(misfit(Dims{8, 4}), "");
  const std::string text = misfit(Dims{9, 4});
  for (const char* part : {"input x (input_0)", "9x4", "1x4 to 8x4"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  EXPECT_NE(misfit(Dims{4}).find("rank 1, the engine was built for rank 2"), std::string::npos);
}

TEST(InputRange, OneProfileMustFitAllInputs) {
  const std::vector<network::Profile> profiles = {
      {{"input_0", {{1, 4}, {1, 4}, {2, 4}}}, {"input_1", {{2}, {2}, {2}}}},
      {{"input_0", {{6, 4}, {7, 4}, {8, 4}}}},
  };
  const auto misfit_of = [&](int64_t size) {
    return error_of([&] { check_input_dims("test", two_inputs(), profiles, {Dims{size, 4}, Dims{2}}); });
  };
  for (const int64_t size : {1, 2, 6, 8}) EXPECT_EQ(misfit_of(size), "");
  for (const int64_t size : {3, 5}) {
    const std::string text = misfit_of(size);
    EXPECT_NE(text.find("fit none of the 2 profiles of engine \"test\""), std::string::npos) << text;
    EXPECT_NE(text.find("input x (input_0) has dims " + std::to_string(size) + "x4, may have 1x4 to 2x4 or 6x4 to 8x4"),
              std::string::npos)
        << text;
  }
  EXPECT_NE(misfit_of(9).find("1x4 to 8x4"), std::string::npos);
}

TEST(InputRange, ElementsOfInputsThatAreUsedAsShapes) {
  EXPECT_EQ(misfit({std::nullopt, ShapeValue{{12, 1}}}), "");
  const std::string text = misfit({std::nullopt, ShapeValue{{12, 25}}});
  for (const char* part : {"input n (input_1)", "[12, 25]", "[1, 1] to [12, 24]"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  EXPECT_NE(misfit(std::vector<std::optional<ShapeValue>>{}).find("its elements are not given"), std::string::npos);
}

}  // namespace
}  // namespace torch_tensorrt::engine
