#include "torch_tensorrt/core/conversion/converters/impl/index.h"

#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"

// Reads parts of a tensor: slices, elements at places, elements of a mask.
namespace torch_tensorrt::core::conversion::converters {
namespace {

bool select(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(x));
  const Size place = read_size(ctx, args[2]);
  const int64_t size = x->getDimensions().d[dim];
  int64_t index = place.value;
  if (!place.is_known() || (size < 0 && index < 0)) {
    // The place is counted from an end that is known only at run time, or is computed.
    auto* number = replace_dims(ctx, size_tensor(ctx, place), 0, 1, {});
    return finish(ctx, n, ctx->net->addGather(*x, *number, dim)->getOutput(0));
  }
  if (index < 0) index += size;
  TORCHTRT_CHECK(index >= 0 && (size < 0 || index < size), util::node_info(n) << ": index " << place.value
                                                                              << " is out of range for dimension "
                                                                              << dim << " of size " << size);
  return finish(ctx, n, replace_dims(ctx, slice_dim(ctx, x, dim, index, 1), dim, dim + 1, {}));
}

// (self, dim, start?, end?, step)
bool slice(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(x));
  const Size start = is_none(args[2]) ? Size(int64_t{0}) : read_size(ctx, args[2]);
  const Size end = is_none(args[3]) ? Size(INT64_MAX) : read_size(ctx, args[3]);
  const int64_t step = args[4].unwrapToInt();
  TORCHTRT_CHECK(step > 0, util::node_info(n) << ": step is " << step << ", must be above 0");
  const Size size = size_of(ctx, x, dim);
  const bool to_end = end.is_known() && end.value == INT64_MAX;
  if (start.is_known() && start.value == 0 && to_end && step == 1) return finish(ctx, n, identity(ctx, x));
  const Slice range = read_slice(ctx, start, end, size);
  return finish(ctx, n, slice_sizes(ctx, x, dim, range.first, ceil_divided(ctx, range.length, step), step));
}

bool narrow(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(x));
  const Size size = size_of(ctx, x, dim);
  Size start = read_size(ctx, args[2]);
  const Size length = read_size(ctx, args[3]);
  if (start.is_known() && start.value < 0) start = plus(ctx, size, start);
  const bool fits = !start.is_known() || !length.is_known() || !size.is_known() ||
                    (start.value >= 0 && length.value >= 0 && start.value + length.value <= size.value);
  TORCHTRT_CHECK(fits, util::node_info(n) << ": start " << start.value << " and length " << length.value
                                          << " do not fit dimension " << dim << " of size " << size.value);
  return finish(ctx, n, slice_sizes(ctx, x, dim, start, length));
}

void check_index(const torch::jit::Node* n, ITensor* index) {
  const auto type = scalar_type(index);
  TORCHTRT_CHECK(type == at::kInt || type == at::kLong, util::node_info(n)
                                                            << ": the index is " << type << ", must be int32 or int64");
}

bool index_select(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  auto* index = args[2].ITensorOrFreeze(ctx);
  check_index(n, index);
  TORCHTRT_CHECK(rank(index) <= 1, util::node_info(n) << ": the index has rank " << rank(index) << ", must be 0 or 1");
  // Treats an index, or a tensor, of rank 0 as one with one element.
  if (rank(index) == 0) index = replace_dims(ctx, index, 0, 0, {1});
  const bool is_scalar = rank(x) == 0;
  if (is_scalar) x = replace_dims(ctx, x, 0, 0, {1});
  TORCHTRT_CHECK(x->getDimensions().d[dim] != 0 || index->getDimensions().d[0] == 0,
                 util::node_info(n) << ": dimension " << dim << " has no elements");
  auto* out = ctx->net->addGather(*x, *index, dim)->getOutput(0);
  return finish(ctx, n, is_scalar ? replace_dims(ctx, out, 0, 1, {}) : out);
}

bool embedding(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* weight = args[0].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(weight) == 2, util::node_info(n) << ": the weight has rank " << rank(weight) << ", must be 2");
  check_index(n, args[1].ITensorOrFreeze(ctx));
  return finish(ctx, n, ctx->net->addGather(*weight, *args[1].ITensorOrFreeze(ctx), 0)->getOutput(0));
}

// In torch.gather the index may be smaller than the tensor in other dimensions; only those elements are read.
bool gather(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* index = args[2].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  // Treats a tensor, or an index, without dimensions as one with one element.
  const bool is_scalar = rank(index) == 0;
  if (rank(x) == 0) x = replace_dims(ctx, x, 0, 0, {1});
  if (is_scalar) index = replace_dims(ctx, index, 0, 0, {1});
  auto* layer = ctx->net->addGatherV2(*x, *index, nvinfer1::GatherMode::kELEMENT);
  layer->setGatherAxis(dim);
  return finish(ctx, n, is_scalar ? replace_dims(ctx, layer->getOutput(0), 0, 1, {}) : layer->getOutput(0));
}

