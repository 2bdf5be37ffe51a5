#include "torch_tensorrt/core/network/layers/basic.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using ShapeTest = LayerTest;

TEST_F(ShapeTest, GivesTheDimsAsInt64) {
  auto* layer = network_.addShape(input({2, -1, 4}, DataType::kHALF));
  EXPECT_EQ(type_of(layer), DataType::kINT64);
  EXPECT_EQ(dims_of(layer), Dims{3});
  EXPECT_EQ(value_of(*layer->getOutput(0)), (std::vector<int64_t>{2, kUnknown, 4}));
  EXPECT_FALSE(layer->getOutput(0)->shape_value()->is_known());
}

TEST_F(ShapeTest, OfAScalarIsEmpty) {
  auto* layer = network_.addShape(input({}));
  EXPECT_EQ(dims_of(layer), Dims{0});
  EXPECT_TRUE(value_of(*layer->getOutput(0)).empty());
}

}  // namespace
}  // namespace torch_tensorrt::network
