#include "torch_tensorrt/core/network/layers/attention.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using AttentionTest = LayerTest;

TEST_F(AttentionTest, HasTheQueriesAndTheValuesWidth) {
  EXPECT_EQ(dims_of(network_.addAttention(input({2, 8, 5, 16}), input({2, 8, 7, 16}), input({2, 8, 7, 4}))),
            (Dims{2, 8, 5, 4}));
  EXPECT_EQ(dims_of(network_.addAttention(input({2, 8, 5, 16}), input({2, 2, 7, 16}), input({2, 2, 7, 16}))),
            (Dims{2, 8, 5, 16}));
  EXPECT_EQ(dims_of(network_.addAttention(input({-1, 8, -1, 16}), input({-1, 8, -1, 16}), input({3, 8, 7, 16}))),
            (Dims{3, 8, -1, 16}));
}

TEST_F(AttentionTest, ABatchOfOneServesAll) {
  EXPECT_EQ(dims_of(network_.addAttention(input({1, 8, 5, 16}), input({4, 8, 7, 16}), input({1, 8, 7, 4}))),
            (Dims{4, 8, 5, 4}));
  EXPECT_EQ(dims_of(network_.addAttention(input({-1, 8, 5, 16}), input({1, 8, 7, 16}), input({1, 8, 7, 16}))),
            (Dims{-1, 8, 5, 16}));
  EXPECT_ERROR(network_.addAttention(input({2, 8, 5, 16}), input({3, 8, 7, 16}), input({3, 8, 7, 4})), "2 and 3");
}

TEST_F(AttentionTest, WhatDoesNotFit) {
  EXPECT_ERROR(network_.addAttention(input({8, 5, 16}), input({8, 7, 16}), input({8, 7, 4})), "must have rank 4");
  EXPECT_ERROR(network_.addAttention(input({2, 8, 5, 16}), input({2, 3, 7, 16}), input({2, 3, 7, 4})),
               "no multiple of the keys' 3");
  EXPECT_ERROR(network_.addAttention(input({2, 8, 5, 16}), input({2, 8, 7, 8}), input({2, 8, 7, 4})), "16");
  EXPECT_ERROR(network_.addAttention(input({2, 8, 5, 16}), input({2, 8, 7, 16}), input({2, 8, 6, 4})), "7");
  auto* layer = network_.addAttention(input({2, 8, 5, 16}), input({2, 8, 7, 16}), input({2, 8, 7, 4}));
  layer->setMask(input({5, 7}, DataType::kBOOL));
  EXPECT_EQ(dims_of(layer), (Dims{2, 8, 5, 4}));
  layer->setMask(input({5, 7}, DataType::kINT32));
  EXPECT_ERROR(dims_of(layer), "the mask is i32, must be bool or f32");
  layer->setMask(input({3, 1, 5, 7}));
  EXPECT_ERROR(dims_of(layer), "");
}

}  // namespace
}  // namespace torch_tensorrt::network
