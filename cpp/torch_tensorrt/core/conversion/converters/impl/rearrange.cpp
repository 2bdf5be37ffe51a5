#include <algorithm>
#include <numeric>

#include "ATen/ops/eye.h"
#include "ATen/ops/repeat_interleave.h"

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"

// Operations that move, repeat or mask elements.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;

std::vector<int32_t> wrap_dims(const torch::jit::Node* n, const std::vector<int64_t>& dims, int32_t rank) {
  std::vector<int32_t> wrapped;
  for (const int64_t dim : dims) wrapped.push_back(wrap_dim(n, dim, rank));
  return wrapped;
}

// Reverses the dimension; uses a gather if the size is known only at run time.
ITensor* reversed(ConversionCtx* ctx, ITensor* x, int32_t dim) {
  const int64_t size = x->getDimensions().d[dim];
  if (size >= 0) {
    if (size == 0) return x;
    return slice_dim(ctx, x, dim, size - 1, size, -1);
  }
  auto* last = apply(ctx, ElementWiseOperation::kSUB, dim_size(ctx, x, dim), at::Scalar(1));
  auto* indices = apply(ctx, ElementWiseOperation::kSUB, last, positions(ctx, x, dim));
  return ctx->net->addGather(*x, *indices, dim)->getOutput(0);
}

bool flip(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (rank(x) == 0) return finish(ctx, n, identity(ctx, x));
  auto* out = x;
  for (const int32_t dim : wrap_dims(n, optional_ints(args[1]), rank(x))) out = reversed(ctx, out, dim);
  return finish(ctx, n, out == x ? identity(ctx, x) : out);
}

OpConverter flip_along(int32_t dim) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    TORCHTRT_CHECK(rank(x) > dim, util::node_info(n)
                                      << ": rank is " << rank(x) << ", must be " << dim + 1 << " or more");
    auto* out = reversed(ctx, x, dim);
    return finish(ctx, n, out == x ? identity(ctx, x) : out);
  };
}

// Moves the last `shift` elements to the front.
ITensor* rolled(ConversionCtx* ctx, ITensor* x, int32_t dim, const Size& by) {
  const int64_t size = x->getDimensions().d[dim];
  if (size < 0 || !by.is_known()) {
    auto* places = apply(ctx, ElementWiseOperation::kSUB, positions(ctx, x, dim), size_tensor(ctx, by));
    places = apply(ctx, ElementWiseOperation::kREMAINDER, places, dim_size(ctx, x, dim));
    return ctx->net->addGather(*x, *places, dim)->getOutput(0);
  }
  const int64_t shift = by.value;
  if (size == 0 || shift % size == 0) return x;
  const int64_t moved = ((shift % size) + size) % size;
  return join(ctx, {slice_dim(ctx, x, dim, size - moved, moved), slice_dim(ctx, x, dim, 0, size - moved)}, dim);
}

bool roll(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto shifts = read_sizes(ctx, args[1]);
  const auto dims = optional_ints(args[2]);
  const size_t count = shifts.values.size();
  if (dims.empty()) {
    TORCHTRT_CHECK(count == 1, util::node_info(n) << ": " << count << " shifts are given without dims, must be 1");
    auto* flat = rolled(ctx, replace_dims(ctx, x, 0, rank(x), {-1}), 0, entry(shifts, 0));
    return finish(ctx, n, reshape(ctx, flat, sizes_of(ctx, x)));
  }
  TORCHTRT_CHECK(count == dims.size(), util::node_info(n) << ": " << count << " shifts and " << dims.size()
                                                          << " dims are given, must be equal");
  auto* out = x;
  for (size_t i = 0; i < count; ++i) {
    out = rolled(ctx, out, existing_dim(n, dims[i], rank(x)), entry(shifts, i));
  }
  return finish(ctx, n, out == x ? identity(ctx, x) : out);
}

bool rot90(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int64_t turns = ((args[1].unwrapToInt() % 4) + 4) % 4;
  const auto dims = wrap_dims(n, optional_ints(args[2]), rank(x));
  TORCHTRT_CHECK(dims.size() == 2 && dims[0] != dims[1], util::node_info(n)
                                                             << ": dims is " << dims << ", must be two different dims");
  auto* out = x;
  if (turns == 1) out = swapped(ctx, reversed(ctx, x, dims[1]), dims[0], dims[1]);
  if (turns == 2) out = reversed(ctx, reversed(ctx, x, dims[0]), dims[1]);
  if (turns == 3) out = reversed(ctx, swapped(ctx, x, dims[0], dims[1]), dims[1]);
  return finish(ctx, n, out == x ? identity(ctx, x) : out);
}

