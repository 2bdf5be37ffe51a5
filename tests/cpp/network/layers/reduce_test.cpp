#include "torch_tensorrt/core/network/layers/reductions.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using Op = ReduceOperation;
using ReduceTest = LayerTest;

TEST_F(ReduceTest, KeepsOrDropsTheAxes) {
  ITensor& x = input({2, -1, 4});
  EXPECT_EQ(dims_of(network_.addReduce(x, Op::kSUM, 0b101, true)), (Dims{1, -1, 1}));
  EXPECT_EQ(dims_of(network_.addReduce(x, Op::kSUM, 0b101, false)), (Dims{-1}));
  EXPECT_EQ(dims_of(network_.addReduce(x, Op::kAVG, 0b010, true)), (Dims{2, 1, 4}));
  EXPECT_EQ(dims_of(network_.addReduce(x, Op::kAVG, 0b111, false)), (Dims{}));
  EXPECT_EQ(dims_of(network_.addReduce(x, Op::kMAX, 0, false)), (Dims{2, -1, 4}));
}

TEST_F(ReduceTest, WrongInputs) {
  EXPECT_ERROR(network_.addReduce(input({2, 3}), Op::kSUM, 0b100, true), "axes mask is 4, must have bits below 2");
  EXPECT_ERROR(network_.addReduce(input({2}, DataType::kINT32), Op::kAVG, 1, true), "avg of i32");
  EXPECT_ERROR(network_.addReduce(input({2}, DataType::kBOOL), Op::kSUM, 1, true), "sum of bool");
  EXPECT_ERROR(network_.addReduce(input({2}), Op::kNONE, 1, true), "none of f32");
  EXPECT_EQ(type_of(network_.addReduce(input({2}, DataType::kBOOL), Op::kMAX, 1, true)), DataType::kBOOL);
}

TEST_F(ReduceTest, ShapeValues) {
  ITensor& x = constant(network_, {2, 3, 4});
  const auto value = [&](ITensor& of, Op op) { return value_of(*network_.addReduce(of, op, 1, false)->getOutput(0)); };
  EXPECT_EQ(value(x, Op::kPROD), (std::vector<int64_t>{24}));
  EXPECT_EQ(value(x, Op::kSUM), (std::vector<int64_t>{9}));
  EXPECT_EQ(value(x, Op::kMAX), (std::vector<int64_t>{4}));
  EXPECT_EQ(value(x, Op::kMIN), (std::vector<int64_t>{2}));
  ITensor& shape = *network_.addShape(input({-1, 3}))->getOutput(0);
  EXPECT_EQ(value(shape, Op::kPROD), (std::vector<int64_t>{kUnknown}));
  ITensor& empty = *network_.addShape(input({-1, 0}))->getOutput(0);
  EXPECT_EQ(value(empty, Op::kPROD), (std::vector<int64_t>{0}));
}

TEST_F(ReduceTest, ShapeValuesOfSomeAxes) {
  auto* matrix = network_.addConstant({2, 2}, own<int64_t>(network_, DataType::kINT64, {1, 2, 3, 4}));
  EXPECT_EQ(value_of(*network_.addReduce(*matrix->getOutput(0), Op::kSUM, 0b10, true)->getOutput(0)),
            (std::vector<int64_t>{3, 7}));
  EXPECT_EQ(value_of(*network_.addReduce(*matrix->getOutput(0), Op::kSUM, 0b01, false)->getOutput(0)),
            (std::vector<int64_t>{4, 6}));
}

}  // namespace
}  // namespace torch_tensorrt::network