// (self, index): treats self as one row.
bool take(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* row = flat(ctx, args[0].ITensorOrFreeze(ctx));
  return finish(ctx, n, ctx->net->addGather(*row, *args[1].ITensorOrFreeze(ctx), 0)->getOutput(0));
}

// (self, indices, dim): gather after broadcasting all dimensions but `dim`; without a dim both are flattened.
bool take_along_dim(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* indices = args[1].ITensorOrFreeze(ctx);
  int32_t dim = 0;
  if (is_none(args[2])) {
    x = flat(ctx, x);
    indices = flat(ctx, indices);
  } else {
    dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  }
  TORCHTRT_CHECK(rank(x) == rank(indices) && rank(x) > 0,
                 util::node_info(n) << ": ranks are " << rank(x) << " and " << rank(indices) << ", must be the same");
  // Each tensor keeps its own size along the dimension.
  const auto one_there = [&](ITensor* tensor) { return slice_dim(ctx, tensor, dim, 0, 1); };
  const SizeList common = broadcast_sizes(ctx, n, {one_there(x), one_there(indices)});
  const auto spread = [&](ITensor* tensor) {
    SizeList sizes = common;
    const SizeList own = sizes_of(ctx, tensor);
    sizes.values[dim] = own.values[dim];
    sizes.computed[dim] = own.computed[dim];
    return broadcast(ctx, n, tensor, sizes);
  };
  auto* layer = ctx->net->addGatherV2(*spread(x), *spread(indices), nvinfer1::GatherMode::kELEMENT);
  layer->setGatherAxis(dim);
  return finish(ctx, n, layer->getOutput(0));
}

using nvinfer1::ElementWiseOperation;

bool is_mask(at::ScalarType type) { return type == at::kBool || type == at::kByte; }

// Replaces a mask by one index for each of its dimensions.
void append_mask(ConversionCtx* ctx, const torch::jit::Node* n, const at::Tensor& mask,
                 std::vector<ITensor*>& tensors) {
  TORCHTRT_CHECK(mask.dim() > 0, util::node_info(n) << ": a mask of rank 0 is not converted");
  for (const at::Tensor& places : mask.cpu().nonzero().unbind(1)) {
    tensors.push_back(tensor_constant(ctx, places.contiguous()));
  }
}

// A computed mask gives data-dependent shapes.
void append_mask(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* mask, ITensor* x, Indices& indices,
                 bool is_only) {
  const auto first = static_cast<int32_t>(indices.tensors.size());
  mask = fitted_mask(ctx, n, mask, x, first);
  auto* places = find_places(ctx, n, mask);
  if (is_only && rank(mask) > 1) indices.rows = as_rows(ctx, places);
  const auto columns = as_indices(ctx, places);
  indices.tensors.insert(indices.tensors.end(), columns.begin(), columns.end());
}

bool have_one_shape(const ITensor& a, const ITensor& b) {
  const auto dims = a.getDimensions();
  if (dims != b.getDimensions()) return false;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] < 0 && !(nvinfer1::origin_of_dim(a, i) == nvinfer1::origin_of_dim(b, i))) return false;
  }
  return true;
}

// Broadcasts all to one shape by adding zeros times the other tensors.
std::vector<ITensor*> of_one_shape(ConversionCtx* ctx, std::vector<ITensor*> tensors) {
  const auto same = [&](ITensor* tensor) { return have_one_shape(*tensor, *tensors[0]); };
  if (std::all_of(tensors.begin(), tensors.end(), same)) return tensors;
  ITensor* zeros = nullptr;
  for (auto* tensor : tensors) {
    auto* nothing = apply(ctx, ElementWiseOperation::kPROD, tensor, at::Scalar(0));
    zeros = zeros == nullptr ? nothing : apply(ctx, ElementWiseOperation::kSUM, zeros, nothing);
  }
  for (auto*& tensor : tensors) tensor = apply(ctx, ElementWiseOperation::kSUM, tensor, zeros);
  return tensors;
}

}  // namespace

