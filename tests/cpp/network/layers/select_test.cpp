#include "torch_tensorrt/core/network/layers/pointwise.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

class SelectTest : public LayerTest {
 protected:
  ITensor& flags(const Dims& dims) { return input(dims, DataType::kBOOL); }
};

TEST_F(SelectTest, BroadcastsAllThree) {
  EXPECT_EQ(dims_of(network_.addSelect(flags({2, 1, 1}), input({3, 1}), input({4}))), (Dims{2, 3, 4}));
  EXPECT_EQ(dims_of(network_.addSelect(flags({-1, 1}), input({}), input({1, 4}))), (Dims{-1, 4}));
}

TEST_F(SelectTest, WrongInputs) {
  EXPECT_ERROR(network_.addSelect(input({2}), input({2}), input({2})), "the condition is f32, must be bool");
  EXPECT_ERROR(network_.addSelect(flags({2}), input({2}), input({2}, DataType::kHALF)), "f32 and f16");
  EXPECT_ERROR(network_.addSelect(flags({2}), input({3}), input({3})), "dims 2 and 3 do not broadcast");
}

TEST_F(SelectTest, ChoosesShapeValues) {
  ITensor& condition = *network_.addConstant({2}, own<uint8_t>(network_, DataType::kBOOL, {1, 0}))->getOutput(0);
  ITensor& shape = *network_.addShape(input({-1, 3}))->getOutput(0);
  EXPECT_EQ(value_of(*network_.addSelect(condition, constant(network_, {7, 8}), shape)->getOutput(0)),
            (std::vector<int64_t>{7, 3}));
  EXPECT_EQ(value_of(*network_.addSelect(condition, shape, constant(network_, {9}))->getOutput(0)),
            (std::vector<int64_t>{kUnknown, 9}));
  EXPECT_EQ(
      value_of(*network_.addSelect(flags({2}), constant(network_, {7, 8}), constant(network_, {7, 9}))->getOutput(0)),
      (std::vector<int64_t>{7, kUnknown}));
}

}  // namespace
}  // namespace torch_tensorrt::network
