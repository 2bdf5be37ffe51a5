#include "torch_tensorrt/core/network/layers/pointwise.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using Op = ElementWiseOperation;

class ElementWiseTest : public LayerTest {
 protected:
  std::vector<int64_t> apply(Op op, std::vector<int64_t> a, std::vector<int64_t> b) {
    return value_of(*network_.addElementWise(constant(network_, a), constant(network_, b), op)->getOutput(0));
  }
};

TEST_F(ElementWiseTest, Broadcasts) {
  EXPECT_EQ(dims_of(network_.addElementWise(input({2, 1, 4}), input({3, 1}), Op::kSUM)), (Dims{2, 3, 4}));
  EXPECT_EQ(dims_of(network_.addElementWise(input({-1, 4}), input({1, 4}), Op::kSUM)), (Dims{-1, 4}));
  EXPECT_EQ(dims_of(network_.addElementWise(input({-1, 4}), input({3, 4}), Op::kSUM)), (Dims{3, 4}));
  EXPECT_ERROR(network_.addElementWise(input({2}), input({3}), Op::kSUM), "dims 2 and 3 do not broadcast");
}

TEST_F(ElementWiseTest, Types) {
  ITensor& f = input({2});
  ITensor& i = input({2}, DataType::kINT32);
  ITensor& b = input({2}, DataType::kBOOL);
  EXPECT_ERROR(network_.addElementWise(f, i, Op::kSUM), "inputs are f32 and i32");
  for (Op op : {Op::kEQUAL, Op::kGREATER, Op::kLESS}) {
    EXPECT_EQ(type_of(network_.addElementWise(f, f, op)), DataType::kBOOL);
    EXPECT_EQ(type_of(network_.addElementWise(b, b, op)), DataType::kBOOL);
  }
  for (Op op : {Op::kAND, Op::kOR, Op::kXOR}) {
    EXPECT_EQ(type_of(network_.addElementWise(b, b, op)), DataType::kBOOL);
    EXPECT_ERROR(network_.addElementWise(i, i, op), "of i32 does not exist, the inputs must be bool");
  }
  for (Op op : {Op::kSUM, Op::kPROD, Op::kMAX, Op::kMIN, Op::kSUB, Op::kDIV, Op::kPOW, Op::kFLOOR_DIV}) {
    EXPECT_EQ(type_of(network_.addElementWise(i, i, op)), DataType::kINT32);
    EXPECT_ERROR(network_.addElementWise(b, b, op), "of bool does not exist, the inputs must be numbers");
  }
}

TEST_F(ElementWiseTest, WrongNumberOfInputs) {
  auto* layer = network_.addElementWise(input({2}), input({2}), Op::kSUM);
  layer->setInput(2, input({2}));
  EXPECT_ERROR(dims_of(layer), "has 3 inputs, must have 2");
}

TEST_F(ElementWiseTest, ShapeArithmetic) {
  EXPECT_EQ(apply(Op::kSUM, {1, 2}, {3}), (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(apply(Op::kDIV, {-7, 7}, {2}), (std::vector<int64_t>{-3, 3}));
  EXPECT_EQ(apply(Op::kFLOOR_DIV, {-7, 7}, {2}), (std::vector<int64_t>{-4, 3}));
  EXPECT_EQ(apply(Op::kLESS, {1, 5}, {3}), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(apply(Op::kMAX, {1, 5}, {3}), (std::vector<int64_t>{3, 5}));
  EXPECT_EQ(apply(Op::kDIV, {1}, {0}), (std::vector<int64_t>{kUnknown}));
  EXPECT_EQ(apply(Op::kPOW, {2}, {-1}), (std::vector<int64_t>{kUnknown}));
}

TEST_F(ElementWiseTest, ShapeArithmeticWithUnknowns) {
  ITensor& shape = *network_.addShape(input({-1, 3}))->getOutput(0);
  EXPECT_EQ(value_of(*network_.addElementWise(shape, constant(network_, {2}), Op::kSUM)->getOutput(0)),
            (std::vector<int64_t>{kUnknown, 5}));
  EXPECT_EQ(value_of(*network_.addElementWise(shape, constant(network_, {0}), Op::kPROD)->getOutput(0)),
            (std::vector<int64_t>{0, 0}));
  ITensor& data = input({2}, DataType::kINT64);
  EXPECT_FALSE(network_.addElementWise(data, shape, Op::kSUM)->getOutput(0)->isShapeTensor());
}

TEST_F(ElementWiseTest, NarrowTypesDoNotOverflowSilently) {
  ITensor& big = constant(network_, {INT32_MAX}, DataType::kINT32);
  EXPECT_EQ(value_of(*network_.addElementWise(big, big, Op::kSUM)->getOutput(0)), (std::vector<int64_t>{kUnknown}));
}

TEST_F(ElementWiseTest, EpilogueActivationNeedsFloats) {
  auto* layer = network_.addElementWise(input({2}), input({2}), Op::kSUM);
  layer->mutable_epilogue().push_back({});
  EXPECT_EQ(dims_of(layer), (Dims{2}));
  layer->setOperation(Op::kLESS);
  EXPECT_ERROR(dims_of(layer), "input is bool, must be a floating-point type");
}

}  // namespace
}  // namespace torch_tensorrt::network
