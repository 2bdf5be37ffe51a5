#include "torch_tensorrt/core/network/layers/basic.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using InputTest = LayerTest;

TEST_F(InputTest, GivesWhatItWasGiven) {
  ITensor& x = input({-1, 3}, DataType::kBF16);
  EXPECT_EQ(x.getDimensions(), (Dims{-1, 3}));
  EXPECT_EQ(x.getType(), DataType::kBF16);
  EXPECT_FALSE(x.isShapeTensor());
  x.setDimensions({2, -3});
  EXPECT_ERROR(x.getDimensions(), "dims are 2x-3, each must be at least 0, or -1");
}

}  // namespace
}  // namespace torch_tensorrt::network
