#include "torch_tensorrt/core/network/layers/indexing.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

class ScatterTest : public LayerTest {
 protected:
  IScatterLayer* scatter(const Dims& data, const Dims& indices, const Dims& updates, ScatterMode mode) {
    return network_.addScatter(input(data), input(indices, DataType::kINT64), input(updates), mode);
  }
};

TEST_F(ScatterTest, GivesTheDimsOfTheData) {
  EXPECT_EQ(dims_of(scatter({4, 5}, {2, 3}, {2, 3}, ScatterMode::kELEMENT)), (Dims{4, 5}));
  EXPECT_EQ(dims_of(scatter({-1, 5}, {7, 3}, {-1, 3}, ScatterMode::kELEMENT)), (Dims{-1, 5}));
  EXPECT_EQ(dims_of(scatter({4, 5, 6}, {3, 2}, {3, 6}, ScatterMode::kND)), (Dims{4, 5, 6}));
  EXPECT_EQ(dims_of(scatter({4, 5}, {3, 2}, {3}, ScatterMode::kND)), (Dims{4, 5}));
}

TEST_F(ScatterTest, WhatDoesNotFit) {
  EXPECT_ERROR(dims_of(scatter({4, 5}, {2, 6}, {2, 6}, ScatterMode::kELEMENT)),
               "no larger than the data 4x5 except in axis 0");
  EXPECT_ERROR(dims_of(scatter({4, 5}, {2, 3}, {3, 3}, ScatterMode::kELEMENT)), "must have the same dims");
  EXPECT_ERROR(dims_of(scatter({4, 5, 6}, {3, 2}, {3, 5}, ScatterMode::kND)), "updates are 3x5, must be 3x6");
  EXPECT_ERROR(dims_of(scatter({4}, {3, 2}, {3}, ScatterMode::kND)), "at most the rank of the data");
  ITensor& x = input({4});
  EXPECT_ERROR(dims_of(network_.addScatter(x, x, x, ScatterMode::kELEMENT)), "indices are f32, must be i32 or i64");
  ITensor& index = input({2}, DataType::kINT32);
  ITensor& whole = input({2}, DataType::kINT32);
  EXPECT_ERROR(dims_of(network_.addScatter(x, index, whole, ScatterMode::kELEMENT)), "f32 and i32");
  ITensor& bits = input({4}, DataType::kBOOL);
  auto* layer = network_.addScatter(bits, index, input({2}, DataType::kBOOL), ScatterMode::kELEMENT);
  EXPECT_EQ(type_of(layer), DataType::kBOOL);
  layer->setReduction(ScatterReduction::kSUM);
  EXPECT_ERROR(dims_of(layer), "updates of bool cannot be combined");
}

}  // namespace
}  // namespace torch_tensorrt::network