// Repeats each element `repeats` times in a row: adds a dimension of size 1 after it, repeats that, and merges the two.
bool repeat_interleave(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const Size repeats = read_size(ctx, args[1]);
  TORCHTRT_CHECK(repeats.value >= 0, util::node_info(n) << ": repeats is " << repeats.value << ", must be 0 or more");
  return finish(ctx, n, repeated_in_a_row(ctx, n, args[0].ITensorOrFreeze(ctx), args[2], repeats));
}

// Whether the repeats are a single number for all elements, computed from sizes.
bool is_computed_size(const ITensor* repeats) {
  bool of_sizes_only = true;
  nvinfer1::sizes_behind(*repeats, of_sizes_only);
  return of_sizes_only && repeats->getDimensions().volume() == 1;
}

// (self, repeats, dim, output_size): the repeats of each element must be known, or be a size.
bool repeat_each(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (args[1].isITensor() && is_computed_size(args[1].ITensor())) {
    return finish(ctx, n, repeated_in_a_row(ctx, n, x, args[2], read_size(ctx, args[1])));
  }
  TORCHTRT_CHECK(!args[1].isITensor(), util::node_info(n)
                                           << ": the shape of the result depends on the values of `repeats`, but the "
                                           << "shapes in an engine must follow from the shapes of its inputs");
  at::Tensor repeats = args[1].unwrapToTensor().to(at::kLong).reshape({-1});
  int32_t dim = 0;
  if (is_none(args[2])) {
    x = flat(ctx, x);
  } else {
    dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
    if (rank(x) == 0) x = flat(ctx, x);
  }
  if (repeats.numel() == 1) {
    return finish(ctx, n, repeated_in_a_row(ctx, n, x, is_none(args[2]) ? Var() : args[2], repeats.item<int64_t>()));
  }
  const int64_t size = known_size(n, x, dim, "each of its elements has a number of repeats");
  TORCHTRT_CHECK(repeats.numel() == size, util::node_info(n)
                                              << ": " << repeats.numel() << " repeats are given for dimension " << dim
                                              << " of size " << size);
  auto* places = tensor_constant(ctx, at::repeat_interleave(repeats));
  return finish(ctx, n, ctx->net->addGather(*x, *places, dim)->getOutput(0));
}

// Expands vectors (or scalars) to coordinates: output i varies along dimension i. "xy" swaps the first two.
bool meshgrid(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto vectors = tensor_list(ctx, args[0]);
  TORCHTRT_CHECK(!vectors.empty(), util::node_info(n) << ": the list of tensors is empty");
  const bool swapped = args.size() > 1 && args[1].unwrapToString() == "xy" && vectors.size() > 1;
  const auto count = static_cast<int32_t>(vectors.size());
  SizeList sizes;
  std::vector<ITensor*> placed;
  for (auto*& vector : vectors) {
    TORCHTRT_CHECK(rank(vector) <= 1, util::node_info(n)
                                          << ": a tensor has rank " << rank(vector) << ", must be 0 or 1");
    if (rank(vector) == 0) vector = replace_dims(ctx, vector, 0, 0, {1});
    const auto size = sizes_of(ctx, vector);
    sizes.values.push_back(size.values[0]);
    sizes.computed.push_back(size.computed[0]);
  }
  const auto dim_of = [&](int32_t i) { return swapped && i < 2 ? 1 - i : i; };
  if (swapped) {
    std::swap(sizes.values[0], sizes.values[1]);
    std::swap(sizes.computed[0], sizes.computed[1]);
  }
  for (int32_t i = 0; i < count; ++i)
    placed.push_back(broadcast(ctx, n, along(ctx, vectors[i], dim_of(i), count), sizes));
  return finish_list(ctx, n, placed);
}

// True where column - row <= diagonal (in the last two dims).
ITensor* below_diagonal(ConversionCtx* ctx, ITensor* x, int64_t diagonal) {
  auto* row = replace_dims(ctx, positions(ctx, x, rank(x) - 2), 1, 1, {1});
  auto* column = positions(ctx, x, rank(x) - 1);
  auto* limit = apply(ctx, ElementWiseOperation::kSUM, row, at::Scalar(diagonal + 1));
  return apply(ctx, ElementWiseOperation::kLESS, column, limit);
}

