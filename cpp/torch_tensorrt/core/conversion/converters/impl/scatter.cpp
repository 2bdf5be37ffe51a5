#include <algorithm>
#include <numeric>

#include "ATen/ops/arange.h"

#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/index.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"
#include "torch_tensorrt/core/util/jit_in_place.h"

// Reads and writes elements at places given by index tensors.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::ScatterMode;
using nvinfer1::ScatterReduction;

// ---- x[a, b, ...] -----------------------------------------------------------------------------------------------

bool index(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const Indices indices = read_indices(ctx, n, args[1], x);
  check_count(n, indices, x);
  if (indices.dims.empty()) return finish(ctx, n, identity(ctx, x));
  if (indices.dims.size() == 1) {
    const int32_t dim = indices.dims[0];
    return finish(ctx, n, ctx->net->addGather(*x, *indices.tensors[dim], dim)->getOutput(0));
  }
  const auto order = indexed_first(indices, rank(x));
  auto* data = is_identity(order) ? x : transpose(ctx, x, order);
  auto* places = tuples(ctx, indices);
  auto* out = ctx->net->addGatherV2(*data, *places, nvinfer1::GatherMode::kND)->getOutput(0);
  // The result dims of adjacent indexed dims stay at their position; otherwise they move to the front.
  const int32_t front = indices.dims.front();
  if (!is_consecutive(indices.dims) || front == 0) return finish(ctx, n, out);
  const int32_t made = rank(places) - 1;
  std::vector<int32_t> back(rank(out));
  std::iota(back.begin(), back.end(), 0);
  std::rotate(back.begin(), back.begin() + made, back.begin() + made + front);
  return finish(ctx, n, transpose(ctx, out, back));
}

// ---- layers that write ------------------------------------------------------------------------------------------

struct Scatter {
  ScatterReduction reduction = ScatterReduction::kNONE;
  bool include_self = true;
};

// Sums and products of bools ("or", "and") are computed with numbers.
ITensor* scattered(ConversionCtx* ctx, ITensor* x, ITensor* places, ITensor* updates, ScatterMode mode, int32_t axis,
                   const Scatter& how) {
  const bool combines_bools = how.reduction != ScatterReduction::kNONE && scalar_type(x) == at::kBool;
  TORCHTRT_CHECK(!combines_bools || how.reduction != ScatterReduction::kMEAN, "the mean of bools is not defined");
  if (combines_bools) {
    x = cast(ctx, x, at::kInt);
    updates = cast(ctx, updates, at::kInt);
  }
  auto* layer = ctx->net->addScatter(*x, *places, *updates, mode);
  if (mode == ScatterMode::kELEMENT) layer->setAxis(axis);
  layer->setReduction(how.reduction);
  layer->setIncludeSelf(how.include_self);
  return combines_bools ? cast(ctx, layer->getOutput(0), at::kBool) : layer->getOutput(0);
}

// ---- x[a, b, ...] = y -------------------------------------------------------------------------------------------

void append_sizes(SizeList& sizes, const SizeList& more, size_t begin, size_t end) {
  sizes.values.insert(sizes.values.end(), more.values.begin() + begin, more.values.begin() + end);
  sizes.computed.insert(sizes.computed.end(), more.computed.begin() + begin, more.computed.begin() + end);
}

// The written values, broadcast to the shape of x[a, b, ...] (see index() for the position of the indexed dims), then
// transposed so that the dims of the places come first.
ITensor* updates_for(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* value, ITensor* x, ITensor* places,
                     const Indices& indices) {
  const auto front = static_cast<size_t>(is_consecutive(indices.dims) ? indices.dims.front() : 0);
  const SizeList whole = sizes_of(ctx, x);
  const auto made = static_cast<size_t>(rank(places) - 1);
  SizeList sizes;
  append_sizes(sizes, whole, 0, front);
  append_sizes(sizes, sizes_of(ctx, places), 0, made);
  for (size_t i = front; i < whole.values.size(); ++i) {
    const bool indexed = std::find(indices.dims.begin(), indices.dims.end(), i) != indices.dims.end();
    if (!indexed) append_sizes(sizes, whole, i, i + 1);
  }
  value = broadcast(ctx, n, value, sizes);
  if (front == 0) return value;
  std::vector<int32_t> order(rank(value));
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin(), order.begin() + front, order.begin() + front + made);
  return transpose(ctx, value, order);
}

