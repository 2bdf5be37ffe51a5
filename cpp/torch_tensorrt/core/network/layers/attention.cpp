#include "torch_tensorrt/core/network/layers/attention.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

void check_heads(const Dims& query, const Dims& key) {
  if (query.d[1] < 0 || key.d[1] < 0) return;
  if (key.d[1] == 0 || query.d[1] % key.d[1] != 0) {
    TORCHTRT_THROW_ERROR("the queries have " << query.d[1] << " heads, which is no multiple of the keys' " << key.d[1]);
  }
}

void check_mask(const TensorType& mask, DataType type, const Dims& scores) {
  if (mask.dtype != DataType::kBOOL && mask.dtype != type) {
    TORCHTRT_THROW_ERROR("the mask is " << enum_name(mask.dtype) << ", must be bool or " << enum_name(type));
  }
  const Dims joined = broadcast_dims(scores, mask.dims);
  bool fits = joined.nbDims == scores.nbDims;
  for (int32_t i = 0; fits && i < scores.nbDims; ++i) {
    fits = scores.d[i] == -1 || joined.d[i] == -1 || scores.d[i] == joined.d[i];
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("the mask " << to_string(mask.dims) << " does not broadcast to the scores "
                                     << to_string(scores));
  }
}

}  // namespace

std::vector<TensorType> IAttentionLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 3, 4);
  const TensorType& query = inputs[0].type;
  const Dims& key = inputs[1].type.dims;
  const Dims& value = inputs[2].type.dims;
  expect_floating_point(query.dtype);
  expect_same_type(query.dtype, inputs[1].type.dtype);
  expect_same_type(query.dtype, inputs[2].type.dtype);
  if (query.dims.nbDims != 4 || key.nbDims != 4 || value.nbDims != 4) {
    TORCHTRT_THROW_ERROR("queries " << to_string(query.dims) << ", keys " << to_string(key) << " and values "
                                    << to_string(value) << " must have rank 4");
  }
  check_heads(query.dims, key);
  merge_dim(key.d[1], value.d[1], key, value);
  merge_dim(query.dims.d[3], key.d[3], query.dims, key);
  const int64_t sources = merge_dim(key.d[2], value.d[2], key, value);
  const int64_t batch = broadcast_dims(broadcast_dims(Dims{query.dims.d[0]}, Dims{key.d[0]}), Dims{value.d[0]}).d[0];
  if (is_present(inputs, 3)) {
    check_mask(inputs[3].type, query.dtype, Dims{batch, query.dims.d[1], query.dims.d[2], sources});
  }
  return {{query.dtype, Dims{batch, query.dims.d[1], query.dims.d[2], value.d[3]}}};
}

// A batch of 1 serves every batch of the others; all batches that are not 1 are equal.
InputDim IAttentionLayer::kept_dim(int32_t /*output*/, int32_t axis) const {
  if (axis == 3) return {2, axis};
  int32_t input = 0;
  while (axis == 0 && input < 2 && getInput(input)->getDimensions().d[0] == 1) ++input;
  return {input, axis};
}

void IAttentionLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit("causal", causal_);
  visitor.visit("scale", scale_);
}

}  // namespace torch_tensorrt::network
