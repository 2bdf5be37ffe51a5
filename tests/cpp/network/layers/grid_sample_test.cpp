#include "torch_tensorrt/core/network/layers/sampling.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using GridSampleTest = LayerTest;

TEST_F(GridSampleTest, HasThePlacesOfTheGrid) {
  EXPECT_EQ(dims_of(network_.addGridSample(input({2, 3, 8, 9}), input({2, 4, 5, 2}))), (Dims{2, 3, 4, 5}));
  EXPECT_EQ(dims_of(network_.addGridSample(input({-1, 3, 8, 9}), input({2, -1, 5, 2}))), (Dims{2, 3, -1, 5}));
  EXPECT_EQ(dims_of(network_.addGridSample(input({2, 3, 6, 8, 9}), input({2, 4, 5, 7, 3}))), (Dims{2, 3, 4, 5, 7}));
}

TEST_F(GridSampleTest, WhatDoesNotFit) {
  EXPECT_ERROR(network_.addGridSample(input({3, 8, 9}), input({4, 5, 2})), "has rank 3, must have 4 or 5");
  EXPECT_ERROR(network_.addGridSample(input({2, 3, 8, 9}), input({2, 4, 5, 3})), "2 numbers per position");
  EXPECT_ERROR(network_.addGridSample(input({2, 3, 8, 9}), input({3, 4, 5, 2})), "2");
  EXPECT_ERROR(network_.addGridSample(input({2, 3, 8, 9}), input({2, 4, 5, 2}, DataType::kHALF)), "f32 and f16");
  auto* layer = network_.addGridSample(input({2, 3, 6, 8, 9}), input({2, 4, 5, 7, 3}));
  layer->setInterpolationMode(InterpolationMode::kCUBIC);
  EXPECT_ERROR(dims_of(layer), "cubic interpolation needs an input of rank 4");
  layer->setInterpolationMode(InterpolationMode::kLINEAR);
  layer->setSampleMode(SampleMode::kWRAP);
  EXPECT_ERROR(dims_of(layer), "must be fill, clamp or reflect");
}

}  // namespace
}  // namespace torch_tensorrt::network
