#include "torch_tensorrt/core/network/layers/normalization.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using NormalizationTest = LayerTest;

TEST_F(NormalizationTest, KeepsTheType) {
  auto* layer = network_.addNormalization(input({-1, 4, 8}), input({8}), input({8}), 0b100);
  EXPECT_EQ(dims_of(layer), (Dims{-1, 4, 8}));
  EXPECT_EQ(layer->getNbInputs(), 3);
  EXPECT_TRUE(layer->getHasScale());
  EXPECT_TRUE(layer->getHasBias());
}

TEST_F(NormalizationTest, ScaleAndBiasAreOptional) {
  auto* none = network_.addNormalization(input({2, 8}), nullptr, nullptr, 0b10);
  EXPECT_EQ(none->getNbInputs(), 1);
  EXPECT_EQ(dims_of(none), (Dims{2, 8}));
  ITensor& bias = input({8});
  auto* bias_only = network_.addNormalization(input({2, 8}), nullptr, &bias, 0b10);
  EXPECT_FALSE(bias_only->getHasScale());
  EXPECT_EQ(bias_only->getInput(1), &bias);
  EXPECT_EQ(dims_of(bias_only), (Dims{2, 8}));
  bias_only->setHasScale(true);
  EXPECT_ERROR(dims_of(bias_only), "has 2 inputs, must have 3");
}

TEST_F(NormalizationTest, WeightsMustBroadcastToTheInput) {
  EXPECT_ERROR(dims_of(network_.addNormalization(input({2, 8}), input({7}), input({8}), 0b10)),
               "the scale 7 must broadcast to the input 2x8");
  EXPECT_ERROR(dims_of(network_.addNormalization(input({2, 8}), input({8}), input({1, 2, 8}), 0b10)), "the bias 1x2x8");
  EXPECT_ERROR(dims_of(network_.addNormalization(input({2, 8}), input({8}, DataType::kHALF), input({8}), 0b10)),
               "the scale is f16, must be f32 or as the input f32");
  EXPECT_EQ(type_of(network_.addNormalization(input({2, 8}, DataType::kHALF), input({8}), input({8}), 0b10)),
            DataType::kHALF);
}

TEST_F(NormalizationTest, Axes) {
  EXPECT_ERROR(dims_of(network_.addNormalization(input({2, 8}), nullptr, nullptr, 0b100)), "axes mask is 4");
  EXPECT_ERROR(dims_of(network_.addNormalization(input({2, 8}), nullptr, nullptr, 0)), "axes mask is 0");
}

TEST_F(NormalizationTest, Groups) {
  auto* layer = network_.addNormalization(input({2, 6, 4, 4}), nullptr, nullptr, 0b1100);
  layer->setNbGroups(3);
  EXPECT_EQ(dims_of(layer), (Dims{2, 6, 4, 4}));
  layer->setNbGroups(4);
  EXPECT_ERROR(dims_of(layer), "2x6x4x4 must be a multiple of the 4 groups");
  layer->setNbGroups(0);
  EXPECT_ERROR(dims_of(layer), "groups is 0");
}

TEST_F(NormalizationTest, IntegersAreRefused) {
  EXPECT_ERROR(dims_of(network_.addNormalization(input({2}, DataType::kINT32), nullptr, nullptr, 1)), "input is i32");
}

}  // namespace
}  // namespace torch_tensorrt::network
