#include "network/network_test_util.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"

namespace torch_tensorrt::network {
namespace {

using Role = RecurrentWeights;

class RecurrentTest : public LayerTest {
 protected:
  IRecurrentLayer* add(const Dims& x, RecurrentCell cell = RecurrentCell::kLSTM, int64_t size = 4) {
    auto* layer = network_.addRecurrent(input(x), cell, size);
    const int64_t rows = layer->gate_count() * size;
    layer->setWeights(Role::kINPUT, floats(network_, rows * 3));
    layer->setWeights(Role::kHIDDEN, floats(network_, rows * size));
    return layer;
  }
  static Dims dims_of(const ILayer* layer, int32_t output) { return layer->getOutput(output)->getDimensions(); }
};

TEST_F(RecurrentTest, HasAStateBehindEveryStepAndTheLastOnes) {
  for (const auto cell : {RecurrentCell::kLSTM, RecurrentCell::kGRU, RecurrentCell::kTANH, RecurrentCell::kRELU}) {
    auto* layer = add({7, 2, 3}, cell);
    EXPECT_EQ(dims_of(layer, 0), (Dims{7, 2, 4}));
    EXPECT_EQ(dims_of(layer, 1), (Dims{1, 2, 4}));
    EXPECT_EQ(dims_of(layer, 2), (Dims{1, 2, 4}));
  }
}

TEST_F(RecurrentTest, AProjectedStateIsOfItsSize) {
  auto* layer = add({7, 2, 3});
  layer->setProjectionSize(2);
  layer->setWeights(Role::kHIDDEN, floats(network_, 16 * 2));
  EXPECT_ERROR(dims_of(layer, 0), "projection are missing");
  layer->setWeights(Role::kPROJECTION, floats(network_, 2 * 4));
  EXPECT_EQ(dims_of(layer, 0), (Dims{7, 2, 2}));
  EXPECT_EQ(dims_of(layer, 1), (Dims{1, 2, 2}));
  EXPECT_EQ(dims_of(layer, 2), (Dims{1, 2, 4}));
}

TEST_F(RecurrentTest, StepsAndBatchMayBeUnknown) {
  auto* layer = add({-1, -1, 3});
  EXPECT_EQ(dims_of(layer, 0), (Dims{-1, -1, 4}));
  EXPECT_EQ(dims_of(layer, 1), (Dims{1, -1, 4}));
  // An input beside the first one tells the batch size.
  layer->setHiddenState(input({1, 5, 4}));
  EXPECT_EQ(dims_of(layer, 0), (Dims{-1, 5, 4}));
  EXPECT_EQ(dims_of(layer, 2), (Dims{1, 5, 4}));
}

TEST_F(RecurrentTest, StepsAndBatchAreTheInputs) {
  auto* layer = add({-1, -1, 3});
  const ITensor& x = *layer->getInput(0);
  EXPECT_TRUE(is_same_size(x, 0, *layer->getOutput(0), 0));
  EXPECT_TRUE(is_same_size(x, 1, *layer->getOutput(0), 1));
  EXPECT_TRUE(is_same_size(x, 1, *layer->getOutput(1), 1));
  EXPECT_TRUE(is_same_size(x, 1, *layer->getOutput(2), 1));
  EXPECT_FALSE(is_same_size(x, 0, *layer->getOutput(1), 0));
  EXPECT_FALSE(is_same_size(x, 0, *layer->getOutput(0), 1));
}

TEST_F(RecurrentTest, WeightsMayBeInputs) {
  auto* layer = network_.addRecurrent(input({7, 2, 3}), RecurrentCell::kGRU, 4);
  EXPECT_ERROR(dims_of(layer, 0), "input_weights are missing");
  layer->setWeights(Role::kINPUT, input({12, 3}));
  layer->setWeights(Role::kHIDDEN, input({12, -1}));
  EXPECT_EQ(dims_of(layer, 0), (Dims{7, 2, 4}));
  EXPECT_FALSE(layer->has_constant_weights());
  layer->setWeights(Role::kINPUT_BIAS, input({11}));
  EXPECT_ERROR(dims_of(layer, 0), "input_bias input is 11, must be 12");
  layer->setWeights(Role::kHIDDEN, floats(network_, 48));
  EXPECT_ERROR(dims_of(layer, 0), "are also given as input 5");
}

TEST_F(RecurrentTest, WeightsThatDoNotFit) {
  auto* layer = add({7, 2, 3});
  layer->setWeights(Role::kINPUT, floats(network_, 47));
  EXPECT_ERROR(dims_of(layer, 0), "input_weights has 47 elements, must have 48 (16x3)");
  layer = add({7, 2, 3});
  layer->setWeights(Role::kHIDDEN_BIAS, floats(network_, 15));
  EXPECT_ERROR(dims_of(layer, 0), "hidden_bias has 15 elements, must have 16");
  layer = add({7, 2, 3});
  layer->setWeights(Role::kINPUT_BIAS, own<int32_t>(network_, DataType::kINT32, std::vector<int32_t>(16)));
  EXPECT_ERROR(dims_of(layer, 0), "input_bias are i32 and the input f32");
}

TEST_F(RecurrentTest, InputsThatDoNotFit) {
  EXPECT_ERROR(dims_of(add({7, 3}), 0), "must have rank 3: steps, batch, features");
  EXPECT_ERROR(dims_of(network_.addRecurrent(input({7, 2, 3}), RecurrentCell::kLSTM, 0), 0), "hidden size is 0");
  auto* layer = add({7, 2, 3});
  layer->setLengths(input({3}, DataType::kINT64));
  EXPECT_ERROR(dims_of(layer, 0), "the lengths input is 3, must be 2");
  layer->setLengths(input({2}));
  EXPECT_ERROR(dims_of(layer, 0), "lengths are f32");
  layer = add({7, 2, 3});
  layer->setHiddenState(input({2, 2, 4}));
  EXPECT_ERROR(dims_of(layer, 0), "the hidden state input is 2x2x4, must be 1x2x4");
  layer = add({7, 2, 3}, RecurrentCell::kGRU);
  layer->setCellState(input({1, 2, 4}));
  EXPECT_ERROR(dims_of(layer, 0), "only lstm has one");
  layer = add({7, 2, 3}, RecurrentCell::kTANH);
  layer->setProjectionSize(2);
  EXPECT_ERROR(dims_of(layer, 0), "only lstm has a projection");
  layer = add({7, 2, 3});
  layer->setProjectionSize(-1);
  EXPECT_ERROR(dims_of(layer, 0), "projection size is -1");
}

}  // namespace
}  // namespace torch_tensorrt::network
