#include <algorithm>
#include <numeric>

#include "torch_tensorrt/core/conversion/converters/impl/args.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

// Brings lists of tensors to one rank or shape, joins them, and splits tensors.
namespace torch_tensorrt::core::conversion::converters {
namespace {

// Reshapes to at least that many dimensions. New ones are placed as in NumPy and PyTorch: at the front for two; for
// three, a vector becomes the middle dimension and a matrix gets a last one.
ITensor* at_least(ConversionCtx* ctx, ITensor* x, int32_t wanted) {
  if (rank(x) >= wanted) return x;
  if (rank(x) == 0) return replace_dims(ctx, x, 0, 0, std::vector<int64_t>(wanted, 1));
  if (rank(x) == 1) x = replace_dims(ctx, x, 0, 0, {1});
  return wanted == 3 ? replace_dims(ctx, x, 2, 2, {1}) : x;
}

OpConverter at_least_of(int32_t wanted) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    auto* out = at_least(ctx, x, wanted);
    return finish(ctx, n, out == x ? identity(ctx, x) : out);
  };
}

OpConverter each_at_least_of(int32_t wanted) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto tensors = tensor_list(ctx, args[0]);
    for (auto*& tensor : tensors) {
      auto* out = at_least(ctx, tensor, wanted);
      tensor = out == tensor ? identity(ctx, tensor) : out;
    }
    return finish_list(ctx, n, tensors);
  };
}

bool join_promoted(ConversionCtx* ctx, const torch::jit::Node* n, std::vector<ITensor*> tensors, int32_t dim) {
  auto type = scalar_type(tensors[0]);
  for (auto* tensor : tensors) type = at::promote_types(type, scalar_type(tensor));
  for (auto*& tensor : tensors) tensor = cast(ctx, tensor, type);
  return finish(ctx, n, tensors.size() == 1 ? identity(ctx, tensors[0]) : join(ctx, tensors, dim));
}

std::vector<ITensor*> some_tensors(ConversionCtx* ctx, const torch::jit::Node* n, const Var& arg) {
  auto tensors = tensor_list(ctx, arg);
  TORCHTRT_CHECK(!tensors.empty(), util::node_info(n) << ": the list of tensors is empty");
  return tensors;
}

// vstack (2, 0) and dstack (3, 2).
OpConverter stack_of(int32_t least_rank, int32_t dim) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto tensors = some_tensors(ctx, n, args[0]);
    for (auto*& tensor : tensors) tensor = at_least(ctx, tensor, least_rank);
    return join_promoted(ctx, n, tensors, dim);
  };
}

// Joins vectors end to end, other tensors along their columns.
bool hstack(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto tensors = some_tensors(ctx, n, args[0]);
  for (auto*& tensor : tensors) tensor = at_least(ctx, tensor, 1);
  return join_promoted(ctx, n, tensors, rank(tensors[0]) == 1 ? 0 : 1);
}

// Joins vectors as columns.
bool column_stack(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto tensors = some_tensors(ctx, n, args[0]);
  for (auto*& tensor : tensors) {
    if (rank(tensor) <= 1) tensor = replace_dims(ctx, at_least(ctx, tensor, 1), 1, 1, {1});
  }
  return join_promoted(ctx, n, tensors, 1);
}

bool broadcast_tensors(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto tensors = some_tensors(ctx, n, args[0]);
  const SizeList sizes = broadcast_sizes(ctx, n, tensors);
  for (auto*& tensor : tensors) {
    tensor = sizes.values.empty() ? identity(ctx, tensor) : broadcast(ctx, n, tensor, sizes);
  }
  return finish_list(ctx, n, tensors);
}

