#include "torch_tensorrt/core/network/layers/basic.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using ReformatTest = LayerTest;

TEST_F(ReformatTest, KeepsTheType) {
  auto* layer = static_cast<IReformatLayer*>(network_.add_layer(std::make_unique<IReformatLayer>("why")));
  EXPECT_ERROR(dims_of(layer), "reformat: has 0 inputs, must have 1");
  layer->setInput(0, input({-1, 3, 8, 8}));
  EXPECT_EQ(dims_of(layer), (Dims{-1, 3, 8, 8}));
  EXPECT_EQ(layer->reason(), "why");
}

}  // namespace
}  // namespace torch_tensorrt::network