// x[mask] = one value
bool put_where(ConversionCtx* ctx, const torch::jit::Node* n, args& args, ITensor* x, ITensor* mask) {
  auto* value = cast(ctx, args[2].ITensorOrFreeze(ctx), scalar_type(x));
  TORCHTRT_CHECK(rank(x) > 0 && rank(mask) <= rank(x), util::node_info(n)
                                                           << ": a mask of rank " << rank(mask)
                                                           << " does not fit a tensor of rank " << rank(x));
  TORCHTRT_CHECK(value->getDimensions().is_static() && value->getDimensions().volume() == 1 && !args[3].unwrapToBool(),
                 util::node_info(n) << ": a computed mask writes one value and cannot accumulate; the values are "
                                    << value->getDimensions() << " and accumulate is "
                                    << (args[3].unwrapToBool() ? "True" : "False"));
  const int32_t missing = rank(x) - rank(mask);
  if (missing > 0) mask = replace_dims(ctx, mask, rank(mask), rank(mask), std::vector<int64_t>(missing, 1));
  value = replace_dims(ctx, value, 0, rank(value), {});
  return finish(ctx, n, choose(ctx, cast(ctx, mask, at::kBool), value, x));
}

// The single index if it is a computed mask, else null.
ITensor* computed_mask(const Var& arg) {
  const auto elements = arg.IValue()->toListRef();
  if (elements.size() != 1 || !TensorContainer::is_in(elements[0])) return nullptr;
  auto* tensor = elements[0].toCustomClass<TensorContainer>()->tensor();
  return scalar_type(tensor) == at::kBool ? tensor : nullptr;
}

bool index_put(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (auto* mask = computed_mask(args[1])) return put_where(ctx, n, args, x, mask);
  TORCHTRT_CHECK(!has_computed_mask(args[1]), util::node_info(n)
                                                  << ": a computed mask must be the only index of a write; "
                                                  << "use torch.where(mask, x, y) instead");
  const Indices indices = read_indices(ctx, n, args[1], x);
  check_count(n, indices, x);
  TORCHTRT_CHECK(!indices.dims.empty(), util::node_info(n) << ": no index is given");
  const auto order = indexed_first(indices, rank(x));
  auto* data = is_identity(order) ? x : transpose(ctx, x, order);
  auto* places = tuples(ctx, indices);
  auto* value = cast(ctx, args[2].ITensorOrFreeze(ctx), scalar_type(x));
  auto* updates = updates_for(ctx, n, value, x, places, indices);
  const auto reduction = args[3].unwrapToBool() ? ScatterReduction::kSUM : ScatterReduction::kNONE;
  auto* out = scattered(ctx, data, places, updates, ScatterMode::kND, 0, {reduction});
  return finish(ctx, n, is_identity(order) ? out : transpose(ctx, out, inverse(order)));
}

// ---- scatter ----------------------------------------------------------------------------------------------------

// The part of the source that the indices cover.
ITensor* cut_to(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* source, ITensor* indices) {
  const auto dims = indices->getDimensions();
  TORCHTRT_CHECK(rank(source) == dims.nbDims, util::node_info(n)
                                                  << ": the source has rank " << rank(source)
                                                  << ", must have the rank of the indices, " << dims.nbDims);
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const int64_t size = source->getDimensions().d[i];
    if (size < 0 || dims.d[i] < 0 || size == dims.d[i]) continue;
    TORCHTRT_CHECK(size > dims.d[i], util::node_info(n) << ": dimension " << i << " of the source has size " << size
                                                        << ", must be at least that of the indices, " << dims.d[i]);
    source = slice_dim(ctx, source, i, 0, dims.d[i]);
  }
  return source;
}

