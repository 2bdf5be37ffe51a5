#include "torch_tensorrt/core/network/layers/reductions.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using SoftMaxTest = LayerTest;

TEST_F(SoftMaxTest, DefaultAxisIsThatOfNvinfer1) {
  EXPECT_EQ(network_.addSoftMax(input({2, 3, 4, 5}))->getAxes(), 0b10U);
  EXPECT_EQ(network_.addSoftMax(input({3, 4, 5}))->getAxes(), 0b1U);
  EXPECT_EQ(network_.addSoftMax(input({4}))->getAxes(), 0b1U);
  EXPECT_EQ(dims_of(network_.addSoftMax(input({}))), (Dims{}));
}

TEST_F(SoftMaxTest, KeepsTheType) {
  auto* layer = network_.addSoftMax(input({-1, 5}, DataType::kHALF));
  layer->setAxes(0b10);
  EXPECT_EQ(dims_of(layer), (Dims{-1, 5}));
  EXPECT_EQ(type_of(layer), DataType::kHALF);
}

TEST_F(SoftMaxTest, ExactlyOneAxis) {
  auto* layer = network_.addSoftMax(input({2, 3}));
  layer->setAxes(0b11);
  EXPECT_ERROR(dims_of(layer), "axes mask is 3, must have exactly one bit set");
  layer->setAxes(0);
  EXPECT_ERROR(dims_of(layer), "axes mask is 0");
  layer->setAxes(0b100);
  EXPECT_ERROR(dims_of(layer), "axes mask is 4, must have bits below 2");
  EXPECT_ERROR(network_.addSoftMax(input({2}, DataType::kINT32)), "input is i32");
}

}  // namespace
}  // namespace torch_tensorrt::network
