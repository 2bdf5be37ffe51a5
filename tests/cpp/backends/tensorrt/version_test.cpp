#include "torch_tensorrt/core/backends/tensorrt/loader.h"

#include <gtest/gtest.h>

namespace torch_tensorrt::backends::tensorrt {
namespace {

TEST(TensorRTVersion, ReadsBothFormsOfTheNumber) {
  EXPECT_EQ(to_string(parse_version(100600)), "10.6.0");
  EXPECT_EQ(to_string(parse_version(101301)), "10.13.1");
  EXPECT_EQ(to_string(parse_version(8601)), "8.6.1");
  EXPECT_EQ(to_string(parse_version(9300)), "9.3.0");
}

TEST(TensorRTVersion, GivesTheNumberBack) {
  for (const int32_t number : {7234, 8601, 9300, 100000, 100600, 101301, 110002}) {
    EXPECT_EQ(to_number(parse_version(number)), number);
  }
}

TEST(TensorRTVersion, IsOrdered) {
  EXPECT_TRUE((Version{10, 6, 0} < Version{10, 13, 0}));
  EXPECT_TRUE((Version{8, 6, 1} < Version{10, 0, 0}));
  EXPECT_FALSE((Version{10, 6, 1} < Version{10, 6, 1}));
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
