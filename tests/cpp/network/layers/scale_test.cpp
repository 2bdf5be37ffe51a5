#include "torch_tensorrt/core/network/layers/pointwise.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using ScaleTest = LayerTest;

TEST_F(ScaleTest, Modes) {
  ITensor& x = input({-1, 3, 4});
  const Weights none;
  EXPECT_EQ(dims_of(network_.addScale(x, ScaleMode::kUNIFORM, floats(network_, 1), none, none)), (Dims{-1, 3, 4}));
  EXPECT_EQ(dims_of(network_.addScale(x, ScaleMode::kCHANNEL, floats(network_, 3), floats(network_, 3), none)),
            (Dims{-1, 3, 4}));
  EXPECT_EQ(dims_of(network_.addScale(x, ScaleMode::kELEMENTWISE, none, floats(network_, 12), none)), (Dims{-1, 3, 4}));
  EXPECT_EQ(dims_of(network_.addScaleNd(x, ScaleMode::kCHANNEL, none, none, floats(network_, 4), 2)), (Dims{-1, 3, 4}));
  EXPECT_EQ(dims_of(network_.addScaleNd(x, ScaleMode::kCHANNEL, floats(network_, 7), none, none, 0)), (Dims{-1, 3, 4}));
}

TEST_F(ScaleTest, WrongWeights) {
  ITensor& x = input({2, 3, 4});
  const Weights none;
  EXPECT_ERROR(dims_of(network_.addScale(x, ScaleMode::kUNIFORM, floats(network_, 3), none, none)),
               "the shift has 3 elements, must have 1");
  EXPECT_ERROR(dims_of(network_.addScale(x, ScaleMode::kCHANNEL, none, floats(network_, 4), none)),
               "the scale has 4 elements, must have 3");
  EXPECT_ERROR(dims_of(network_.addScale(x, ScaleMode::kELEMENTWISE, none, none, floats(network_, 24))),
               "the power has 24 elements, must have 12");
  EXPECT_ERROR(dims_of(network_.addScaleNd(x, ScaleMode::kCHANNEL, none, floats(network_, 4), none, 3)), "axis is 3");
  const Weights halves{DataType::kHALF, &x, 1};
  EXPECT_ERROR(dims_of(network_.addScale(x, ScaleMode::kUNIFORM, halves, none, none)),
               "the shift is f16, must be f32 or as the input f32");
}

TEST_F(ScaleTest, IntegersAreRefused) {
  EXPECT_ERROR(dims_of(network_.addScale(input({2}, DataType::kINT32), ScaleMode::kUNIFORM, {}, {}, {})),
               "input is i32");
}

}  // namespace
}  // namespace torch_tensorrt::network
