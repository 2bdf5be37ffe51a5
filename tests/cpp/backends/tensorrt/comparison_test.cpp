#include "tensorrt/comparison.h"

#include <gtest/gtest.h>

#include <limits>

namespace torch_tensorrt::tensorrt_test {
namespace {

using network::DataType;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

CaseTensor doubles(const std::vector<double>& values) {
  return {"output_0", DataType::kDOUBLE, {static_cast<int64_t>(values.size())}, bytes_of(values)};
}

FileCase row_of(const std::vector<double>& expected, const std::vector<double>& rounded) {
  FileCase row;
  row.absolute = 0.01;
  row.expected = doubles(expected);
  row.rounded = doubles(rounded);
  return row;
}

std::string rounding_of(const std::vector<float>& got, const FileCase& row) {
  return rounding_difference(row, DataType::kFLOAT, bytes_of(got));
}

std::string known_of(const std::vector<float>& got, const std::vector<double>& expected) {
  return known_difference(row_of(expected, expected), DataType::kFLOAT, bytes_of(got));
}

TEST(CompareTest, NamesTheFirstElementThatDiffers) {
  const FileCase row = row_of({1, 2, 3}, {1, 2, 3});
  EXPECT_EQ(compare(row, DataType::kFLOAT, bytes_of<float>({1, 2.005F, 3})), "");
  EXPECT_EQ(compare(row, DataType::kFLOAT, bytes_of<float>({1, 2.5F, 4})),
            "2 of 3 elements differ; element 1 is 2.5, expected 2");
  EXPECT_EQ(compare(row, DataType::kFLOAT, bytes_of<float>({1, 2})), "it has 2 elements, expected 3");
}

TEST(RoundingDifferenceTest, EachElementIsThatOfOneOfTheTwo) {
  const FileCase row = row_of({-37, 1, 5}, {-36, 1, 6});
  EXPECT_NE(rounding_of({-36, 1, 5}, row), "");
  EXPECT_NE(rounding_of({-37, 1, 6}, row), "");
}

TEST(RoundingDifferenceTest, DoesNotExcuseAnythingElse) {
  const FileCase row = row_of({-37, 1, 5}, {-36, 1, 6});
  EXPECT_EQ(rounding_of({-36.5F, 1, 5}, row), "");
  EXPECT_EQ(rounding_of({-36, 2, 5}, row), "");
  EXPECT_EQ(rounding_of({std::numeric_limits<float>::quiet_NaN(), 1, 5}, row), "");
  EXPECT_EQ(rounding_of({-36, 1}, row), "");
}

TEST(KnownDifferenceTest, IsANanThatIsLostOrTheMaximumOfNothing) {
  EXPECT_EQ(known_of({7, 1}, {kNan, 1}), "TensorRT loses a NaN");
  EXPECT_EQ(known_of({std::numeric_limits<float>::lowest(), 1}, {-kInfinity, 1}),
            "TensorRT's maximum of nothing is the lowest float");
  EXPECT_EQ(known_of({7, 2}, {kNan, 1}), "");
  EXPECT_EQ(known_of({std::numeric_limits<float>::lowest(), 1}, {kInfinity, 1}), "");
}

}  // namespace
}  // namespace torch_tensorrt::tensorrt_test
