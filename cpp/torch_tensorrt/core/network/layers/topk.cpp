#include "torch_tensorrt/core/network/layers/topk.h"

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

int64_t computed_k(const InferInput& input) {
  if (input.type.dims.volume() != 1 || !is_integral(input.type.dtype)) {
    TORCHTRT_THROW_ERROR("the k input is " << enum_name(input.type.dtype) << " " << to_string(input.type.dims)
                                           << ", must be one integer");
  }
  return element(input, 0);
}

}  // namespace

std::vector<TensorType> ITopKLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1, 2);
  const TensorType& type = inputs[0].type;
  expect_axes(axes_, type.dims);
  if (axes_ == 0 || (axes_ & (axes_ - 1)) != 0) {
    TORCHTRT_THROW_ERROR("axes mask is " << axes_ << ", must have exactly one bit set");
  }
  if (type.dtype == DataType::kBOOL) {
    TORCHTRT_THROW_ERROR("top-k of bool does not exist; add a cast before it");
  }
  if (indices_type_ != DataType::kINT32 && indices_type_ != DataType::kINT64) {
    TORCHTRT_THROW_ERROR("the indices are to be " << enum_name(indices_type_) << ", must be i32 or i64");
  }
  const int32_t axis = __builtin_ctz(axes_);
  const int64_t size = type.dims.d[axis];
  const int64_t k = is_present(inputs, 1) ? computed_k(inputs[1]) : k_;
  if (k == ShapeValue::kUnknown) {
    Dims dims = type.dims;
    dims.d[axis] = -1;
    return {{type.dtype, dims}, {indices_type_, dims}};
  }
  if (k < 0 || (size >= 0 && k > size)) {
    TORCHTRT_THROW_ERROR("k is " << k << ", must be at least 0 and at most the size of dimension " << axis << " of "
                                 << to_string(type.dims));
  }
  Dims dims = type.dims;
  dims.d[axis] = k;
  return {{type.dtype, dims}, {indices_type_, dims}};
}

void ITopKLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("op", operation_);
  visitor.visit("k", k_);
  visitor.visit_as_integer("axes", axes_);
  visitor.visit_as_enum("indices_type", indices_type_);
  visitor.visit("stable", stable_);
}

}  // namespace torch_tensorrt::network
