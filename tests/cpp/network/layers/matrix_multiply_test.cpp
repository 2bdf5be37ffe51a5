#include "torch_tensorrt/core/network/layers/matrix_multiply.h"

#include "cpp/network/network_test_util.h"

namespace torch_tensorrt::network {
namespace {

using Op = MatrixOperation;

class MatrixMultiplyTest : public LayerTest {
 protected:
  Dims multiply(const Dims& a, Op op_a, const Dims& b, Op op_b) {
    return dims_of(network_.addMatrixMultiply(input(a), op_a, input(b), op_b));
  }
};

TEST_F(MatrixMultiplyTest, Operations) {
  EXPECT_EQ(multiply({2, 3}, Op::kNONE, {3, 4}, Op::kNONE), (Dims{2, 4}));
  EXPECT_EQ(multiply({3, 2}, Op::kTRANSPOSE, {3, 4}, Op::kNONE), (Dims{2, 4}));
  EXPECT_EQ(multiply({2, 3}, Op::kNONE, {4, 3}, Op::kTRANSPOSE), (Dims{2, 4}));
  EXPECT_EQ(multiply({3}, Op::kVECTOR, {3, 4}, Op::kNONE), (Dims{4}));
  EXPECT_EQ(multiply({2, 3}, Op::kNONE, {3}, Op::kVECTOR), (Dims{2}));
  EXPECT_EQ(multiply({3}, Op::kVECTOR, {3}, Op::kVECTOR), (Dims{}));
}

TEST_F(MatrixMultiplyTest, BatchesBroadcast) {
  EXPECT_EQ(multiply({5, 1, 2, 3}, Op::kNONE, {6, 3, 4}, Op::kNONE), (Dims{5, 6, 2, 4}));
  EXPECT_EQ(multiply({5, 2, 3}, Op::kNONE, {3, 4}, Op::kNONE), (Dims{5, 2, 4}));
  EXPECT_EQ(multiply({5, 2, 3}, Op::kNONE, {3}, Op::kVECTOR), (Dims{5, 2}));
  EXPECT_EQ(multiply({5, 3}, Op::kVECTOR, {5, 3, 4}, Op::kNONE), (Dims{5, 4}));
  EXPECT_ERROR(multiply({5, 2, 3}, Op::kNONE, {6, 3, 4}, Op::kNONE), "5 and 6");
}

TEST_F(MatrixMultiplyTest, UnknownDimensions) {
  EXPECT_EQ(multiply({-1, 2, -1}, Op::kNONE, {3, -1}, Op::kNONE), (Dims{-1, 2, -1}));
}

TEST_F(MatrixMultiplyTest, WrongInputs) {
  EXPECT_ERROR(multiply({2, 3}, Op::kNONE, {4, 5}, Op::kNONE),
               "2x3 (none) and 4x5 (none) do not fit: the inner dimensions are 3 and 4");
  EXPECT_ERROR(multiply({3}, Op::kNONE, {3, 4}, Op::kNONE), "input 3 has 1 dimensions, must have at least 2");
  EXPECT_ERROR(multiply({}, Op::kVECTOR, {3, 4}, Op::kNONE), "scalar has 0 dimensions, must have at least 1");
  EXPECT_ERROR(network_.addMatrixMultiply(input({2, 2}), Op::kNONE, input({2, 2}, DataType::kHALF), Op::kNONE),
               "f32 and f16");
  EXPECT_ERROR(
      network_.addMatrixMultiply(input({2, 2}, DataType::kBOOL), Op::kNONE, input({2, 2}, DataType::kBOOL), Op::kNONE),
      "inputs are bool");
}

TEST_F(MatrixMultiplyTest, Epilogue) {
  auto* layer = network_.addMatrixMultiply(input({2, 3}), Op::kNONE, input({3, 4}), Op::kNONE);
  layer->setInput(2, input({4}));
  EXPECT_ERROR(dims_of(layer), "has 3 inputs, must have 2");
  EpilogueOp bias;
  bias.kind = EpilogueOp::Kind::kElementWise;
  bias.input = 2;
  layer->mutable_epilogue().push_back(bias);
  EXPECT_EQ(dims_of(layer), (Dims{2, 4}));
  EXPECT_EQ(layer->own_input_count(), 2);
}

}  // namespace
}  // namespace torch_tensorrt::network