// All tuples of elements of the vectors; the last element changes first. A single vector is returned itself.
bool cartesian_product(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto tensors = some_tensors(ctx, n, args[0]);
  if (tensors.size() == 1) return finish(ctx, n, identity(ctx, tensors[0]));
  const auto count = static_cast<int32_t>(tensors.size());
  SizeList sizes;
  for (auto* tensor : tensors) {
    TORCHTRT_CHECK(rank(tensor) == 1, util::node_info(n) << ": a tensor has rank " << rank(tensor) << ", must be 1");
    const SizeList one = sizes_of(ctx, tensor);
    sizes.values.push_back(one.values[0]);
    sizes.computed.push_back(one.computed[0]);
  }
  for (int32_t i = 0; i < count; ++i) {
    auto* spread = broadcast(ctx, n, along(ctx, tensors[i], i, count), sizes);
    tensors[i] = replace_dims(ctx, replace_dims(ctx, spread, 0, count, {-1}), 1, 1, {1});
  }
  return finish(ctx, n, join(ctx, tensors, 1));
}

// Casts the tensors to the dtype that PyTorch promotes them to.
std::vector<ITensor*> promoted(ConversionCtx* ctx, std::vector<ITensor*> tensors) {
  auto type = scalar_type(tensors[0]);
  for (auto* tensor : tensors) type = at::promote_types(type, scalar_type(tensor));
  for (auto*& tensor : tensors) tensor = cast(ctx, tensor, type);
  return tensors;
}

// PyTorch ignores empty 1-D tensors here, whatever the rank of the others.
std::vector<ITensor*> without_legacy_empties(const std::vector<ITensor*>& tensors) {
  std::vector<ITensor*> kept;
  for (auto* tensor : tensors) {
    if (tensor->getDimensions() != nvinfer1::Dims{0}) kept.push_back(tensor);
  }
  return kept.empty() ? std::vector<ITensor*>{tensors[0]} : kept;
}

ITensor* join(ConversionCtx* ctx, const std::vector<ITensor*>& tensors, int32_t dim) {
  auto* layer = ctx->net->addConcatenation(tensors.data(), static_cast<int32_t>(tensors.size()));
  layer->setAxis(dim);
  return layer->getOutput(0);
}

bool cat(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto tensors = tensor_list(ctx, args[0]);
  TORCHTRT_CHECK(!tensors.empty(), util::node_info(n) << ": the list of tensors is empty");
  tensors = promoted(ctx, without_legacy_empties(tensors));
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(tensors[0]));
  if (tensors.size() == 1) return finish(ctx, n, ctx->net->addIdentity(*tensors[0])->getOutput(0));
  return finish(ctx, n, join(ctx, tensors, dim));
}

bool stack(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto tensors = tensor_list(ctx, args[0]);
  TORCHTRT_CHECK(!tensors.empty(), util::node_info(n) << ": the list of tensors is empty");
  tensors = promoted(ctx, tensors);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(tensors[0]) + 1);
  for (auto*& tensor : tensors) tensor = replace_dims(ctx, tensor, dim, dim, {1});
  return finish(ctx, n, tensors.size() == 1 ? tensors[0] : join(ctx, tensors, dim));
}

bool split_into(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim,
                const std::vector<Size>& sizes) {
  std::vector<ITensor*> parts;
  Size start = 0;
  for (const Size& size : sizes) {
    parts.push_back(slice_sizes(ctx, x, dim, start, size));
    start = plus(ctx, start, size);
  }
  return finish_list(ctx, n, parts);
}

constexpr int64_t kMostSizesTried = 100000;

// The number of parts, which must be the same for every size in the range.
template <typename Count>
int64_t part_count(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim, Count count) {
  const auto range = bounds_of(ctx, size_of(ctx, x, dim));
  TORCHTRT_CHECK(range && range->high - range->low < kMostSizesTried,
                 util::node_info(n) << ": dimension " << dim << " of " << nvinfer1::to_string(x->getDimensions())
                                    << " is dynamic, but the number of parts must be known; give one size for it "
                                    << "instead of a range");
  const int64_t parts = count(range->low);
  for (int64_t size = range->low; size <= range->high; ++size) {
    TORCHTRT_CHECK(count(size) == parts,
                   util::node_info(n) << ": dimension " << dim << " is dynamic, from " << range->low << " to "
                                      << range->high << ", which gives " << parts << " parts for " << range->low
                                      << " and " << count(size) << " for " << size
                                      << "; the number of parts must be known: narrow the range, or give one size");
  }
  return parts;
}

