#include "torch_tensorrt/core/network/layers/matrix_multiply.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

struct Operand {
  Dims batch;
  int64_t free = 1;   // rows of A or columns of B; unused for a vector
  int64_t inner = 1;  // the dimension summed over
};

Operand operand_of(const Dims& dims, MatrixOperation op, bool is_left) {
  const int32_t matrix_rank = op == MatrixOperation::kVECTOR ? 1 : 2;
  if (dims.nbDims < matrix_rank) {
    TORCHTRT_THROW_ERROR("input " << to_string(dims) << " has " << dims.nbDims << " dimensions, must have at least "
                                  << matrix_rank << " for the operation " << enum_name(op));
  }
  Operand operand;
  operand.batch = Dims(dims.nbDims - matrix_rank, dims.d);
  const int64_t last = dims.d[dims.nbDims - 1];
  if (op == MatrixOperation::kVECTOR) {
    operand.inner = last;
    return operand;
  }
  const int64_t before = dims.d[dims.nbDims - 2];
  const bool inner_is_last = is_left == (op == MatrixOperation::kNONE);
  operand.inner = inner_is_last ? last : before;
  operand.free = inner_is_last ? before : last;
  return operand;
}

}  // namespace

std::vector<TensorType> IMatrixMultiplyLayer::infer(const std::vector<InferInput>& inputs) const {
  const size_t own = own_inputs(epilogue_, inputs.size());
  if (own != 2) {
    TORCHTRT_THROW_ERROR("has " << own << " inputs, must have 2");
  }
  expect_inputs(inputs, inputs.size());
  const TensorType& a = inputs[0].type;
  const TensorType& b = inputs[1].type;
  if (!begins_with_dequantize(epilogue_)) {
    expect_same_type(a.dtype, b.dtype);
  } else if ((!is_byte(a.dtype) && a.dtype != DataType::kFLOAT) || b.dtype != DataType::kINT8) {
    TORCHTRT_THROW_ERROR("quantized inputs are " << enum_name(a.dtype) << " and " << enum_name(b.dtype)
                                                 << ", must be i8, u8 or f32, and i8");
  }
  if (a.dtype == DataType::kBOOL) {
    TORCHTRT_THROW_ERROR("inputs are bool, must be numbers; add a cast before them");
  }
  const Operand left = operand_of(a.dims, op0_, /*is_left=*/true);
  const Operand right = operand_of(b.dims, op1_, /*is_left=*/false);
  if (left.inner != right.inner && left.inner != -1 && right.inner != -1) {
    TORCHTRT_THROW_ERROR("inputs " << to_string(a.dims) << " (" << enum_name(op0_) << ") and " << to_string(b.dims)
                                   << " (" << enum_name(op1_) << ") do not fit: the inner dimensions are " << left.inner
                                   << " and " << right.inner);
  }
  std::vector<int64_t> dims = broadcast_dims(left.batch, right.batch).to_vector();
  if (op0_ != MatrixOperation::kVECTOR) {
    dims.push_back(left.free);
  }
  if (op1_ != MatrixOperation::kVECTOR) {
    dims.push_back(right.free);
  }
  const TensorType type{a.dtype, Dims(dims)};
  return {check_epilogue(epilogue_, inputs, type)};
}

// Rows come from the first matrix, columns from the second, other dimensions from the operand that is not repeated.
InputDim IMatrixMultiplyLayer::kept_dim(int32_t /*output*/, int32_t axis) const {
  const int32_t rank = getOutput(0)->getDimensions().nbDims;
  if (op0_ == MatrixOperation::kVECTOR || op1_ == MatrixOperation::kVECTOR) return {};
  if (axis < rank - 2) return unrepeated_dim(*this, axis);
  const int32_t input = axis == rank - 2 ? 0 : 1;
  const bool is_last = (input == 1) != (getOperation(input) == MatrixOperation::kTRANSPOSE);
  return {input, getInput(input)->getDimensions().nbDims - (is_last ? 1 : 2)};
}

void IMatrixMultiplyLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("op0", op0_);
  visitor.visit_as_enum("op1", op1_);
  visitor.visit("epilogue", epilogue_);
}

}  // namespace torch_tensorrt::network
