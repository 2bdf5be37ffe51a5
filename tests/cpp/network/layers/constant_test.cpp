#include "torch_tensorrt/core/network/layers/basic.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using ConstantTest = LayerTest;

TEST_F(ConstantTest, GivesItsWeights) {
  auto* layer = network_.addConstant({2, 3}, floats(network_, 6));
  EXPECT_EQ(type_of(layer), DataType::kFLOAT);
  EXPECT_EQ(dims_of(layer), (Dims{2, 3}));
}

TEST_F(ConstantTest, LargeOnesAreNoShapeValues) {
  constexpr int64_t kLimit = ShapeValue::kMaxElements;
  EXPECT_TRUE(network_.addConstant({kLimit}, floats(network_, kLimit))->getOutput(0)->isShapeTensor());
  EXPECT_FALSE(network_.addConstant({kLimit + 1}, floats(network_, kLimit + 1))->getOutput(0)->isShapeTensor());
}

TEST_F(ConstantTest, CountMustBeTheVolume) {
  EXPECT_ERROR(network_.addConstant({2, 3}, floats(network_, 5)), "has 5 weights, must have 6 for the dims 2x3");
  EXPECT_ERROR(network_.addConstant({-1}, floats(network_, 5)), "dims are -1, must all be known");
  EXPECT_ERROR(network_.addConstant({5}, {DataType::kFLOAT, nullptr, 5}), "have no memory");
  EXPECT_NO_THROW(network_.addConstant({0}, {DataType::kFLOAT, nullptr, 0}));
}

TEST_F(ConstantTest, IntegersAreShapeValues) {
  EXPECT_EQ(value_of(constant(network_, {1, -2})), (std::vector<int64_t>{1, -2}));
  EXPECT_EQ(value_of(constant(network_, {1, -2}, DataType::kINT32)), (std::vector<int64_t>{1, -2}));
  auto* flags = network_.addConstant({2}, own<uint8_t>(network_, DataType::kBOOL, {1, 0}));
  EXPECT_EQ(value_of(*flags->getOutput(0)), (std::vector<int64_t>{1, 0}));
  auto* bytes = network_.addConstant({2}, own<int8_t>(network_, DataType::kINT8, {-1, 3}));
  EXPECT_EQ(value_of(*bytes->getOutput(0)), (std::vector<int64_t>{-1, 3}));
  auto* unsigned_bytes = network_.addConstant({}, own<uint8_t>(network_, DataType::kUINT8, {255}));
  EXPECT_EQ(value_of(*unsigned_bytes->getOutput(0)), (std::vector<int64_t>{255}));
}

TEST_F(ConstantTest, SettersAreSeen) {
  auto* layer = network_.addConstant({6}, floats(network_, 6));
  layer->setDimensions({3, 2});
  EXPECT_EQ(dims_of(layer), (Dims{3, 2}));
  layer->setWeights({DataType::kHALF, layer->getWeights().values, 6});
  EXPECT_EQ(type_of(layer), DataType::kHALF);
}

}  // namespace
}  // namespace torch_tensorrt::network
