#include "torch_tensorrt/core/network/shapes/dim_origin.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

class DimOriginTest : public LayerTest {
 protected:
  ITensor& input(const char* name, const Dims& dims) { return *network_.addInput(name, DataType::kFLOAT, dims); }

  // The size as a 1-D i64 tensor of one element.
  ITensor& size(ITensor& x, int32_t axis) {
    ITensor& shape = *network_.addShape(x)->getOutput(0);
    return *network_.addSlice(shape, Dims{axis}, Dims{1}, Dims{1})->getOutput(0);
  }
  ITensor& number(int64_t value) {
    return *network_.addConstant({1}, own<int64_t>(network_, DataType::kINT64, {value}))->getOutput(0);
  }
  ITensor& reshape(ITensor& x, std::vector<ITensor*> sizes) {
    auto* shuffle = network_.addShuffle(x);
    shuffle->setZeroIsPlaceholder(false);
    auto* joined = network_.addConcatenation(sizes.data(), static_cast<int32_t>(sizes.size()));
    shuffle->setInput(1, *joined->getOutput(0));
    return *shuffle->getOutput(0);
  }
  ITensor& sum(ITensor& a, ITensor& b) {
    return *network_.addElementWise(a, b, ElementWiseOperation::kSUM)->getOutput(0);
  }
  ITensor& product(ITensor& a, ITensor& b) {
    return *network_.addElementWise(a, b, ElementWiseOperation::kPROD)->getOutput(0);
  }
  ITensor& relu(ITensor& x) { return *network_.addActivation(x, ActivationType::kRELU)->getOutput(0); }
};

TEST_F(DimOriginTest, SumsOfOneSizeKeepIt) {
  ITensor& x = input("x", {-1, 8});
  ITensor& y = input("y", {-1, 8});
  EXPECT_EQ(origin_of_dim(sum(relu(x), x), 0).tensor, &x);
  ITensor& unsure = sum(x, y);
  EXPECT_EQ(origin_of_dim(unsure, 0).tensor, &unsure) << "one of them may be 1";
  EXPECT_FALSE(is_same_size(x, 0, unsure, 0));
}

// Each sum asks twice about the tensors before it.
TEST_F(DimOriginTest, ManyResidualConnectionsTakeNoTime) {
  ITensor& x = input("x", {-1, -1});
  ITensor* y = &x;
  for (int32_t i = 0; i < 200; ++i) y = &sum(*y, relu(*y));
  EXPECT_EQ(origin_of_dim(*y, 1).tensor, &x);
  EXPECT_TRUE(have_same_dims(*y, x));
}

TEST_F(DimOriginTest, MergedDimensionsAreProducts) {
  ITensor& x = input("x", {-1, 3, -1, -1});
  ITensor& y = input("y", {-1, 3, -1, -1});
  const auto flat = [&](ITensor& t) -> ITensor& { return reshape(t, {&size(x, 0), &number(3), &number(-1)}); };
  ITensor& a = flat(x);
  EXPECT_TRUE(is_same_size(a, 2, flat(relu(x)), 2));
  EXPECT_TRUE(is_size_of(product(size(x, 2), size(x, 3)), 0, a, 2));
  EXPECT_TRUE(is_size_of(product(size(x, 3), size(x, 2)), 0, a, 2));
  EXPECT_FALSE(is_size_of(product(size(x, 2), size(x, 2)), 0, a, 2));
  EXPECT_FALSE(is_size_of(size(x, 2), 0, a, 2));
  EXPECT_FALSE(is_same_size(a, 2, flat(y), 2));
  const SizeFactors factors = factors_of_dim(a, 2);
  EXPECT_EQ(factors.known, 1);
  ASSERT_EQ(factors.unknown.size(), 2U);
  EXPECT_EQ(factors.unknown[0], (DimOrigin{&x, 2}));
  EXPECT_EQ(factors.unknown[1], (DimOrigin{&x, 3}));
}

TEST_F(DimOriginTest, WhatAReshapeFindsIsWhatIsLeft) {
  ITensor& x = input("x", {-1, -1, 64});
  ITensor& heads = reshape(x, {&size(x, 0), &size(x, 1), &number(-1), &number(16)});
  const SizeFactors count = factors_of_dim(heads, 2);
  EXPECT_EQ(count.known, 4);
  EXPECT_TRUE(count.unknown.empty());
  ITensor& rows = reshape(x, {&number(-1), &number(32)});
  const SizeFactors many = factors_of_dim(rows, 0);
  EXPECT_EQ(many.known, 2);
  EXPECT_EQ(many.unknown.size(), 2U);
  ITensor& back = reshape(rows, {&size(x, 0), &number(-1), &number(64)});
  EXPECT_TRUE(is_same_size(back, 1, x, 1));
  ITensor& odd = reshape(x, {&number(-1), &number(48)});
  EXPECT_EQ(factors_of_dim(odd, 0).unknown[0], (DimOrigin{&odd, 0})) << "64 is no multiple of 48";
}

TEST_F(DimOriginTest, AnswersFollowChangesOfTheNetwork) {
  ITensor& x = input("x", {-1, 8});
  ITensor& y = input("y", {-1, 8});
  auto* layer = network_.addActivation(x, ActivationType::kRELU);
  EXPECT_EQ(origin_of_dim(*layer->getOutput(0), 0).tensor, &x);
  layer->setInput(0, y);
  EXPECT_EQ(origin_of_dim(*layer->getOutput(0), 0).tensor, &y);
}

}  // namespace
}  // namespace torch_tensorrt::network