OpConverter triangle(bool lower) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    TORCHTRT_CHECK(rank(x) >= 2, util::node_info(n) << ": rank is " << rank(x) << ", must be 2 or more");
    const int64_t diagonal = args[1].unwrapToInt();
    auto* zero = scalar_constant(ctx, 0, scalar_type(x));
    auto* mask = below_diagonal(ctx, x, lower ? diagonal : diagonal - 1);
    return finish(ctx, n, lower ? choose(ctx, mask, x, zero) : choose(ctx, mask, zero, x));
  };
}

// Moves the two dims to the end and merges them; the diagonal is then every (columns + 1)-th element.
bool diagonal(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int64_t offset = args[1].unwrapToInt();
  const int32_t a = existing_dim(n, args[2].unwrapToInt(), rank(x));
  const int32_t b = existing_dim(n, args[3].unwrapToInt(), rank(x));
  TORCHTRT_CHECK(a != b, util::node_info(n) << ": both dims are " << a << ", must differ");
  const Size rows = size_of(ctx, x, a);
  const Size columns = size_of(ctx, x, b);
  const Size length = larger(
      ctx,
      smaller(ctx, minus(ctx, rows, std::max<int64_t>(-offset, 0)), minus(ctx, columns, std::max<int64_t>(offset, 0))),
      0);
  std::vector<int32_t> order;
  for (int32_t i = 0; i < rank(x); ++i) {
    if (i != a && i != b) order.push_back(i);
  }
  order.insert(order.end(), {a, b});
  const int32_t last = rank(x) - 2;
  auto* flat = replace_sizes(ctx, transpose(ctx, x, order), last, last + 2, {times(ctx, rows, columns)});
  const Size start = offset >= 0 ? Size(offset) : times(ctx, columns, -offset);
  if (columns.is_known() && length.is_known()) {
    const int64_t first = length.value == 0 ? 0 : start.value;
    return finish(ctx, n, slice_dim(ctx, flat, last, first, length.value, columns.value + 1));
  }
  auto* places =
      apply(ctx, ElementWiseOperation::kPROD, count_up_to(ctx, length), size_tensor(ctx, plus(ctx, columns, 1)));
  places = apply(ctx, ElementWiseOperation::kSUM, places, size_tensor(ctx, start));
  return finish(ctx, n, ctx->net->addGather(*flat, *places, last)->getOutput(0));
}

// N, C, H r, W r -> N, C r^2, H, W (any leading dimensions).
bool pixel_unshuffle(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int64_t factor = args[1].unwrapToInt();
  const int32_t c = rank(x) - 3;
  TORCHTRT_CHECK(c >= 0 && factor > 0, util::node_info(n) << ": rank is " << rank(x) << " and the factor " << factor
                                                          << ", must be 3 or more and above 0");
  const Size height = size_of(ctx, x, c + 1);
  const Size width = size_of(ctx, x, c + 2);
  TORCHTRT_CHECK(height.value % factor == 0 && width.value % factor == 0,
                 util::node_info(n) << ": height and width are " << height.value << " and " << width.value
                                    << ", must be multiples of " << factor);
  auto* split =
      replace_sizes(ctx, x, c + 1, c + 3, {divided(ctx, height, factor), factor, divided(ctx, width, factor), factor});
  std::vector<int32_t> order(rank(x) + 2);
  std::iota(order.begin(), order.end(), 0);
  const std::vector<int32_t> tail = {c, c + 2, c + 4, c + 1, c + 3};
  std::copy(tail.begin(), tail.end(), order.begin() + c);
  const Size channels = times(ctx, size_of(ctx, x, c), factor * factor);
  return finish(ctx, n, replace_sizes(ctx, transpose(ctx, split, order), c, c + 3, {channels}));
}

bool view_as(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, reshape(ctx, args[0].ITensorOrFreeze(ctx), sizes_of(ctx, args[1].ITensorOrFreeze(ctx))));
}

bool ravel(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  return finish(ctx, n, flat(ctx, x));
}

// Swaps the last two dims.
bool transpose_matrices(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(x) >= 2, util::node_info(n) << ": rank is " << rank(x) << ", must be 2 or more");
  return finish(ctx, n, swapped(ctx, x, rank(x) - 2, rank(x) - 1));
}

// Reverses the order of the dims.
bool reverse_dims(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  std::vector<int32_t> order(rank(x));
  std::iota(order.rbegin(), order.rend(), 0);
  return finish(ctx, n, rank(x) < 2 ? identity(ctx, x) : transpose(ctx, x, order));
}

