#include "bin/torchtrtc/input_spec.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "torch_tensorrt/core/util/Exception.h"

namespace torchtrtc {
namespace {

using Shape = std::vector<int64_t>;

InputSpec read(const std::string& text) {
  const auto specs = read_input_specs({text}, {});
  EXPECT_EQ(specs.size(), 1U);
  return specs.at(0);
}

TEST(InputSpec, FormsOfAShapeAreEqual) {
  for (const char* text : {"(1,3,8,16)", " ( 1, 3, 8, 16 ) ", "(1,3,8,16,)", "1x3x8x16"}) {
    EXPECT_EQ(read(text).input.opt_shape, Shape({1, 3, 8, 16})) << text;
    EXPECT_EQ(read(text).name, "");
    EXPECT_EQ(read("x_1:" + std::string(text)).name, "x_1");
    EXPECT_EQ(read("x_1: " + std::string(text)).input.opt_shape, Shape({1, 3, 8, 16}));
  }
  EXPECT_EQ(read("()").input.opt_shape, Shape());
  EXPECT_EQ(read("7").input.opt_shape, Shape({7}));
}

TEST(InputSpec, ARangeHasThreeShapes) {
  for (const char* text : {"[(1,2);(3,2);(4,2)]@half%nhwc", "a:[1x2;3x2;4x2]@f16%hwc"}) {
    const auto input = read(text).input;
    EXPECT_EQ(input.min_shape, Shape({1, 2}));
    EXPECT_EQ(input.opt_shape, Shape({3, 2}));
    EXPECT_EQ(input.max_shape, Shape({4, 2}));
    EXPECT_EQ(input.dtype, torch_tensorrt::DataType::kHalf);
    EXPECT_EQ(input.format, torch_tensorrt::TensorFormat::kChannelsLast);
  }
}

TEST(InputSpec, ThatIsWrongIsQuoted) {
  const std::pair<const char*, const char*> rows[] = {
      {"1x", "input spec '1x': '' is not a size"},
      {"1x-3", "input spec '1x-3': expected a shape like (1,3,224,224) or 1x3x224x224"},
      {"1X3", "expected a shape like"},
      {":1x3", "input spec ':1x3': expected a shape"},
      {"a b:1x3", "expected a shape"},
      {"[1x3;2x3]", "a range has three shapes"},
  };
  for (const auto& [text, complaint] : rows) {
    try {
      read_input_specs({text}, {});
      ADD_FAILURE() << text << " was taken";
    } catch (const torch_tensorrt::Error& error) {
      EXPECT_THAT(error.msg(), testing::HasSubstr(complaint));
    }
  }
}

}  // namespace
}  // namespace torchtrtc
