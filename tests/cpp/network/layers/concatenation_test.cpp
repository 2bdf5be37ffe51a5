#include "torch_tensorrt/core/network/layers/movement.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

class ConcatenationTest : public LayerTest {
 protected:
  IConcatenationLayer* join(std::vector<ITensor*> inputs, int32_t axis) {
    auto* layer = network_.addConcatenation(inputs.data(), static_cast<int32_t>(inputs.size()));
    layer->setAxis(axis);
    return layer;
  }
};

TEST_F(ConcatenationTest, SumsTheAxis) {
  EXPECT_EQ(dims_of(join({&input({2, 3}), &input({2, 4}), &input({2, 0})}, 1)), (Dims{2, 7}));
  EXPECT_EQ(dims_of(join({&input({2, 3})}, 0)), (Dims{2, 3}));
}

TEST_F(ConcatenationTest, UnknownDimensions) {
  EXPECT_EQ(dims_of(join({&input({2, -1}), &input({2, 4})}, 1)), (Dims{2, -1}));
  EXPECT_EQ(dims_of(join({&input({-1, 3}), &input({2, 4})}, 1)), (Dims{2, 7}));
  EXPECT_EQ(dims_of(join({&input({-1, 3}), &input({-1, 4})}, 1)), (Dims{-1, 7}));
}

TEST_F(ConcatenationTest, WrongInputs) {
  EXPECT_ERROR(dims_of(join({&input({2, 3}), &input({5, 3})}, 1)), "inputs 2x3 and 5x3 do not fit: 2 and 5");
  EXPECT_ERROR(dims_of(join({&input({2, 3}), &input({2, 3, 1})}, 1)), "2x3 and 2x3x1 must have the same number");
  EXPECT_ERROR(dims_of(join({&input({2}), &input({2}, DataType::kHALF)}, 0)), "f32 and f16");
  EXPECT_ERROR(dims_of(join({&input({2})}, 1)), "axis is 1, must be in 0..0");
  EXPECT_ERROR(dims_of(join({&input({2})}, -1)), "axis is -1");
  EXPECT_ERROR(network_.addConcatenation(nullptr, 0), "0 inputs");
  ITensor* missing = nullptr;
  EXPECT_ERROR(network_.addConcatenation(&missing, 1), "input 0 of 1 is null");
}

TEST_F(ConcatenationTest, JoinsShapeValues) {
  ITensor& shape = *network_.addShape(input({-1, 3}))->getOutput(0);
  EXPECT_EQ(value_of(*join({&shape, &constant(network_, {5})}, 0)->getOutput(0)),
            (std::vector<int64_t>{kUnknown, 3, 5}));
  ITensor& given = input({1}, DataType::kINT64);
  EXPECT_EQ(value_of(*join({&given, &constant(network_, {5})}, 0)->getOutput(0)), (std::vector<int64_t>{kUnknown, 5}));
  EXPECT_FALSE(join({&given, &given}, 0)->getOutput(0)->isShapeTensor());
}

TEST_F(ConcatenationTest, JoinsShapeValuesOfHigherRank) {
  auto matrix = [&](std::vector<int64_t> values, Dims dims) {
    return network_.addConstant(dims, own(network_, DataType::kINT64, values))->getOutput(0);
  };
  auto* layer = join({matrix({1, 2, 3, 4}, {2, 2}), matrix({5, 6}, {2, 1})}, 1);
  EXPECT_EQ(value_of(*layer->getOutput(0)), (std::vector<int64_t>{1, 2, 5, 3, 4, 6}));
}

}  // namespace
}  // namespace torch_tensorrt::network