// Parts of `part` elements; the last part has the remaining elements.
std::vector<Size> equal_parts(ConversionCtx* ctx, const Size& whole, const Size& part, int64_t count) {
  std::vector<Size> sizes;
  for (int64_t i = 0; i < count; ++i) {
    const Size left = minus(ctx, whole, times(ctx, part, i));
    sizes.push_back(smaller(ctx, part, larger(ctx, left, 0)));
  }
  return sizes;
}

bool split_by_size(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[2].unwrapToInt(), rank(x));
  const Size part = read_size(ctx, args[1]);
  TORCHTRT_CHECK(part.is_known(), util::node_info(n) << ": split_size is computed from sizes, so the number of parts "
                                                     << "is not known; give a list of sizes instead");
  TORCHTRT_CHECK(part.value > 0 || x->getDimensions().d[dim] == 0,
                 util::node_info(n) << ": split_size is " << part.value << ", must be above 0");
  const int64_t step = std::max<int64_t>(part.value, 1);
  const auto count = [&](int64_t size) { return std::max<int64_t>((size + step - 1) / step, 1); };
  return split_into(ctx, n, x, dim, equal_parts(ctx, size_of(ctx, x, dim), step, part_count(ctx, n, x, dim, count)));
}

bool split_by_sizes(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[2].unwrapToInt(), rank(x));
  const auto list = read_sizes(ctx, args[1]);
  const int64_t whole = x->getDimensions().d[dim];
  const int64_t sum = std::accumulate(list.values.begin(), list.values.end(), int64_t{0});
  TORCHTRT_CHECK(!list.is_known() || whole < 0 || sum == whole,
                 util::node_info(n) << ": the sizes " << list.values << " add up to " << sum << ", dimension " << dim
                                    << " has " << whole);
  std::vector<Size> sizes;
  for (size_t i = 0; i < list.values.size(); ++i) sizes.push_back(entry(list, i));
  return split_into(ctx, n, x, dim, sizes);
}

bool chunk(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int64_t chunks = args[1].unwrapToInt();
  const int32_t dim = existing_dim(n, args[2].unwrapToInt(), rank(x));
  TORCHTRT_CHECK(chunks > 0, util::node_info(n) << ": chunks is " << chunks << ", must be above 0");
  // An empty dimension gives the requested number of empty parts.
  const auto count = [&](int64_t size) {
    const int64_t part = (size + chunks - 1) / chunks;
    return part == 0 ? chunks : (size + part - 1) / part;
  };
  const int64_t parts = part_count(ctx, n, x, dim, count);
  const Size whole = size_of(ctx, x, dim);
  return split_into(ctx, n, x, dim, equal_parts(ctx, whole, ceil_divided(ctx, whole, chunks), parts));
}

bool unbind(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(x));
  std::vector<ITensor*> parts;
  for (int64_t i = 0; i < known_size(n, x, dim, "it gives the number of parts"); ++i) {
    parts.push_back(replace_dims(ctx, slice_dim(ctx, x, dim, i, 1), dim, dim + 1, {}));
  }
  return finish_list(ctx, n, parts);
}

// `sections` parts whose sizes differ by at most one; the larger parts come first.
bool split_in_sections(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim, int64_t sections) {
  TORCHTRT_CHECK(sections > 0, util::node_info(n) << ": sections is " << sections << ", must be above 0");
  const Size whole = size_of(ctx, x, dim);
  const Size least = divided(ctx, whole, sections);
  const Size larger_ones = minus(ctx, whole, times(ctx, least, sections));
  std::vector<Size> sizes;
  for (int64_t i = 0; i < sections; ++i) {
    sizes.push_back(plus(ctx, least, smaller(ctx, larger(ctx, minus(ctx, larger_ones, i), 0), 1)));
  }
  return split_into(ctx, n, x, dim, sizes);
}