void check_same_type(const torch::jit::Node* n, ITensor* x, ITensor* source) {
  TORCHTRT_CHECK(scalar_type(x) == scalar_type(source), util::node_info(n)
                                                            << ": the source is " << scalar_type(source) << ", must be "
                                                            << scalar_type(x) << " like self");
}

bool add_scatter(ConversionCtx* ctx, const torch::jit::Node* n, args& args, ITensor* updates, const Scatter& how) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* indices = args[2].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  const bool is_scalar = rank(x) == 0;
  if (is_scalar) x = replace_dims(ctx, x, 0, 0, {1});
  if (rank(indices) == 0) indices = replace_dims(ctx, indices, 0, 0, {1});
  if (rank(updates) == 0) updates = replace_dims(ctx, updates, 0, 0, {1});
  check_same_type(n, x, updates);
  updates = cut_to(ctx, n, updates, indices);
  auto* out = scattered(ctx, x, indices, updates, ScatterMode::kELEMENT, dim, how);
  return finish(ctx, n, is_scalar ? replace_dims(ctx, out, 0, 1, {}) : out);
}

// (self, dim, index, src)
OpConverter scatter_source(ScatterReduction reduction) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return add_scatter(ctx, n, args, args[3].ITensorOrFreeze(ctx), {reduction});
  };
}

ScatterReduction reduction_named(const torch::jit::Node* n, const std::string& name) {
  if (name == "sum" || name == "add") return ScatterReduction::kSUM;
  if (name == "prod" || name == "multiply") return ScatterReduction::kPROD;
  if (name == "amax") return ScatterReduction::kMAX;
  if (name == "amin") return ScatterReduction::kMIN;
  TORCHTRT_CHECK(name == "mean", util::node_info(n) << ": reduce is '" << name << "', must be one of sum, prod, mean, "
                                                    << "amax and amin");
  return ScatterReduction::kMEAN;
}

// (self, dim, index, value, *, reduce)
bool scatter_value(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* indices = args[2].ITensorOrFreeze(ctx);
  auto* value = scalar_constant(ctx, args[3].unwrapToScalar(), scalar_type(x));
  const Scatter how{args.size() > 4 ? reduction_named(n, args[4].unwrapToString()) : ScatterReduction::kNONE};
  return add_scatter(ctx, n, args, broadcast(ctx, n, value, sizes_of(ctx, indices)), how);
}

// (self, dim, index, src, *, reduce)
bool scatter_reduced(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return add_scatter(ctx, n, args, args[3].ITensorOrFreeze(ctx), {reduction_named(n, args[4].unwrapToString())});
}

// (self, dim, index, src, reduce, *, include_self)
bool scatter_reduce(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return add_scatter(ctx, n, args, args[3].ITensorOrFreeze(ctx),
                     {reduction_named(n, args[4].unwrapToString()), args[5].unwrapToBool()});
}

// (self, dim, index, source): writes whole slices along the dimension, at the places of a 1-D index.
ITensor* slice_indices(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* index, ITensor* source, int32_t dim) {
  TORCHTRT_CHECK(rank(index) <= 1, util::node_info(n) << ": the index has rank " << rank(index) << ", must be 0 or 1");
  if (rank(index) == 0) index = replace_dims(ctx, index, 0, 0, {1});
  return broadcast(ctx, n, along(ctx, index, dim, rank(source)), sizes_of(ctx, source));
}

bool index_add(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  auto* source = args[3].ITensorOrFreeze(ctx);
  check_same_type(n, x, source);
  const bool is_scalar = rank(x) == 0;
  if (is_scalar) x = replace_dims(ctx, x, 0, 0, {1});
  if (rank(source) == 0) source = replace_dims(ctx, source, 0, 0, {1});
  const at::Scalar alpha = args[4].unwrapToScalar();
  if (alpha.toDouble() != 1.0) source = apply(ctx, ElementWiseOperation::kPROD, source, alpha);
  auto* places = slice_indices(ctx, n, args[2].ITensorOrFreeze(ctx), source, dim);
  auto* out = scattered(ctx, x, places, source, ScatterMode::kELEMENT, dim, {ScatterReduction::kSUM});
  return finish(ctx, n, is_scalar ? replace_dims(ctx, out, 0, 1, {}) : out);
}

