#include "torch_tensorrt/core/network/layers/concatenation.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

void join(Dims* all, const Dims& next, int32_t axis) {
  if (all->nbDims != next.nbDims) {
    TORCHTRT_THROW_ERROR("inputs " << to_string(*all) << " and " << to_string(next)
                                   << " must have the same number of dimensions");
  }
  Dims joined = *all;
  for (int32_t i = 0; i < joined.nbDims; ++i) {
    if (i != axis) {
      joined.d[i] = merge_dim(all->d[i], next.d[i], *all, next);
    } else if (all->d[i] != -1) {
      joined.d[i] = next.d[i] == -1 ? -1 : all->d[i] + next.d[i];
    }
  }
  *all = joined;
}

}  // namespace

std::vector<TensorType> IConcatenationLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, inputs.empty() ? 1 : inputs.size());
  TensorType type = inputs[0].type;
  expect_axis(axis_, type.dims);
  for (size_t i = 1; i < inputs.size(); ++i) {
    expect_same_type(type.dtype, inputs[i].type.dtype);
    join(&type.dims, inputs[i].type.dims, axis_);
  }
  return {type};
}

std::optional<ShapeValue> IConcatenationLayer::infer_value(const std::vector<InferInput>& inputs,
                                                           const std::vector<TensorType>& outputs) const {
  const Dims& dims = outputs[0].dims;
  std::vector<int64_t> elements(static_cast<size_t>(dims.volume()));
  for_each_index(dims, [&](size_t flat, const std::vector<int64_t>& index) {
    std::vector<int64_t> inner = index;
    int64_t& along = inner[static_cast<size_t>(axis_)];
    size_t source = 0;
    while (along >= inputs[source].type.dims.d[axis_]) {
      along -= inputs[source].type.dims.d[axis_];
      ++source;
    }
    elements[flat] = element(inputs[source], flat_index(inputs[source].type.dims, inner));
  });
  return finish_value(std::move(elements), inputs);
}

void IConcatenationLayer::visit_attributes(AttributeVisitor& visitor) { visitor.visit_as_integer("axis", axis_); }

}  // namespace torch_tensorrt::network
