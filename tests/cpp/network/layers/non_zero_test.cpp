#include "torch_tensorrt/core/network/layers/indexing.h"

#include <cmath>

#include "cpp/network/network_test_util.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"

namespace torch_tensorrt::network {
namespace {

using NonZeroTest = LayerTest;

TEST_F(NonZeroTest, GivesAColumnForEachPlace) {
  for (const DataType type : {DataType::kFLOAT, DataType::kBOOL, DataType::kINT64}) {
    auto* layer = network_.addNonZero(input({2, 3, 4}, type));
    EXPECT_EQ(dims_of(layer), (Dims{3, -1}));
    EXPECT_EQ(type_of(layer), DataType::kINT32);
  }
  EXPECT_EQ(dims_of(network_.addNonZero(input({-1}))), (Dims{1, -1}));
}

TEST_F(NonZeroTest, HowManyStaysOpenWhereTheInputIsKnown) {
  auto* places = network_.addNonZero(input({-1, 3}))->getOutput(0);
  EXPECT_EQ(infer_all(network_, {Dims{2, 3}}).at(places).type.dims, (Dims{2, -1}));
}

TEST_F(NonZeroTest, WhatDoesNotFit) {
  EXPECT_ERROR(network_.addNonZero(input({})), "the input is a scalar, whose element has no indices");
}

TEST_F(NonZeroTest, WhatIsMadeOfThePlacesInfers) {
  ITensor& x = input({5, 3});
  auto* shuffle = network_.addShuffle(*network_.addNonZero(input({5}, DataType::kBOOL))->getOutput(0));
  shuffle->setReshapeDimensions(Dims{-1});
  auto* rows = network_.addGather(x, *shuffle->getOutput(0), 0);
  EXPECT_EQ(dims_of(rows), (Dims{-1, 3}));
  EXPECT_EQ(dims_of(network_.addReduce(*rows->getOutput(0), ReduceOperation::kSUM, 1, false)), (Dims{3}));
  auto* product =
      network_.addMatrixMultiply(*rows->getOutput(0), MatrixOperation::kNONE, input({3, 7}), MatrixOperation::kNONE);
  EXPECT_EQ(dims_of(product), (Dims{-1, 7}));
  EXPECT_EQ(value_of(*network_.addShape(*product->getOutput(0))->getOutput(0)), (std::vector<int64_t>{kUnknown, 7}));
}

TEST_F(NonZeroTest, ItsSizeIsBoundByTheInput) {
  ITensor& x = input({-1, 3});
  auto* places = network_.addNonZero(x)->getOutput(0);
  const Profile profile = {{x.getName(), {Dims{0, 3}, Dims{2, 3}, Dims{5, 3}}}};
  const Interval range = ValueRanges(profile).of_dim(*places, 1);
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 15);
  const Profile none;
  EXPECT_TRUE(std::isinf(ValueRanges(none).of_dim(*places, 1).high));
  auto* empty = network_.addNonZero(input({-1, 0}))->getOutput(0);
  EXPECT_TRUE(std::isinf(ValueRanges(none).of_dim(*empty, 1).high));
  EXPECT_EQ(ValueRanges(none).of_dim(*network_.addNonZero(input({4, 2}))->getOutput(0), 1).high, 8);
}

TEST_F(NonZeroTest, ItsSizeDependsOnValues) {
  auto* places = network_.addNonZero(input({5}))->getOutput(0);
  bool of_sizes_only = true;
  EXPECT_TRUE(sizes_behind(*network_.addShape(*places)->getOutput(0), of_sizes_only).empty());
  EXPECT_FALSE(of_sizes_only);
}

}  // namespace
}  // namespace torch_tensorrt::network