bool index_copy(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  auto* source = args[3].ITensorOrFreeze(ctx);
  check_same_type(n, x, source);
  const bool is_scalar = rank(x) == 0;
  if (is_scalar) x = replace_dims(ctx, x, 0, 0, {1});
  if (rank(source) == 0) source = replace_dims(ctx, source, 0, 0, {1});
  auto* places = slice_indices(ctx, n, args[2].ITensorOrFreeze(ctx), source, dim);
  auto* out = scattered(ctx, x, places, source, ScatterMode::kELEMENT, dim, {});
  return finish(ctx, n, is_scalar ? replace_dims(ctx, out, 0, 1, {}) : out);
}

// (self, dim, index, source, reduce, *, include_self)
bool index_reduce(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  auto* source = args[3].ITensorOrFreeze(ctx);
  auto* places = slice_indices(ctx, n, args[2].ITensorOrFreeze(ctx), source, dim);
  const Scatter how{reduction_named(n, args[4].unwrapToString()), args[5].unwrapToBool()};
  return finish(ctx, n, scattered(ctx, x, places, source, ScatterMode::kELEMENT, dim, how));
}

// (self, dim, index, value): writes one value at all places of a 1-D index.
bool index_fill(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  const bool is_scalar = rank(x) == 0;
  if (is_scalar) x = replace_dims(ctx, x, 0, 0, {1});
  auto* index = args[2].ITensorOrFreeze(ctx);
  if (rank(index) == 0) index = replace_dims(ctx, index, 0, 0, {1});
  auto* value = materialize(ctx, read_operand(ctx, args[3]), scalar_type(x));
  SizeList sizes = sizes_of(ctx, x);
  const SizeList places_count = sizes_of(ctx, index);
  sizes.values[dim] = places_count.values[0];
  sizes.computed[dim] = places_count.computed[0];
  auto* source = broadcast(ctx, n, replace_dims(ctx, value, 0, rank(value), {}), sizes);
  auto* layer = ctx->net->addScatter(*x, *slice_indices(ctx, n, index, source, dim), *source, ScatterMode::kELEMENT);
  layer->setAxis(dim);
  return finish(ctx, n, is_scalar ? replace_dims(ctx, layer->getOutput(0), 0, 1, {}) : layer->getOutput(0));
}

// Replaces `count` elements of the tensor, from `start` on at distances of `step`, by the source.
ITensor* slice_replaced(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, ITensor* source, int32_t dim,
                        const Size& start, const Size& count, int64_t step) {
  const auto is_nothing = [](const Size& size) { return size.is_known() && size.value == 0; };
  if (step == 1) {
    const Size behind = plus(ctx, start, count);
    const Size left = minus(ctx, size_of(ctx, x, dim), behind);
    std::vector<ITensor*> parts;
    if (!is_nothing(start)) parts.push_back(slice_sizes(ctx, x, dim, 0, start));
    if (!is_nothing(count)) parts.push_back(source);
    if (!is_nothing(left)) parts.push_back(slice_sizes(ctx, x, dim, behind, left));
    return parts.empty() ? x : join(ctx, parts, dim);
  }
  auto* places = apply(ctx, nvinfer1::ElementWiseOperation::kPROD, count_up_to(ctx, count), at::Scalar(step));
  places = apply(ctx, nvinfer1::ElementWiseOperation::kSUM, places, size_tensor(ctx, start));
  auto* indices = broadcast(ctx, n, along(ctx, places, dim, rank(x)), sizes_of(ctx, source));
  auto* layer = ctx->net->addScatter(*x, *indices, *source, ScatterMode::kELEMENT);
  layer->setAxis(dim);
  return layer->getOutput(0);
}

