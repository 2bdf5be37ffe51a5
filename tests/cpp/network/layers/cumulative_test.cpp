#include "torch_tensorrt/core/network/layers/reductions.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using CumulativeTest = LayerTest;

TEST_F(CumulativeTest, KeepsTheType) {
  auto* layer = network_.addCumulative(input({-1, 5}, DataType::kINT64), CumulativeOperation::kSUM, 1);
  EXPECT_EQ(dims_of(layer), (Dims{-1, 5}));
  EXPECT_EQ(type_of(layer), DataType::kINT64);
}

TEST_F(CumulativeTest, WhatDoesNotFit) {
  EXPECT_ERROR(network_.addCumulative(input({4}), CumulativeOperation::kSUM, 1), "axis");
  EXPECT_ERROR(network_.addCumulative(input({4}, DataType::kBOOL), CumulativeOperation::kPROD, 0),
               "a running prod of bool");
}

}  // namespace
}  // namespace torch_tensorrt::network
