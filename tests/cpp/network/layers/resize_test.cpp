#include "torch_tensorrt/core/network/layers/sampling.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

class ResizeTest : public LayerTest {
 protected:
  IResizeLayer* resize(const Dims& dims, DataType type = DataType::kFLOAT) {
    return network_.addResize(input(dims, type));
  }
};

TEST_F(ResizeTest, ByDimensions) {
  auto* layer = resize({-1, 3, 8, 8});
  layer->setOutputDimensions({-1, 3, 16, 12});
  EXPECT_EQ(dims_of(layer), (Dims{-1, 3, 16, 12}));
  layer->setOutputDimensions({16, 12});
  EXPECT_ERROR(dims_of(layer), "has 2 output dimensions, must have 4 for the input -1x3x8x8");
}

TEST_F(ResizeTest, ByScales) {
  auto* layer = resize({-1, 3, 10, -1});
  const float scales[] = {1.F, 1.F, 0.7F, 2.F};
  layer->setScales(scales, 4);
  EXPECT_EQ(dims_of(layer), (Dims{-1, 3, 7, -1}));
  layer->setScales(scales, 2);
  EXPECT_ERROR(dims_of(layer), "has 2 scales, must have 4");
  const float negative[] = {1.F, 1.F, -1.F, 1.F};
  layer->setScales(negative, 4);
  EXPECT_ERROR(dims_of(layer), "a scale is -1, must be positive");
}

// 100 * 0.29F rounds to 29; in double the product is below 29.
TEST_F(ResizeTest, DoubleScalesAreMultipliedInDouble) {
  auto* layer = resize({1, 1, 100, 100});
  layer->setScales({1.0, 1.0, 0.29, static_cast<double>(0.29F)});
  EXPECT_EQ(dims_of(layer), (Dims{1, 1, 28, 29}));
}

TEST_F(ResizeTest, ByShapeTensor) {
  auto* layer = resize({-1, 3, 8, 8});
  layer->setOutputDimensions({1, 1, 1, 1});
  layer->setInput(1, constant(network_, {2, 3, 16, 12}));
  EXPECT_EQ(dims_of(layer), (Dims{2, 3, 16, 12}));
  layer->setInput(1, *network_.addShape(input({-1, 3, -1, 5}))->getOutput(0));
  EXPECT_EQ(dims_of(layer), (Dims{-1, 3, -1, 5}));
  layer->setInput(1, input({4}, DataType::kINT32));
  EXPECT_EQ(dims_of(layer), (Dims{-1, -1, -1, -1}));
  layer->setInput(1, input({3}, DataType::kINT32));
  EXPECT_ERROR(dims_of(layer), "the output dimensions input is i32 3, must be i32 or i64 and have one dimension of 4");
  layer->setInput(1, constant(network_, {2, 3, -16, 12}));
  EXPECT_ERROR(dims_of(layer), "output dimension 2 is -16");
}

TEST_F(ResizeTest, DimensionsDecideBesideScales) {
  auto* layer = resize({1, 1, 8});
  const float scales[] = {1.F, 1.F, 3.F};
  layer->setScales(scales, 3);
  layer->setOutputDimensions({1, 1, 16});
  EXPECT_EQ(dims_of(layer), (Dims{1, 1, 16}));
}

TEST_F(ResizeTest, SomethingMustSayTheSize) {
  EXPECT_ERROR(dims_of(resize({1, 1, 8})), "has 0 scales and no output dimensions, must have 3");
}

TEST_F(ResizeTest, Types) {
  auto* layer = resize({4}, DataType::kINT32);
  layer->setOutputDimensions({8});
  EXPECT_EQ(type_of(layer), DataType::kINT32);
  layer->setResizeMode(InterpolationMode::kLINEAR);
  EXPECT_ERROR(type_of(layer), "input is i32");
  auto* bytes = resize({4}, DataType::kUINT8);
  bytes->setOutputDimensions({8});
  bytes->setResizeMode(InterpolationMode::kCUBIC);
  EXPECT_EQ(type_of(bytes), DataType::kUINT8);
}

}  // namespace
}  // namespace torch_tensorrt::network
