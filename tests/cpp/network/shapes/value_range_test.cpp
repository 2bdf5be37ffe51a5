#include "torch_tensorrt/core/network/shapes/value_range.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using Op = ElementWiseOperation;

testing::AssertionResult is(const Interval& found, double low, double high) {
  if (found.low == low && found.high == high) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "[" << found.low << ", " << found.high << "], expected [" << low << ", " << high
                                     << "]";
}

TEST(IntervalTest, Arithmetic) {
  const Interval a = {2, 5};
  const Interval b = {-1, 3};
  EXPECT_TRUE(is(apply_elementwise(Op::kSUM, a, b, true), 1, 8));
  EXPECT_TRUE(is(apply_elementwise(Op::kSUB, a, b, true), -1, 6));
  EXPECT_TRUE(is(apply_elementwise(Op::kPROD, a, b, true), -5, 15));
  EXPECT_TRUE(is(apply_elementwise(Op::kMIN, a, b, true), -1, 3));
  EXPECT_TRUE(is(apply_elementwise(Op::kMAX, a, b, true), 2, 5));
  EXPECT_TRUE(is(apply_elementwise(Op::kFLOOR_DIV, {-3, 5}, {2, 2}, true), -2, 2));
  EXPECT_TRUE(is(apply_elementwise(Op::kDIV, {-3, 5}, {2, 2}, true), -1, 2));
  EXPECT_TRUE(is(apply_elementwise(Op::kDIV, {1, 5}, {2, 2}, false), 0.5, 2.5));
  EXPECT_TRUE(std::isinf(apply_elementwise(Op::kDIV, a, b, true).high)) << "by what may be 0";
}

TEST(IntervalTest, RemaindersMoveAlongWithinOnePeriod) {
  EXPECT_TRUE(is(apply_elementwise(Op::kREMAINDER, {9, 11}, {8, 8}, true), 1, 3));
  EXPECT_TRUE(is(apply_elementwise(Op::kREMAINDER, {7, 9}, {8, 8}, true), 0, 7));
  EXPECT_TRUE(is(apply_elementwise(Op::kREMAINDER, {-3, -1}, {8, 8}, true), 5, 7));
}

TEST(IntervalTest, ComparisonsThatAreCertain) {
  EXPECT_TRUE(is(apply_elementwise(Op::kGREATER, {3, 4}, {1, 2}, true), 1, 1));
  EXPECT_TRUE(is(apply_elementwise(Op::kGREATER, {1, 2}, {2, 4}, true), 0, 0));
  EXPECT_TRUE(is(apply_elementwise(Op::kGREATER, {1, 3}, {2, 2}, true), 0, 1));
  EXPECT_TRUE(is(apply_elementwise(Op::kLESS, {1, 2}, {3, 4}, true), 1, 1));
  EXPECT_TRUE(is(apply_elementwise(Op::kEQUAL, {2, 2}, {2, 2}, true), 1, 1));
  EXPECT_TRUE(is(apply_elementwise(Op::kEQUAL, {1, 2}, {3, 4}, true), 0, 0));
  EXPECT_TRUE(is(apply_elementwise(Op::kEQUAL, {1, 3}, {2, 2}, true), 0, 1));
  EXPECT_TRUE(is(apply_unary(UnaryOperation::kNOT, {0, 0}), 1, 1));
}

TEST(IntervalTest, UnaryAndCasts) {
  EXPECT_TRUE(is(apply_unary(UnaryOperation::kNEG, {1, 3}), -3, -1));
  EXPECT_TRUE(is(apply_unary(UnaryOperation::kABS, {-4, 3}), 0, 4));
  EXPECT_TRUE(is(apply_unary(UnaryOperation::kFLOOR, {1.5, 3.2}), 1, 3));
  EXPECT_TRUE(is(cast({1.5, 3.9}, DataType::kINT64), 1, 3));
  EXPECT_TRUE(is(cast({1, 3}, DataType::kBOOL), 1, 1));
  EXPECT_TRUE(is(cast({0, 3}, DataType::kBOOL), 0, 1));
}

