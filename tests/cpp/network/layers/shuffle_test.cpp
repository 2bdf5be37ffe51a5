#include "torch_tensorrt/core/network/layers/shuffle.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

class ShuffleTest : public LayerTest {
 protected:
  Dims reshape(const Dims& from, const Dims& to) {
    auto* layer = network_.addShuffle(input(from));
    layer->setReshapeDimensions(to);
    return dims_of(layer);
  }
  static Permutation permutation(const std::vector<int32_t>& order) {
    Permutation p;
    std::copy(order.begin(), order.end(), p.order);
    return p;
  }
};

TEST_F(ShuffleTest, WithoutAttributesIsTheIdentity) {
  auto* layer = network_.addShuffle(input({2, -1}));
  EXPECT_EQ(dims_of(layer), (Dims{2, -1}));
  EXPECT_FALSE(layer->has_reshape());
  EXPECT_FALSE(layer->has_first_transpose(2));
}

TEST_F(ShuffleTest, Transposes) {
  auto* layer = network_.addShuffle(input({2, 3, -1}));
  layer->setFirstTranspose(permutation({2, 0, 1}));
  EXPECT_EQ(dims_of(layer), (Dims{-1, 2, 3}));
  EXPECT_TRUE(layer->has_first_transpose(3));
  layer->setSecondTranspose(permutation({0, 2, 1}));
  EXPECT_EQ(dims_of(layer), (Dims{-1, 3, 2}));
}

TEST_F(ShuffleTest, TransposeReshapeTranspose) {
  auto* layer = network_.addShuffle(input({2, 3, 4}));
  layer->setFirstTranspose(permutation({1, 0, 2}));
  layer->setReshapeDimensions({3, 8});
  layer->setSecondTranspose(permutation({1, 0}));
  EXPECT_EQ(dims_of(layer), (Dims{8, 3}));
}

TEST_F(ShuffleTest, WrongPermutations) {
  auto* layer = network_.addShuffle(input({2, 3}));
  layer->setFirstTranspose(permutation({1, 1}));
  EXPECT_ERROR(dims_of(layer), "the first transpose takes dimension 1 for dimension 1");
  layer->setFirstTranspose({});
  layer->setSecondTranspose(permutation({0, 2}));
  EXPECT_ERROR(dims_of(layer), "the second transpose takes dimension 2 for dimension 1");
}

TEST_F(ShuffleTest, ZerosAndMinusOne) {
  EXPECT_EQ(reshape({2, 3, 4}, {0, -1}), (Dims{2, 12}));
  EXPECT_EQ(reshape({2, 3, 4}, {-1}), (Dims{24}));
  EXPECT_EQ(reshape({2, 3, 4}, {4, 0, 2}), (Dims{4, 3, 2}));
  EXPECT_EQ(reshape({1, 1}, {}), (Dims{}));
  EXPECT_EQ(reshape({}, {1, 1}), (Dims{1, 1}));
}

TEST_F(ShuffleTest, ZeroCanBeAnEmptyDimension) {
  auto* layer = network_.addShuffle(input({0, 4}));
  layer->setReshapeDimensions({2, 0});
  EXPECT_ERROR(dims_of(layer), "cannot reshape 0x4 to 2x0: 0 elements do not become 2");
  layer->setZeroIsPlaceholder(false);
  EXPECT_EQ(dims_of(layer), (Dims{2, 0}));
  layer->setReshapeDimensions({0, -1});
  EXPECT_ERROR(dims_of(layer), "cannot reshape 0x4 to 0x-1: any size would do");
  EXPECT_EQ(reshape({0, 2, 3}, {0, -1}), (Dims{0, 6})) << "a copied dimension does not count";
}