Indices read_indices(ConversionCtx* ctx, const torch::jit::Node* n, const Var& arg, ITensor* x) {
  Indices indices;
  const auto elements = arg.IValue()->toListRef();
  const auto given = std::count_if(elements.begin(), elements.end(), [](const auto& e) { return !e.isNone(); });
  for (const auto& element : elements) {
    if (element.isNone()) {
      indices.tensors.push_back(nullptr);
      continue;
    }
    if (element.isTensor()) {
      const at::Tensor index = element.toTensor();
      if (is_mask(index.scalar_type())) {
        append_mask(ctx, n, index, indices.tensors);
      } else {
        indices.tensors.push_back(tensor_constant(ctx, index.to(at::kLong)));
      }
      continue;
    }
    TORCHTRT_CHECK(TensorContainer::is_in(element), util::node_info(n) << ": an index is " << element.tagKind());
    auto* index = element.toCustomClass<TensorContainer>()->tensor();
    if (is_mask(scalar_type(index))) {
      append_mask(ctx, n, index, x, indices, given == 1);
    } else {
      indices.tensors.push_back(index);
    }
  }
  for (size_t i = 0; i < indices.tensors.size(); ++i) {
    if (indices.tensors[i] == nullptr) continue;
    indices.tensors[i] = cast(ctx, indices.tensors[i], at::kLong);
    indices.dims.push_back(static_cast<int32_t>(i));
  }
  return indices;
}

bool has_computed_mask(const Var& arg) {
  const auto elements = arg.IValue()->toListRef();
  return std::any_of(elements.begin(), elements.end(), [](const auto& element) {
    return TensorContainer::is_in(element) &&
           is_mask(scalar_type(element.template toCustomClass<TensorContainer>()->tensor()));
  });
}

std::vector<int32_t> indexed_first(const Indices& indices, int32_t rank) {
  std::vector<int32_t> order = indices.dims;
  for (int32_t i = 0; i < rank; ++i) {
    if (std::find(indices.dims.begin(), indices.dims.end(), i) == indices.dims.end()) order.push_back(i);
  }
  return order;
}

std::vector<int32_t> inverse(const std::vector<int32_t>& order) {
  std::vector<int32_t> result(order.size());
  for (size_t i = 0; i < order.size(); ++i) result[order[i]] = static_cast<int32_t>(i);
  return result;
}

bool is_identity(const std::vector<int32_t>& order) { return std::is_sorted(order.begin(), order.end()); }

ITensor* tuples(ConversionCtx* ctx, const Indices& indices) {
  if (indices.rows != nullptr) return indices.rows;
  std::vector<ITensor*> tensors;
  for (const int32_t dim : indices.dims) tensors.push_back(indices.tensors[dim]);
  tensors = of_one_shape(ctx, tensors);
  for (auto*& tensor : tensors) tensor = replace_dims(ctx, tensor, rank(tensor), rank(tensor), {1});
  return join(ctx, tensors, rank(tensors[0]) - 1);
}

bool is_consecutive(const std::vector<int32_t>& dims) {
  return dims.back() - dims.front() + 1 == static_cast<int32_t>(dims.size());
}

void check_count(const torch::jit::Node* n, const Indices& indices, ITensor* x) {
  TORCHTRT_CHECK(
      static_cast<int32_t>(indices.tensors.size()) <= rank(x),
      util::node_info(n) << ": " << indices.tensors.size() << " indices are given for a tensor of rank " << rank(x));
}

namespace {

bool nonzero(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, as_rows(ctx, find_places(ctx, n, args[0].ITensorOrFreeze(ctx))));
}

// Treats a number as a tensor of one element.
bool nonzero_numpy(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (rank(x) == 0) x = replace_dims(ctx, x, 0, 0, {1});
  return finish_list(ctx, n, as_indices(ctx, find_places(ctx, n, x)));
}

// Flat places of the elements that the mask selects; the mask is usually known.
ITensor* picked_places(ConversionCtx* ctx, const torch::jit::Node* n, Var& mask, const SizeList& sizes) {
  if (mask.isTensor() && sizes.is_known()) {
    const auto spread = mask.unwrapToTensor().to(at::kBool).expand(sizes.values).reshape({-1});
    return tensor_constant(ctx, spread.nonzero().reshape({-1}).cpu());
  }
  auto* spread = broadcast(ctx, n, mask.ITensorOrFreeze(ctx), sizes);
  return as_indices(ctx, find_places(ctx, n, replace_dims(ctx, spread, 0, rank(spread), {-1})))[0];
}

bool masked_select(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* mask = args[1].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(scalar_type(mask) == at::kBool, util::node_info(n)
                                                     << ": the mask is " << scalar_type(mask) << ", must be bool");
  const SizeList sizes = broadcast_sizes(ctx, n, {x, mask});
  auto* places = picked_places(ctx, n, args[1], sizes);
  auto* spread = broadcast(ctx, n, x, sizes);
  auto* flat = replace_dims(ctx, spread, 0, rank(spread), {-1});
  return finish(ctx, n, ctx->net->addGather(*flat, *places, 0)->getOutput(0));
}