// The size of one dimension as a 0-d tensor.
ITensor& size_of(INetworkDefinition& network, ITensor& x, int64_t dim) {
  ITensor& place = constant(network, {dim});
  auto* picked = network.addGather(*network.addShape(x)->getOutput(0), place, 0)->getOutput(0);
  auto* shuffle = network.addShuffle(*picked);
  shuffle->setReshapeDimensions(Dims());
  return *shuffle->getOutput(0);
}

class ValueRangeTest : public LayerTest {
 protected:
  ValueRangeTest() : x_(input({-1, 3, -1, -1})) {
    profile_["in0"] = {{1, 3, 16, 20}, {2, 3, 24, 24}, {4, 3, 33, 40}};
    network_.profiles().push_back(profile_);
  }
  Interval element(const ITensor& tensor) { return ValueRanges(profile_).of_element(tensor, 0); }

  ITensor& x_;
  Profile profile_;
};

TEST_F(ValueRangeTest, SizesOfInputs) {
  EXPECT_TRUE(is(element(size_of(network_, x_, 0)), 1, 4));
  EXPECT_TRUE(is(element(size_of(network_, x_, 1)), 3, 3));
  EXPECT_TRUE(is(element(size_of(network_, x_, 2)), 16, 33));
}

TEST_F(ValueRangeTest, SizesThatLayersMake) {
  auto* pool = network_.addPoolingNd(x_, PoolingType::kMAX, Dims{2, 2});
  pool->setStrideNd(Dims{2, 2});
  ITensor& pooled = *pool->getOutput(0);
  EXPECT_TRUE(is(ValueRanges(profile_).of_dim(pooled, 2), 8, 16));
  EXPECT_TRUE(is(ValueRanges(profile_).of_dim(pooled, 0), 1, 4)) << "the batch is kept";
}

TEST_F(ValueRangeTest, ArithmeticOnSizes) {
  ITensor& h = size_of(network_, x_, 2);
  ITensor& w = size_of(network_, x_, 3);
  auto* sum = network_.addElementWise(h, w, Op::kSUM)->getOutput(0);
  EXPECT_TRUE(is(element(*sum), 36, 73));
  auto* larger = network_.addElementWise(*sum, h, Op::kGREATER)->getOutput(0);
  EXPECT_TRUE(is(element(*larger), 1, 1)) << "73 and 16 apart";
  auto* wider = network_.addElementWise(w, h, Op::kGREATER)->getOutput(0);
  EXPECT_TRUE(is(element(*wider), 0, 1));
  auto* chosen = network_.addSelect(*larger, h, w)->getOutput(0);
  EXPECT_TRUE(is(element(*chosen), 16, 33));
  auto* real = network_.addCast(h, DataType::kDOUBLE)->getOutput(0);
  auto* root = network_.addUnary(*real, UnaryOperation::kSQRT)->getOutput(0);
  EXPECT_TRUE(is(element(*network_.addCast(*root, DataType::kINT64)->getOutput(0)), 4, 5));
}

TEST_F(ValueRangeTest, ProductOfAllSizes) {
  auto* shape = network_.addShape(x_)->getOutput(0);
  auto* count = network_.addReduce(*shape, ReduceOperation::kPROD, 1, false)->getOutput(0);
  EXPECT_TRUE(is(element(*count), 960, 4 * 3 * 33 * 40));
}

TEST_F(ValueRangeTest, WhatIsBehindANumber) {
  bool of_sizes_only = false;
  ITensor& h = size_of(network_, *network_.addActivation(x_, ActivationType::kRELU)->getOutput(0), 2);
  const auto found = sizes_behind(*network_.addElementWise(h, h, Op::kSUM)->getOutput(0), of_sizes_only);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0], (DimOrigin{&x_, 2}));
  EXPECT_TRUE(of_sizes_only);
  auto* largest = network_.addReduce(x_, ReduceOperation::kMAX, 15, false)->getOutput(0);
  sizes_behind(*largest, of_sizes_only);
  EXPECT_FALSE(of_sizes_only) << "elements of the input";
}

}  // namespace
}  // namespace torch_tensorrt::network
