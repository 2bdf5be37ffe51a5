#include "torch_tensorrt/core/network/layers/scatter.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

bool may_equal(int64_t a, int64_t b) { return a == -1 || b == -1 || a == b; }

void check_element_dims(const Dims& data, const Dims& indices, const Dims& updates, int32_t axis) {
  expect_axis(axis, data);
  bool fits = data.nbDims == indices.nbDims && updates.nbDims == indices.nbDims;
  for (int32_t i = 0; fits && i < data.nbDims; ++i) {
    fits = may_equal(indices.d[i], updates.d[i]) && (i == axis || data.d[i] == -1 || indices.d[i] <= data.d[i]);
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("indices " << to_string(indices) << " and updates " << to_string(updates)
                                    << " must have the same dims, and be no larger than the data " << to_string(data)
                                    << " but in axis " << axis);
  }
}

void check_nd_dims(const Dims& data, const Dims& indices, const Dims& updates) {
  const int64_t depth = indices.nbDims > 0 ? indices.d[indices.nbDims - 1] : -1;
  if (depth < 0 || depth > data.nbDims) {
    TORCHTRT_THROW_ERROR("the last dimension of the indices " << to_string(indices)
                                                              << " must be known and at most the rank of the data "
                                                              << to_string(data));
  }
  std::vector<int64_t> wanted(indices.d, indices.d + indices.nbDims - 1);
  wanted.insert(wanted.end(), data.d + depth, data.d + data.nbDims);
  bool fits = updates.nbDims == static_cast<int32_t>(wanted.size());
  for (int32_t i = 0; fits && i < updates.nbDims; ++i) {
    fits = may_equal(updates.d[i], wanted[static_cast<size_t>(i)]);
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("updates are " << to_string(updates) << ", must be " << to_string(Dims(wanted))
                                        << " for indices " << to_string(indices) << " into data " << to_string(data));
  }
}

}  // namespace

std::vector<TensorType> IScatterLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 3);
  const TensorType& data = inputs[0].type;
  const TensorType& indices = inputs[1].type;
  const TensorType& updates = inputs[2].type;
  expect_same_type(data.dtype, updates.dtype);
  if (indices.dtype != DataType::kINT32 && indices.dtype != DataType::kINT64) {
    TORCHTRT_THROW_ERROR("indices are " << enum_name(indices.dtype) << ", must be i32 or i64");
  }
  if (reduction_ != ScatterReduction::kNONE && data.dtype == DataType::kBOOL) {
    TORCHTRT_THROW_ERROR("updates of bool cannot be combined; add a cast before the layer");
  }
  if (mode_ == ScatterMode::kELEMENT) {
    check_element_dims(data.dims, indices.dims, updates.dims, axis_);
  } else {
    check_nd_dims(data.dims, indices.dims, updates.dims);
  }
  return {data};
}

void IScatterLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("mode", mode_);
  visitor.visit_as_integer("axis", axis_);
  visitor.visit_as_enum("reduction", reduction_);
  visitor.visit("include_self", include_self_);
}

}  // namespace torch_tensorrt::network
