#include "torch_tensorrt/core/network/layers/reductions.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using TopKTest = LayerTest;

TEST_F(TopKTest, KeepsDimsButTheAxis) {
  auto* layer = network_.addTopK(input({-1, 5, 3}, DataType::kHALF), TopKOperation::kMAX, 2, 0b10);
  EXPECT_EQ(dims_of(layer), (Dims{-1, 2, 3}));
  EXPECT_EQ(type_of(layer), DataType::kHALF);
  EXPECT_EQ(layer->getOutput(1)->getDimensions(), (Dims{-1, 2, 3}));
  EXPECT_EQ(layer->getOutput(1)->getType(), DataType::kINT32);
  layer->setIndicesType(DataType::kINT64);
  EXPECT_EQ(layer->getOutput(1)->getType(), DataType::kINT64);
}

TEST_F(TopKTest, WhatDoesNotFit) {
  ITensor& x = input({4, 5});
  EXPECT_ERROR(network_.addTopK(x, TopKOperation::kMAX, 6, 0b10),
               "k is 6, must be at least 0 and at most the size of dimension 1");
  EXPECT_ERROR(network_.addTopK(x, TopKOperation::kMAX, -1, 0b10), "k is -1");
  EXPECT_ERROR(network_.addTopK(x, TopKOperation::kMAX, 1, 0b11), "exactly one bit");
  EXPECT_ERROR(network_.addTopK(x, TopKOperation::kMAX, 1, 0b100), "must have bits below 2");
  EXPECT_ERROR(network_.addTopK(input({4}, DataType::kBOOL), TopKOperation::kMAX, 1, 1), "top-k of bool");
  auto* layer = network_.addTopK(x, TopKOperation::kMAX, 1, 1);
  layer->setIndicesType(DataType::kFLOAT);
  EXPECT_ERROR(dims_of(layer), "must be i32 or i64");
}

}  // namespace
}  // namespace torch_tensorrt::network
