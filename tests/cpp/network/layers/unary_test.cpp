#include "torch_tensorrt/core/network/layers/pointwise.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using Op = UnaryOperation;
using UnaryTest = LayerTest;

TEST_F(UnaryTest, KeepsTheType) {
  auto* layer = network_.addUnary(input({-1, 3}, DataType::kHALF), Op::kSQRT);
  EXPECT_EQ(dims_of(layer), (Dims{-1, 3}));
  EXPECT_EQ(type_of(layer), DataType::kHALF);
}

TEST_F(UnaryTest, Types) {
  ITensor& f = input({2});
  ITensor& i = input({2}, DataType::kINT64);
  ITensor& b = input({2}, DataType::kBOOL);
  EXPECT_EQ(type_of(network_.addUnary(f, Op::kISNAN)), DataType::kBOOL);
  EXPECT_EQ(type_of(network_.addUnary(f, Op::kISINF)), DataType::kBOOL);
  EXPECT_EQ(type_of(network_.addUnary(b, Op::kNOT)), DataType::kBOOL);
  EXPECT_EQ(type_of(network_.addUnary(i, Op::kABS)), DataType::kINT64);
  EXPECT_ERROR(network_.addUnary(f, Op::kNOT), "not of f32");
  EXPECT_ERROR(network_.addUnary(b, Op::kNEG), "neg of bool");
  EXPECT_ERROR(network_.addUnary(i, Op::kEXP), "exp of i64");
}

TEST_F(UnaryTest, ShapeValues) {
  ITensor& x = constant(network_, {-2, 0, 3});
  EXPECT_EQ(value_of(*network_.addUnary(x, Op::kABS)->getOutput(0)), (std::vector<int64_t>{2, 0, 3}));
  EXPECT_EQ(value_of(*network_.addUnary(x, Op::kNEG)->getOutput(0)), (std::vector<int64_t>{2, 0, -3}));
  EXPECT_EQ(value_of(*network_.addUnary(x, Op::kSIGN)->getOutput(0)), (std::vector<int64_t>{-1, 0, 1}));
  ITensor& shape = *network_.addShape(input({-1, 3}))->getOutput(0);
  EXPECT_EQ(value_of(*network_.addUnary(shape, Op::kNEG)->getOutput(0)), (std::vector<int64_t>{kUnknown, -3}));
}

}  // namespace
}  // namespace torch_tensorrt::network