// Splits at the indices; each part is Python's x[a:b].
bool split_at(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim,
              const std::vector<int64_t>& indices) {
  const Size whole = size_of(ctx, x, dim);
  std::vector<ITensor*> parts;
  int64_t start = 0;
  for (size_t i = 0; i <= indices.size(); ++i) {
    const int64_t end = i < indices.size() ? indices[i] : INT64_MAX;
    const Slice part = read_slice(ctx, start, end, whole);
    parts.push_back(slice_sizes(ctx, x, dim, part.first, part.length));
    start = end;
  }
  return finish_list(ctx, n, parts);
}

// (self, sections or indices, dim): a number, a list of numbers or a tensor of either.
bool tensor_split(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  TORCHTRT_CHECK(!args[1].isITensor(), util::node_info(n) << ": the sections or indices must be known while compiling");
  if (args[1].isTensor()) {
    const at::Tensor given = args[1].unwrapToTensor().to(at::kLong).contiguous();
    if (given.dim() == 0) return split_in_sections(ctx, n, x, dim, given.item<int64_t>());
    return split_at(ctx, n, x, dim, {given.data_ptr<int64_t>(), given.data_ptr<int64_t>() + given.numel()});
  }
  if (args[1].isInt()) return split_in_sections(ctx, n, x, dim, args[1].unwrapToInt());
  return split_at(ctx, n, x, dim, int_vector(args[1].unwrapToIntList()));
}

// hsplit, vsplit and dsplit: split one dimension (of a vector, its only one) in equal parts or at indices.
OpConverter split_along(int32_t dim, int32_t least_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    TORCHTRT_CHECK(rank(x) >= least_rank, util::node_info(n)
                                              << ": rank is " << rank(x) << ", must be " << least_rank << " or more");
    const int32_t along = rank(x) == 1 ? 0 : dim;
    if (!args[1].isInt()) return split_at(ctx, n, x, along, int_vector(args[1].unwrapToIntList()));
    const int64_t sections = args[1].unwrapToInt();
    const int64_t whole = size_of(ctx, x, along).value;
    TORCHTRT_CHECK(sections > 0 && whole % sections == 0, util::node_info(n) << ": dimension " << along << " of size "
                                                                             << whole << " cannot be split into "
                                                                             << sections << " equal parts");
    return split_in_sections(ctx, n, x, along, sections);
  };
}

}  // namespace

Family joining_family() {
  return {
      {"aten::cat", cat},
      {"aten::concat", cat},
      {"aten::concatenate", cat},
      {"aten::stack", stack},
      {"aten::split.Tensor", split_by_size},
      {"aten::split", split_by_sizes},
      {"aten::split.sizes", split_by_sizes},
      {"aten::split_with_sizes", split_by_sizes},
      {"aten::chunk", chunk},
      {"aten::unbind.int", unbind},
      {"aten::tensor_split.sections", tensor_split},
      {"aten::tensor_split.indices", tensor_split},
      {"aten::tensor_split.tensor_indices_or_sections", tensor_split},
      {"aten::hsplit.int", split_along(1, 1)},
      {"aten::hsplit.array", split_along(1, 1)},
      {"aten::vsplit.int", split_along(0, 2)},
      {"aten::vsplit.array", split_along(0, 2)},
      {"aten::dsplit.int", split_along(2, 3)},
      {"aten::dsplit.array", split_along(2, 3)},
      {"aten::atleast_1d", at_least_of(1)},
      {"aten::atleast_2d", at_least_of(2)},
      {"aten::atleast_3d", at_least_of(3)},
      {"aten::atleast_1d.Sequence", each_at_least_of(1)},
      {"aten::atleast_2d.Sequence", each_at_least_of(2)},
      {"aten::atleast_3d.Sequence", each_at_least_of(3)},
      {"aten::hstack", hstack},
      {"aten::vstack", stack_of(2, 0)},
      {"aten::dstack", stack_of(3, 2)},
      {"aten::column_stack", column_stack},
      {"aten::broadcast_tensors", broadcast_tensors},
      {"aten::cartesian_prod", cartesian_product},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