TEST_F(ShuffleTest, VolumesMustAgree) {
  EXPECT_ERROR(reshape({2, 3}, {4, 2}), "cannot reshape 2x3 to 4x2: 6 elements do not become 8");
  EXPECT_ERROR(reshape({2, 3}, {4, -1}), "cannot reshape 2x3 to 4x-1: 6 is not a multiple of 4");
  EXPECT_ERROR(reshape({2, 3}, {-1, -1}), "only one dimension can be -1");
  EXPECT_ERROR(reshape({2, 3}, {-2, 3}), "a dimension is -2");
  EXPECT_ERROR(reshape({2, 3}, {2, 3, 0}), "no input dimension 2 for the 0 to copy");
}

TEST_F(ShuffleTest, UnknownDimensions) {
  EXPECT_EQ(reshape({-1, 3, 4}, {0, -1}), (Dims{-1, 12}));
  EXPECT_EQ(reshape({-1, 3, 4}, {-1, 12}), (Dims{-1, 12}));
  EXPECT_EQ(reshape({-1, -1}, {-1}), (Dims{-1}));
  EXPECT_EQ(reshape({-1, 3}, {0, 0}), (Dims{-1, 3}));
  EXPECT_EQ(reshape({-1, 4}, {2, 6}), (Dims{2, 6}));
  EXPECT_ERROR(reshape({-1, 4}, {3, 3}), "cannot reshape -1x4 to 3x3: 4 elements do not become 9");
}

TEST_F(ShuffleTest, ReshapeByShapeTensor) {
  auto* layer = network_.addShuffle(input({2, 3, 4}));
  layer->setInput(1, constant(network_, {0, -1}));
  EXPECT_TRUE(layer->has_reshape());
  EXPECT_EQ(dims_of(layer), (Dims{2, 12}));
  layer->setInput(1, input({2}, DataType::kINT64));
  EXPECT_EQ(dims_of(layer), (Dims{-1, -1}));
  layer->setInput(1, input({-1}, DataType::kINT64));
  EXPECT_ERROR(dims_of(layer), "must have one known dimension");
  layer->setInput(1, input({2}));
  EXPECT_ERROR(dims_of(layer), "is f32 2, must be i32 or i64");
}

TEST_F(ShuffleTest, ReshapeByPartlyKnownShapeTensor) {
  ITensor& x = input({-1, 3, 4});
  ITensor& shape = *network_.addShape(x)->getOutput(0);
  ITensor& batch = *network_.addGather(shape, constant(network_, {0}), 0)->getOutput(0);
  ITensor* parts[] = {&batch, &constant(network_, {12})};
  auto* target = network_.addConcatenation(parts, 2);
  auto* layer = network_.addShuffle(x);
  layer->setInput(1, *target->getOutput(0));
  EXPECT_EQ(dims_of(layer), (Dims{-1, 12}));
  x.setDimensions({5, 3, 4});
  EXPECT_EQ(dims_of(layer), (Dims{5, 12}));
  auto* fixed = network_.addShuffle(input({6, 4}));
  ITensor* others[] = {&input({1}, DataType::kINT64), &constant(network_, {12})};
  fixed->setInput(1, *network_.addConcatenation(others, 2)->getOutput(0));
  EXPECT_EQ(dims_of(fixed), (Dims{2, 12})) << "the volume decides the one dimension that is not known";
}

TEST_F(ShuffleTest, CarriesShapeValues) {
  ITensor& x =
      *network_.addConstant({2, 3}, own<int64_t>(network_, DataType::kINT64, {1, 2, 3, 4, 5, 6}))->getOutput(0);
  auto* layer = network_.addShuffle(x);
  layer->setFirstTranspose(permutation({1, 0}));
  EXPECT_EQ(value_of(*layer->getOutput(0)), (std::vector<int64_t>{1, 4, 2, 5, 3, 6}));
  layer->setReshapeDimensions({2, 3});
  layer->setSecondTranspose(permutation({1, 0}));
  EXPECT_EQ(value_of(*layer->getOutput(0)), (std::vector<int64_t>{1, 5, 4, 3, 2, 6}));
}

}  // namespace
}  // namespace torch_tensorrt::network
