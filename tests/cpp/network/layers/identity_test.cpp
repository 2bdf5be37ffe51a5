#include "torch_tensorrt/core/network/layers/basic.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using IdentityTest = LayerTest;

TEST_F(IdentityTest, IsItsInput) {
  auto* layer = network_.addIdentity(input({-1, 3}, DataType::kBOOL));
  EXPECT_EQ(dims_of(layer), (Dims{-1, 3}));
  EXPECT_EQ(type_of(layer), DataType::kBOOL);
  EXPECT_FALSE(layer->getOutput(0)->isShapeTensor());
}

TEST_F(IdentityTest, CarriesShapeValues) {
  EXPECT_EQ(value_of(*network_.addIdentity(constant(network_, {1, 2}))->getOutput(0)), (std::vector<int64_t>{1, 2}));
}

}  // namespace
}  // namespace torch_tensorrt::network
