#include "torch_tensorrt/core/network/layers/basic.h"

#include "cpp/network/network_test_util.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"

namespace torch_tensorrt::network {
namespace {

using CastTest = LayerTest;

TEST_F(CastTest, GivesTheTypeAskedFor) {
  auto* layer = network_.addCast(input({-1, 3}), DataType::kINT32);
  EXPECT_EQ(type_of(layer), DataType::kINT32);
  EXPECT_EQ(dims_of(layer), (Dims{-1, 3}));
}

TEST_F(CastTest, CarriesShapeValues) {
  ITensor& shape = *network_.addShape(input({-1, 3}))->getOutput(0);
  EXPECT_EQ(value_of(*network_.addCast(shape, DataType::kINT32)->getOutput(0)), (std::vector<int64_t>{kUnknown, 3}));
  const auto real = value_of(*network_.addCast(shape, DataType::kFLOAT)->getOutput(0));
  ASSERT_EQ(real.size(), 2U);
  EXPECT_EQ(real[0], kUnknown);
  EXPECT_EQ(to_real(real[1]), 3.0);
  ITensor& numbers = constant(network_, {0, -7, int64_t{1} << 40});
  EXPECT_EQ(value_of(*network_.addCast(numbers, DataType::kBOOL)->getOutput(0)), (std::vector<int64_t>{0, 1, 1}));
  EXPECT_EQ(value_of(*network_.addCast(numbers, DataType::kINT32)->getOutput(0)),
            (std::vector<int64_t>{0, -7, kUnknown}));
}

}  // namespace
}  // namespace torch_tensorrt::network
