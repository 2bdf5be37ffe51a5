#include "torch_tensorrt/core/network/layers/shuffle.h"

#include <algorithm>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/layers/reshape.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"
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

// Drops the trailing entries that are in place, or zeros left by an aggregate initializer. Empty: the identity.
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

int32_t rank_of(const ITensor& tensor) { return tensor.getDimensions().nbDims; }

// Whether no dimension but N and C exceeds 1, so that the tensor lies the same way in any format.
bool has_one_place(const Dims& dims) {
  return std::all_of(dims.d + 2, dims.d + dims.nbDims, [](int64_t d) { return d == 1; });
}

Permutation to_channels_last(int32_t rank) {
  Permutation permutation;
  for (int32_t i = 1; i + 1 < rank; ++i) permutation.order[i] = i + 1;
  permutation.order[rank - 1] = 1;
  return permutation;
}

bool same(const Permutation& a, const Permutation& b, int32_t rank) {
  return std::equal(a.order, a.order + rank, b.order);
}

int64_t count(const Dims& dims, int64_t value) { return std::count(dims.d, dims.d + dims.nbDims, value); }

// The result of the reshape, before the second transpose.
Dims reshaped_dims(const IShuffleLayer& layer) {
  const Dims out = layer.getOutput(0)->getDimensions();
  Dims dims = out;
  for (int32_t i = 0; i < out.nbDims; ++i) dims.d[layer.getSecondTranspose().order[i]] = out.d[i];
  return dims;
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

const ITensor* IShuffleLayer::size_input() const {
  return has_second_transpose(rank_of(*getOutput(0))) ? nullptr : getInput(1);
}

// Transposes move dimensions. A reshape keeps a dimension if it is the only unknown one and the known ones multiply to
// the same product as before. Shapes that are an input are handled elsewhere.
InputDim IShuffleLayer::kept_dim(int32_t /*output*/, int32_t axis) const {
  const Dims in = getInput(0)->getDimensions();
  const Dims out = getOutput(0)->getDimensions();
  if (!has_reshape()) {
    const int32_t between = has_second_transpose(out.nbDims) ? second_transpose_.order[axis] : axis;
    return {0, has_first_transpose(in.nbDims) ? first_transpose_.order[between] : between};
  }
  if (getNbInputs() > 1 || has_second_transpose(out.nbDims) || has_first_transpose(in.nbDims)) return {};
  InputDim kept;
  int64_t known_in = 1;
  int64_t known_out = 1;
  for (int32_t i = 0; i < in.nbDims; ++i) {
    if (in.d[i] >= 0) {
      known_in *= in.d[i];
    } else if (kept.input >= 0) {
      return {};
    } else {
      kept = {0, i};
    }
  }
  for (int32_t i = 0; i < out.nbDims; ++i) {
    if (out.d[i] < 0 && i != axis) return {};
    if (out.d[i] >= 0) known_out *= out.d[i];
  }
  return out.d[axis] < 0 && known_in == known_out ? kept : InputDim{};
}

// The size that the reshape asks for; empty if it is to be inferred (-1) or is computed in a way not understood here.
std::optional<SizeFactors> IShuffleLayer::asked_size(int32_t axis) const {
  int64_t asked = ShapeValue::kUnknown;
  const ITensor* sizes = getInput(1);
  if (sizes == nullptr) {
    asked = reshape_.d[axis];
  } else if (const auto& value = sizes->shape_value()) {
    asked = value->elements[static_cast<size_t>(axis)];
  }
  if (asked == 0 && zero_is_placeholder_) return factors_of_dim(*getInput(0), axis);
  if (asked >= 0) return SizeFactors{asked, {}};
  return asked == ShapeValue::kUnknown && sizes != nullptr ? factors_of_element(*sizes, axis) : std::nullopt;
}

// The remaining factors for one dimension of the reshape, when all other dimensions are divided out.
std::optional<SizeFactors> IShuffleLayer::rest_of_reshape(int32_t axis) const {
  const ITensor& in = *getInput(0);
  const int32_t rank = rank_of(*getOutput(0));
  if (has_first_transpose(rank_of(in)) || has_second_transpose(rank)) return std::nullopt;
  SizeFactors rest;
  for (int32_t i = 0; i < rank_of(in); ++i) multiply(rest, factors_of_dim(in, i));
  for (int32_t i = 0; i < rank; ++i) {
    if (i == axis) continue;
    const auto asked = asked_size(i);
    if (!asked || !divide(rest, *asked)) return std::nullopt;
  }
  return rest;
}

std::optional<SizeFactors> IShuffleLayer::dim_factors(int32_t axis) const {
  if (!has_reshape() && getInput(1) == nullptr) return std::nullopt;
  const auto asked = has_second_transpose(rank_of(*getOutput(0))) ? std::nullopt : asked_size(axis);
  return asked ? asked : rest_of_reshape(axis);
}

// At most one dimension, so that no transpose moves an element.
ElementSource IShuffleLayer::element_source(int64_t element) const {
  const bool is_flat = rank_of(*getInput(0)) <= 1 && rank_of(*getOutput(0)) <= 1;
  return is_flat ? ElementSource{getInput(0), element} : ElementSource{};
}

bool IShuffleLayer::reads_in_place(TensorFormat format) const {
  const Dims dims = getInput(0)->getDimensions();
  if (dims.nbDims < kFirstRankWithChannels) return false;
  if (is_plain_reshape(*this) && has_one_place(dims)) return true;
  // A reshape at the end then gives row-major memory.
  const bool ends_linear = !has_second_transpose(rank_of(*getOutput(0)));
  const Permutation transpose = has_reshape() ? first_transpose_ : whole_transpose(*this);
  return format == TensorFormat::kHWC && (ends_linear || !has_reshape()) &&
         same(transpose, to_channels_last(dims.nbDims), dims.nbDims);
}

bool IShuffleLayer::writes_in_place(TensorFormat format) const {
  const int32_t rank = rank_of(*getOutput(0));
  if (format != TensorFormat::kHWC || rank < kFirstRankWithChannels) return false;
  const bool begins_linear = !has_first_transpose(rank_of(*getInput(0)));
  const Permutation transpose = has_reshape() ? second_transpose_ : whole_transpose(*this);
  return (begins_linear || !has_reshape()) && same(transpose, inverse(to_channels_last(rank), rank), rank);
}

bool IShuffleLayer::does_nothing() const {
  const Dims in = getInput(0)->getDimensions();
  if (is_plain_transpose(*this)) return is_identity(whole_transpose(*this), in.nbDims);
  // A computed size may contradict the volume; that is an error, and must stay one.
  return getNbInputs() == 1 && is_plain_reshape(*this) && same_dims_always(in, getOutput(0)->getDimensions());
}

void IShuffleLayer::visit_attributes(AttributeVisitor& visitor) {
  visit_permutation(visitor, "first_transpose", first_transpose_);
  visitor.visit("has_reshape", has_reshape_);
  visitor.visit("reshape", reshape_);
  visitor.visit("zero_is_placeholder", zero_is_placeholder_);
  visit_permutation(visitor, "second_transpose", second_transpose_);
}

Permutation whole_transpose(const IShuffleLayer& layer) {
  return compose(layer.getFirstTranspose(), layer.getSecondTranspose(), rank_of(*layer.getInput(0)));
}

bool is_plain_reshape(const IShuffleLayer& layer) {
  return layer.has_reshape() && !layer.has_first_transpose(rank_of(*layer.getInput(0))) &&
         !layer.has_second_transpose(rank_of(*layer.getOutput(0)));
}

bool is_plain_transpose(const IShuffleLayer& layer) { return !layer.has_reshape(); }

std::optional<Dims> absolute_reshape(const IShuffleLayer& layer) {
  const Dims result = reshaped_dims(layer);
  if (count(result, -1) == 0) return result;
  // A computed size may not fit the volume, which would hide that.
  if (layer.getNbInputs() > 1) return std::nullopt;
  if (count(result, -1) == 1 && count(result, 0) == 0) return result;
  const Dims& spec = layer.getReshapeDimensions();
  const bool has_placeholders = layer.getZeroIsPlaceholder() && count(spec, 0) > 0;
  return has_placeholders ? std::nullopt : std::optional<Dims>(spec);
}

}  // namespace torch_tensorrt::network