// (self, mask, source): the i-th true of the mask takes element i - 1 of the source.
bool masked_scatter(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* mask = cast(ctx, args[1].ITensorOrFreeze(ctx), at::kBool);
  const SizeList sizes = broadcast_sizes(ctx, n, {x, mask});
  if (!sizes.values.empty()) {
    x = broadcast(ctx, n, x, sizes);
    mask = broadcast(ctx, n, mask, sizes);
  }
  auto* counted =
      ctx->net->addCumulative(*cast(ctx, flat(ctx, mask), at::kLong), nvinfer1::CumulativeOperation::kSUM, 0);
  auto* places = apply(ctx, ElementWiseOperation::kSUB, counted->getOutput(0), at::Scalar(1));
  // Before the first true, the element is not used, so any place is right; after a true the place stays.
  places = apply(ctx, ElementWiseOperation::kMAX, places, at::Scalar(0));
  auto* source = flat(ctx, cast(ctx, args[2].ITensorOrFreeze(ctx), scalar_type(x)));
  auto* taken = ctx->net->addGather(*source, *places, 0)->getOutput(0);
  taken = sizes.values.empty() ? replace_dims(ctx, taken, 0, 1, {}) : reshape(ctx, taken, sizes);
  return finish(ctx, n, choose(ctx, mask, taken, x));
}

const MakesLateSizes kLateSizes{"the backend is `native`: the shape of the result depends on the values of the input"};

}  // namespace

ITensor* find_places(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x) {
  TORCHTRT_CHECK(rank(x) > 0, util::node_info(n) << ": the tensor has rank 0, must be 1 or more");
  return cast(ctx, ctx->net->addNonZero(*cast(ctx, x, at::kBool))->getOutput(0), at::kLong);
}

ITensor* as_rows(ConversionCtx* ctx, ITensor* places) { return transpose(ctx, places, {1, 0}); }

std::vector<ITensor*> as_indices(ConversionCtx* ctx, ITensor* places) {
  std::vector<ITensor*> indices;
  const auto count = static_cast<int32_t>(places->getDimensions().d[0]);
  for (int32_t i = 0; i < count; ++i) {
    indices.push_back(replace_dims(ctx, count == 1 ? places : slice_dim(ctx, places, 0, i, 1), 0, 1, {}));
  }
  return indices;
}

ITensor* fitted_mask(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* mask, ITensor* x, int32_t first) {
  TORCHTRT_CHECK(rank(mask) > 0, util::node_info(n) << ": a mask of rank 0 is not converted");
  TORCHTRT_CHECK(first + rank(mask) <= rank(x), util::node_info(n) << ": a mask of rank " << rank(mask)
                                                                   << " does not fit dimensions from " << first
                                                                   << " on of a tensor of rank " << rank(x));
  bool fits = true;
  SizeList sizes;
  const SizeList all = sizes_of(ctx, x);
  for (int32_t i = 0; i < rank(mask); ++i) {
    const int64_t own = mask->getDimensions().d[i];
    const int64_t wanted = x->getDimensions().d[first + i];
    TORCHTRT_CHECK(own < 0 || wanted < 0 || own == wanted,
                   util::node_info(n) << ": dimension " << i << " of the mask has size " << own << ", must have "
                                      << wanted << " like dimension " << first + i << " of the indexed tensor");
    const bool is_same = nvinfer1::origin_of_dim(*mask, i) == nvinfer1::origin_of_dim(*x, first + i);
    fits = fits && (own >= 0 ? own == wanted : is_same);
    sizes.values.push_back(all.values[first + i]);
    sizes.computed.push_back(all.computed[first + i]);
  }
  return fits ? mask : reshape(ctx, mask, sizes);
}

Family index_family() {
  return {
      {"aten::select.int", select},
      {"aten::slice.Tensor", slice},
      {"aten::narrow", narrow},
      {"aten::narrow.Tensor", narrow},
      {"aten::narrow_copy", narrow},
      {"aten::index_select", index_select},
      {"aten::embedding", embedding},
      {"aten::gather", gather},
      {"aten::nonzero", nonzero, kLateSizes},
      {"aten::argwhere", nonzero, kLateSizes},
      {"aten::nonzero_numpy", nonzero_numpy, kLateSizes},
      {"aten::where", nonzero_numpy, kLateSizes},
      {"aten::masked_select", masked_select, kLateSizes},
      {"aten::take", take},
      {"aten::take_along_dim", take_along_dim},
      {"aten::masked_scatter", masked_scatter},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
