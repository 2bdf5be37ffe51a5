#include "torch_tensorrt/core/network/layers/pointwise.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using ActivationTest = LayerTest;

TEST_F(ActivationTest, KeepsTheType) {
  auto* layer = network_.addActivation(input({-1, 3, 8}, DataType::kHALF), ActivationType::kGELU_ERF);
  EXPECT_EQ(dims_of(layer), (Dims{-1, 3, 8}));
  EXPECT_EQ(type_of(layer), DataType::kHALF);
}

TEST_F(ActivationTest, IntegersOnlyWhereTheyHaveAForm) {
  ITensor& x = input({4}, DataType::kINT32);
  EXPECT_EQ(type_of(network_.addActivation(x, ActivationType::kRELU)), DataType::kINT32);
  EXPECT_EQ(type_of(network_.addActivation(x, ActivationType::kCLIP)), DataType::kINT32);
  EXPECT_ERROR(network_.addActivation(x, ActivationType::kSIGMOID), "sigmoid of i32");
  EXPECT_ERROR(network_.addActivation(input({4}, DataType::kBOOL), ActivationType::kRELU), "relu of bool");
}

TEST_F(ActivationTest, KeepsItsParameters) {
  auto* layer = network_.addActivation(input({4}), ActivationType::kRELU);
  layer->setActivationType(ActivationType::kELU);
  layer->setAlpha(0.5F);
  layer->setBeta(2.F);
  EXPECT_EQ(layer->getActivationType(), ActivationType::kELU);
  EXPECT_EQ(layer->getAlpha(), 0.5F);
  EXPECT_EQ(layer->getBeta(), 2.F);
}

}  // namespace
}  // namespace torch_tensorrt::network
