#include "torch_tensorrt/core/network/layers/shuffle.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/layers/reshape.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

Dims transposed(const Dims& dims, const Permutation& permutation, const char* which) {
  Dims out = dims;
  bool seen[Dims::MAX_DIMS] = {};
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const int32_t from = permutation.order[i];
    if (from < 0 || from >= dims.nbDims || seen[from]) {
      TORCHTRT_THROW_ERROR("the " << which << " transpose takes dimension " << from << " for dimension " << i
                                  << ", must be a permutation of 0.." << dims.nbDims - 1 << " for the dims "
                                  << to_string(dims));
    }
    seen[from] = true;
    out.d[i] = dims.d[from];
  }
  return out;
}

std::vector<int64_t> transposed_elements(const std::vector<int64_t>& elements, const Dims& dims,
                                         const Permutation& permutation) {
  const std::vector<int64_t> strides = strides_of(dims);
  std::vector<int64_t> out(elements.size());
  for_each_index(transposed(dims, permutation, "value's"), [&](size_t flat, const std::vector<int64_t>& index) {
    int64_t source = 0;
    for (size_t i = 0; i < index.size(); ++i) {
      source += index[i] * strides[static_cast<size_t>(permutation.order[i])];
    }
    out[flat] = elements[static_cast<size_t>(source)];
  });
  return out;
}

Permutation inverse(const Permutation& permutation, int32_t rank) {
  Permutation out;
  for (int32_t i = 0; i < rank; ++i) {
    out.order[permutation.order[i]] = i;
  }
  return out;
}

// Without the tail that says nothing: in place, or zeros as an aggregate initialiser leaves them. Empty: the identity.
std::vector<int64_t> to_vector(const Permutation& permutation) {
  int32_t count = Dims::MAX_DIMS;
  while (count > 1 && permutation.order[count - 1] == 0) {
    --count;
  }
  while (count > 0 && permutation.order[count - 1] == count - 1) {
    --count;
  }
  return {permutation.order, permutation.order + count};
}

Permutation to_permutation(const char* name, const std::vector<int64_t>& order) {
  const auto rank = static_cast<int64_t>(order.size());
  Permutation out;
  for (size_t i = 0; i < order.size(); ++i) {
    if (rank > Dims::MAX_DIMS || order[i] < 0 || order[i] >= rank) {
      TORCHTRT_THROW_ERROR("attribute " << name << " has " << rank << " entries with " << order[i]
                                        << " among them, must be a permutation of at most " << Dims::MAX_DIMS);
    }
    out.order[i] = static_cast<int32_t>(order[i]);
  }
  return out;
}

void visit_permutation(AttributeVisitor& visitor, const char* name, Permutation& permutation) {
  const std::vector<int64_t> before = to_vector(permutation);
  std::vector<int64_t> order = before;
  visitor.visit(name, order);
  if (order != before) {
    permutation = to_permutation(name, order);
  }
}

std::vector<int64_t> spec_of_input(const InferInput& shape) {
  const Dims& dims = shape.type.dims;
  if (dims.nbDims != 1 || dims.d[0] < 0 || dims.d[0] > Dims::MAX_DIMS) {
    TORCHTRT_THROW_ERROR("the reshape dimensions input is "
                         << to_string(dims) << ", must have one known dimension of 0 to " << Dims::MAX_DIMS);
  }
  return shape_input("reshape dimensions", shape, static_cast<int32_t>(dims.d[0]));
}

}  // namespace

void IShuffleLayer::setReshapeDimensions(const Dims& dims) {
  reshape_ = dims;
  has_reshape_ = true;
  invalidate();
}

std::vector<TensorType> IShuffleLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1, 2);
  TensorType type = inputs[0].type;
  type.dims = transposed(type.dims, first_transpose_, "first");
  if (is_present(inputs, 1)) {
    type.dims = resolve_reshape(type.dims, spec_of_input(inputs[1]), zero_is_placeholder_);
  } else if (has_reshape_) {
    type.dims = resolve_reshape(type.dims, reshape_.to_vector(), zero_is_placeholder_);
  }
  type.dims = transposed(type.dims, second_transpose_, "second");
  return {type};
}

std::optional<ShapeValue> IShuffleLayer::infer_value(const std::vector<InferInput>& inputs,
                                                     const std::vector<TensorType>& outputs) const {
  if (inputs[0].value == nullptr) {
    return std::nullopt;
  }
  const Dims& out = outputs[0].dims;
  const Dims middle = transposed(out, inverse(second_transpose_, out.nbDims), "inverse of the second");
  std::vector<int64_t> elements = transposed_elements(inputs[0].value->elements, inputs[0].type.dims, first_transpose_);
  return ShapeValue{transposed_elements(elements, middle, second_transpose_)};
}

void IShuffleLayer::visit_attributes(AttributeVisitor& visitor) {
  visit_permutation(visitor, "first_transpose", first_transpose_);
  visitor.visit("has_reshape", has_reshape_);
  visitor.visit("reshape", reshape_);
  visitor.visit("zero_is_placeholder", zero_is_placeholder_);
  visit_permutation(visitor, "second_transpose", second_transpose_);
}

}  // namespace torch_tensorrt::network