// (base, places, value, is_certain): writes elements by their indices.
bool write_at(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const bool is_certain = args[3].unwrapToBool();
  if (args[1].isIValue() && !is_certain) util::check_places(args[1].unwrapToTensor());
  TORCHTRT_CHECK(
      args[1].isIValue() || is_certain,
      "a view whose elements may overlap in memory (for example one made by expand() or unfold()) is written in "
      "place, and the places of its elements depend on a dynamic size; give one size instead of a range, or "
      "write to a clone() of the view");
  auto* base = args[0].ITensorOrFreeze(ctx);
  auto* places = args[1].ITensorOrFreeze(ctx);
  auto* value = cast(ctx, args[2].ITensorOrFreeze(ctx), scalar_type(base));
  const auto flat = [&](ITensor* x) { return replace_sizes(ctx, x, 0, rank(x), {element_count(ctx, x)}); };
  std::vector<Size> sizes;
  for (int32_t i = 0; i < rank(base); ++i) sizes.push_back(size_of(ctx, base, i));
  auto* out = scattered(ctx, flat(base), flat(places), flat(value), ScatterMode::kELEMENT, 0, {});
  return finish(ctx, n, replace_sizes(ctx, out, 0, 1, sizes));
}

// (self, src, dim, start, end, step)
bool slice_scatter(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[2].unwrapToInt(), rank(x));
  const int64_t step = args[5].unwrapToInt();
  TORCHTRT_CHECK(step > 0, util::node_info(n) << ": step is " << step << ", must be above 0");
  auto* source = cast(ctx, args[1].ITensorOrFreeze(ctx), scalar_type(x));
  const Size start = is_none(args[3]) ? Size(int64_t{0}) : read_size(ctx, args[3]);
  const Size end = is_none(args[4]) ? Size(INT64_MAX) : read_size(ctx, args[4]);
  const bool to_end = end.is_known() && end.value == INT64_MAX;
  if (start.is_known() && start.value == 0 && to_end && step == 1) {
    return finish(ctx, n, broadcast(ctx, n, source, sizes_of(ctx, x)));
  }
  const Size size = size_of(ctx, x, dim);
  const Slice range = read_slice(ctx, start, end, size);
  const Size count = ceil_divided(ctx, range.length, step);
  SizeList sizes = sizes_of(ctx, x);
  sizes.values[dim] = count.is_known() ? count.value : nvinfer1::ShapeValue::kUnknown;
  sizes.computed[dim] = count.computed;
  auto* out = slice_replaced(ctx, n, x, broadcast(ctx, n, source, sizes), dim, range.first, count, step);
  return finish(ctx, n, out == x ? identity(ctx, x) : out);
}

// (self, src, dim, index)
bool select_scatter(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[2].unwrapToInt(), rank(x));
  const Size size = size_of(ctx, x, dim);
  const Size given = read_size(ctx, args[3]);
  const Size place = given.is_known() && given.value < 0 ? plus(ctx, size, given) : given;
  const bool fits = !place.is_known() || (place.value >= 0 && (!size.is_known() || place.value < size.value));
  TORCHTRT_CHECK(fits, util::node_info(n) << ": index " << given.value << " is out of range for dimension " << dim
                                          << " of size " << size.value);
  auto* source = cast(ctx, args[1].ITensorOrFreeze(ctx), scalar_type(x));
  source = replace_dims(ctx, source, dim, dim, {1});
  return finish(ctx, n, slice_replaced(ctx, n, x, source, dim, place, 1, 1));
}

}  // namespace

Family scatter_family() {
  return {
      {"aten::index.Tensor", index},
      {"aten::index.Tensor_hacked_twin", index},
      {"aten::index_put", index_put},
      {"aten::index_put.hacked_twin", index_put},
      {"aten::scatter.src", scatter_source(ScatterReduction::kNONE)},
      {"aten::scatter.value", scatter_value},
      {"aten::scatter.value_reduce", scatter_value},
      {"aten::scatter.reduce", scatter_reduced},
      {"aten::scatter_add", scatter_source(ScatterReduction::kSUM)},
      {"aten::scatter_reduce.two", scatter_reduce},
      {"aten::index_add", index_add},
      {"aten::index_copy", index_copy},
      {"aten::index_reduce", index_reduce},
      {"aten::index_fill.int_Scalar", index_fill},
      {"aten::index_fill.int_Tensor", index_fill},
      {"aten::slice_scatter", slice_scatter},
      {"aten::select_scatter", select_scatter},
      {"trt::write_at", write_at},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
