#include "torch_tensorrt/core/network/layers/elementwise.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/scalar_formulas.h"
#include "torch_tensorrt/core/network/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

using Op = ElementWiseOperation;

bool is_comparison(Op op) { return op == Op::kEQUAL || op == Op::kGREATER || op == Op::kLESS; }
bool is_logical(Op op) { return op == Op::kAND || op == Op::kOR || op == Op::kXOR; }

bool is_bitwise(Op op) { return op == Op::kBIT_AND || op == Op::kBIT_OR || op == Op::kBIT_XOR; }

const char* wanted_types(Op op) {
  if (is_logical(op)) return "bool";
  if (is_bitwise(op)) return "integers";
  return op == Op::kATAN2 ? "floats" : "numbers";
}

bool takes(Op op, DataType type) {
  if (is_comparison(op)) return true;
  if (is_logical(op)) return type == DataType::kBOOL;
  if (is_bitwise(op)) return is_integral(type);
  return op == Op::kATAN2 ? is_floating_point(type) : type != DataType::kBOOL;
}

void check_operand(Op op, DataType type) {
  if (!takes(op, type)) {
    TORCHTRT_THROW_ERROR(enum_name(op) << " of " << enum_name(type) << " does not exist, the inputs must be "
                                       << wanted_types(op) << "; add a cast before them");
  }
}

// What no integer is the answer to is left to run time.
bool is_defined(Op op, int64_t b) {
  if (op == Op::kDIV || op == Op::kFLOOR_DIV || op == Op::kFMOD || op == Op::kREMAINDER) {
    return b != 0;
  }
  return op != Op::kPOW || b >= 0;
}

// Floats are not cut short by a zero: it may meet an infinity.
int64_t apply_real(Op op, int64_t a, int64_t b, DataType result) {
  if (a == ShapeValue::kUnknown || b == ShapeValue::kUnknown) {
    return ShapeValue::kUnknown;
  }
  const double value = apply_elementwise(op, to_real(a), to_real(b));
  return result == DataType::kBOOL ? static_cast<int64_t>(value != 0) : from_real(result, value);
}

int64_t apply(Op op, int64_t a, int64_t b, DataType type) {
  if (op == Op::kPROD && (a == 0 || b == 0)) {
    return 0;
  }
  if (a == ShapeValue::kUnknown || b == ShapeValue::kUnknown || !is_defined(op, b)) {
    return ShapeValue::kUnknown;
  }
  return if_fits(type, apply_elementwise(op, a, b));
}

}  // namespace

std::vector<TensorType> IElementWiseLayer::infer(const std::vector<InferInput>& inputs) const {
  const size_t own = own_inputs(epilogue_, inputs.size());
  if (own != 2) {
    TORCHTRT_THROW_ERROR("has " << own << " inputs, must have 2");
  }
  expect_inputs(inputs, inputs.size());
  const TensorType& a = inputs[0].type;
  const TensorType& b = inputs[1].type;
  expect_same_type(a.dtype, b.dtype);
  check_operand(operation_, a.dtype);
  const TensorType type{is_comparison(operation_) ? DataType::kBOOL : a.dtype, broadcast_dims(a.dims, b.dims)};
  check_epilogue(epilogue_, inputs, type);
  return {type};
}

std::optional<ShapeValue> IElementWiseLayer::infer_value(const std::vector<InferInput>& inputs,
                                                         const std::vector<TensorType>& outputs) const {
  const Dims& a = inputs[0].type.dims;
  const Dims& b = inputs[1].type.dims;
  if (!epilogue_.empty() || !a.is_static() || !b.is_static()) {
    return std::nullopt;
  }
  const auto compute = is_floating_point(inputs[0].type.dtype) ? apply_real : apply;
  std::vector<int64_t> elements(static_cast<size_t>(outputs[0].dims.volume()));
  for_each_index(outputs[0].dims, [&](size_t flat, const std::vector<int64_t>& index) {
    elements[flat] = compute(operation_, element(inputs[0], broadcast_index(a, index)),
                             element(inputs[1], broadcast_index(b, index)), outputs[0].dtype);
  });
  return finish_value(std::move(elements), inputs);
}

void IElementWiseLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("op", operation_);
  visitor.visit("epilogue", epilogue_);
}

}  // namespace torch_tensorrt::network