// Windows of `size` elements, at distances of `step`, in a new last dimension.
bool unfold(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  const int64_t size = args[2].unwrapToInt();
  const int64_t step = args[3].unwrapToInt();
  const bool is_scalar = rank(x) == 0;
  if (is_scalar) x = replace_dims(ctx, x, 0, 0, {1});
  const Size whole = size_of(ctx, x, dim);
  TORCHTRT_CHECK(
      size >= 0 && step > 0 && (!whole.is_known() || size <= whole.value),
      util::node_info(n) << ": windows of " << size << ", " << step << " apart, of " << whole.value << " elements");
  // A scalar gives one window, without a dimension for their number.
  if (is_scalar) return finish(ctx, n, slice_dim(ctx, x, 0, 0, size));
  const Size count = plus(ctx, divided(ctx, minus(ctx, whole, size), step), 1);
  auto* starts = apply(ctx, ElementWiseOperation::kPROD, count_up_to(ctx, count), at::Scalar(step));
  auto* places = apply(ctx, ElementWiseOperation::kSUM, replace_dims(ctx, starts, 1, 1, {1}), count_up_to(ctx, size));
  auto* windows = ctx->net->addGather(*x, *places, dim)->getOutput(0);
  std::vector<int32_t> order;
  for (int32_t i = 0; i <= rank(x); ++i) {
    if (i != dim + 1) order.push_back(i);
  }
  order.push_back(dim + 1);
  return finish(ctx, n, transpose(ctx, windows, order));
}

// Differences of neighbors, n times; for bools: whether they differ.
bool diff(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[2].unwrapToInt(), rank(x));
  std::vector<ITensor*> parts;
  if (!is_none(args[3])) parts.push_back(cast(ctx, args[3].ITensorOrFreeze(ctx), scalar_type(x)));
  parts.push_back(x);
  if (args.size() > 4 && !is_none(args[4])) parts.push_back(cast(ctx, args[4].ITensorOrFreeze(ctx), scalar_type(x)));
  auto* out = join(ctx, parts, dim);
  const auto operation = scalar_type(x) == at::kBool ? ElementWiseOperation::kXOR : ElementWiseOperation::kSUB;
  for (int64_t i = 0; i < args[1].unwrapToInt(); ++i) {
    const Size size = size_of(ctx, out, dim);
    if (size.is_known() && size.value == 0) break;
    const Size pairs = larger(ctx, minus(ctx, size, 1), 0);
    const Size second = smaller(ctx, size, 1);
    out = apply(ctx, operation, slice_sizes(ctx, out, dim, second, pairs), slice_sizes(ctx, out, dim, 0, pairs));
  }
  return finish(ctx, n, out == x ? identity(ctx, x) : out);
}

bool one_hot(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const int64_t classes = args[1].unwrapToInt();
  TORCHTRT_CHECK(classes > 0, util::node_info(n)
                                  << ": num_classes is " << classes << "; it must be given, as the number "
                                  << "of classes cannot depend on the values");
  auto* rows = tensor_constant(ctx, at::eye(classes, at::TensorOptions().dtype(at::kLong)));
  return finish(ctx, n, ctx->net->addGather(*rows, *args[0].ITensorOrFreeze(ctx), 0)->getOutput(0));
}

}  // namespace

Family rearrange_family() {
  return {
      {"aten::flip", flip},
      {"aten::flipud", flip_along(0)},
      {"aten::fliplr", flip_along(1)},
      {"aten::roll", roll},
      {"aten::rot90", rot90},
      {"aten::repeat_interleave.self_int", repeat_interleave},
      {"aten::repeat_interleave.self_Tensor", repeat_each},
      {"aten::meshgrid", meshgrid},
      {"aten::meshgrid.indexing", meshgrid},
      {"aten::tril", triangle(/*lower=*/true)},
      {"aten::triu", triangle(/*lower=*/false)},
      {"aten::diagonal", diagonal},
      {"aten::linalg_diagonal", diagonal},
      {"aten::pixel_unshuffle", pixel_unshuffle},
      {"aten::view_as", view_as},
      {"aten::reshape_as", view_as},
      {"aten::ravel", ravel},
      {"aten::mT", transpose_matrices},
      {"aten::mH", transpose_matrices},
      {"aten::matrix_H", transpose_matrices},
      {"aten::adjoint", transpose_matrices},
      {"aten::numpy_T", reverse_dims},
      {"aten::unfold", unfold},
      {"aten::diff", diff},
      {"aten::one_hot", one_hot},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
