#include <algorithm>
#include <numeric>
#include <optional>

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

// Operations that keep the elements and change the dims.
namespace torch_tensorrt::core::conversion::converters {
namespace {

bool flatten(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t x_rank = rank(x);
  const int32_t begin = wrap_dim(n, args[1].unwrapToInt(), x_rank);
  const int32_t end = wrap_dim(n, args[2].unwrapToInt(), x_rank);
  TORCHTRT_CHECK(begin <= end, util::node_info(n)
                                   << ": start_dim is " << begin << ", must not be after end_dim, " << end);
  if (x_rank == 0) return finish(ctx, n, replace_dims(ctx, x, 0, 0, {1}));
  if (begin == end) return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
  return finish(ctx, n, replace_dims(ctx, x, begin, end + 1, {-1}));
}

bool reshape_to(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, reshape(ctx, args[0].ITensorOrFreeze(ctx), read_sizes(ctx, args[1])));
}

bool unflatten(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(x));
  const auto given = read_sizes(ctx, args[2]);
  std::vector<Size> sizes;
  Size others = 1;
  std::optional<size_t> wildcard;
  for (size_t i = 0; i < given.values.size(); ++i) {
    sizes.push_back(entry(given, i));
    if (sizes[i].is_known() && sizes[i].value == -1) {
      wildcard = i;
    } else {
      others = times(ctx, others, sizes[i]);
    }
  }
  const Size whole = size_of(ctx, x, dim);
  if (wildcard) {
    const bool both_known = whole.is_known() && others.is_known();
    TORCHTRT_CHECK(!both_known || (others.value > 0 && whole.value % others.value == 0),
                   util::node_info(n) << ": dimension " << dim << " of size " << whole.value
                                      << " cannot be unflattened to " << given.values);
    sizes[*wildcard] = divided(ctx, whole, others);
  }
  return finish(ctx, n, replace_sizes(ctx, x, dim, dim + 1, sizes));
}

bool unsqueeze(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x) + 1);
  return finish(ctx, n, replace_dims(ctx, x, dim, dim, {1}));
}

// Removes the given dimensions if their size is 1.
ITensor* squeeze_dims(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, std::vector<int32_t> dims) {
  std::sort(dims.rbegin(), dims.rend());
  for (const int32_t dim : dims) {
    const int64_t size = x->getDimensions().d[dim];
    const auto range = bounds_of(ctx, size_of(ctx, x, dim));
    TORCHTRT_CHECK(size >= 0 || (range && range->low > 1),
                   util::node_info(n) << ": dimension " << dim << " is dynamic and may be 1, so whether it is squeezed "
                                      << "is not known; give it one size, or a range above 1");
    if (size == 1) x = replace_dims(ctx, x, dim, dim + 1, {});
  }
  return x;
}

bool squeeze(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t x_rank = rank(x);
  std::vector<int32_t> dims;
  if (args.size() == 1) {
    for (int32_t i = 0; i < x_rank; ++i) dims.push_back(i);
  } else if (args[1].isInt()) {
    dims.push_back(wrap_dim(n, args[1].unwrapToInt(), x_rank));
  } else {
    for (const int64_t dim : int_vector(args[1].unwrapToIntList())) dims.push_back(wrap_dim(n, dim, x_rank));
  }
  if (x_rank == 0) dims.clear();
  auto* out = squeeze_dims(ctx, n, x, dims);
  return finish(ctx, n, out == x ? ctx->net->addIdentity(*x)->getOutput(0) : out);
}

std::vector<int32_t> identity_order(int32_t rank) {
  std::vector<int32_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

bool permute(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto dims = int_vector(args[1].unwrapToIntList());
  const int32_t x_rank = rank(x);
  TORCHTRT_CHECK(static_cast<int32_t>(dims.size()) == x_rank,
                 util::node_info(n) << ": " << dims.size() << " dimensions are given for a tensor of rank " << x_rank);
  std::vector<int32_t> order;
  for (const int64_t dim : dims) {
    order.push_back(wrap_dim(n, dim, x_rank));
    TORCHTRT_CHECK(std::count(order.begin(), order.end(), order.back()) == 1,
                   util::node_info(n) << ": dimension " << dim << " is given twice");
  }
  return finish(ctx, n, transpose(ctx, x, order));
}

bool swap_dims(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t a = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  const int32_t b = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  return finish(ctx, n, swapped(ctx, x, a, b));
}

// aten::t: transposes a matrix; vectors and 0-d tensors stay unchanged.
bool matrix_transpose(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(rank(x) <= 2, util::node_info(n) << ": rank is " << rank(x) << ", must be 2 or less");
  if (rank(x) < 2) return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
  return finish(ctx, n, swapped(ctx, x, 0, 1));
}

std::vector<int64_t> int_or_list(Var& arg) {
  return arg.isInt() ? std::vector<int64_t>{arg.unwrapToInt()} : int_vector(arg.unwrapToIntList());
}

bool movedim(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t x_rank = rank(x);
  const auto source = int_or_list(args[1]);
  const auto destination = int_or_list(args[2]);
  TORCHTRT_CHECK(source.size() == destination.size(),
                 util::node_info(n) << ": " << source.size() << " source dims and " << destination.size()
                                    << " destination dims are given, must be equal");
  if (x_rank == 0) {
    for (const int64_t dim : source) wrap_dim(n, dim, x_rank);
    for (const int64_t dim : destination) wrap_dim(n, dim, x_rank);
    return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
  }
  std::vector<int32_t> order(x_rank, -1);
  std::vector<bool> moved(x_rank, false);
  for (size_t i = 0; i < source.size(); ++i) {
    const int32_t from = wrap_dim(n, source[i], x_rank);
    const int32_t to = wrap_dim(n, destination[i], x_rank);
    TORCHTRT_CHECK(!moved[from] && order[to] < 0, util::node_info(n) << ": a dimension is given twice");
    order[to] = from;
    moved[from] = true;
  }
  int32_t next = 0;
  for (auto& place : order) {
    if (place >= 0) continue;
    while (moved[next]) ++next;
    place = next++;
  }
  return finish(ctx, n, transpose(ctx, x, order));
}

// N, C r^2, H, W -> N, C, r, r, H, W -> N, C, H, r, W, r -> N, C, H r, W r (any leading dimensions).
bool pixel_shuffle(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int64_t factor = args[1].unwrapToInt();
  const auto dims = x->getDimensions();
  const int32_t channel = dims.nbDims - 3;
  TORCHTRT_CHECK(channel >= 0 && factor > 0 && dims.d[channel] >= 0 && dims.d[channel] % (factor * factor) == 0,
                 util::node_info(n) << ": the number of channels of " << nvinfer1::to_string(dims)
                                    << " must be known and a multiple of upscale_factor^2, with upscale_factor "
                                    << factor);
  auto* split = replace_dims(ctx, x, channel, channel + 1, {dims.d[channel] / (factor * factor), factor, factor});
  auto order = identity_order(dims.nbDims + 2);
  const int32_t c = channel;
  const std::vector<int32_t> tail = {c, c + 3, c + 1, c + 4, c + 2};
  std::copy(tail.begin(), tail.end(), order.begin() + c);
  auto* mixed = transpose(ctx, split, order);
  auto* wide = replace_dims(ctx, mixed, c + 3, c + 5, {-1});
  return finish(ctx, n, replace_dims(ctx, wide, c + 1, c + 3, {-1}));
}

// N, C, ... -> N, g, C / g, ... -> N, C / g, g, ... -> N, C, ...
bool channel_shuffle(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int64_t groups = args[1].unwrapToInt();
  const auto dims = x->getDimensions();
  TORCHTRT_CHECK(dims.nbDims > 2 && groups > 0 && dims.d[1] >= 0 && dims.d[1] % groups == 0,
                 util::node_info(n) << ": the channels of " << nvinfer1::to_string(dims) << " cannot be split into "
                                    << groups << " equal groups");
  auto* split = replace_dims(ctx, x, 1, 2, {groups, dims.d[1] / groups});
  return finish(ctx, n, replace_dims(ctx, swapped(ctx, split, 1, 2), 1, 3, {dims.d[1]}));
}

// -1 keeps the tensor's own size.
void fill_kept_sizes(ConversionCtx* ctx, ITensor* x, SizeList& sizes) {
  const auto dims = x->getDimensions();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (sizes.values[i] != -1) continue;
    sizes.values[i] = dims.d[i];
    if (dims.d[i] >= 0) continue;
    sizes.values[i] = nvinfer1::ShapeValue::kUnknown;
    sizes.computed[i] = dim_size(ctx, x, i);
  }
}

bool expand(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto sizes = read_sizes(ctx, args[1]);
  const auto wanted = static_cast<int32_t>(sizes.values.size());
  TORCHTRT_CHECK(wanted >= rank(x), util::node_info(n)
                                        << ": " << wanted << " sizes are given for a tensor of rank " << rank(x));
  x = with_rank(ctx, x, wanted);
  fill_kept_sizes(ctx, x, sizes);
  if (wanted == 0) return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
  return finish(ctx, n, broadcast(ctx, n, x, sizes));
}

bool expand_as(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* other = args[1].ITensorOrFreeze(ctx);
  auto* x = with_rank(ctx, args[0].ITensorOrFreeze(ctx), rank(other));
  const SizeList sizes = sizes_of(ctx, other);
  if (rank(other) == 0) return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
  return finish(ctx, n, broadcast(ctx, n, x, sizes));
}

// Repeats the tensor along the dimension: adds a dimension before it, repeats that, and merges the two.
ITensor* repeated(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim, int64_t times,
                  ITensor* computed) {
  auto* apart = replace_dims(ctx, x, dim, dim, {1});
  auto sizes = sizes_of(ctx, apart);
  sizes.values[dim] = times;
  sizes.computed[dim] = computed;
  return replace_dims(ctx, broadcast(ctx, n, apart, sizes), dim, dim + 2, {-1});
}

bool repeat_by(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const SizeList& repeats) {
  const auto count = static_cast<int32_t>(repeats.values.size());
  TORCHTRT_CHECK(count >= rank(x), util::node_info(n)
                                       << ": " << count << " repeats are given for a tensor of rank " << rank(x));
  x = with_rank(ctx, x, count);
  for (int32_t dim = 0; dim < count; ++dim) {
    const int64_t times = repeats.values[dim];
    if (repeats.computed[dim] != nullptr) {
      x = repeated(ctx, n, x, dim, times, repeats.computed[dim]);
      continue;
    }
    TORCHTRT_CHECK(times >= 0, util::node_info(n) << ": a repeat is " << times << ", must be 0 or more");
    if (times == 0) x = slice_dim(ctx, x, dim, 0, 0);
    if (times > 1) x = repeated(ctx, n, x, dim, times, nullptr);
  }
  return finish(ctx, n, identity(ctx, x));
}

// The inverse of expand: sums over the dimensions that the size lacks or has as 1.
bool sum_to_size(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto sizes = read_sizes(ctx, args[1]);
  const int32_t extra = rank(x) - static_cast<int32_t>(sizes.values.size());
  TORCHTRT_CHECK(extra >= 0, util::node_info(n)
                                 << ": " << sizes.values.size() << " sizes are given for a tensor of rank " << rank(x));
  const auto dims = x->getDimensions();
  uint32_t axes = 0;
  for (int32_t i = 0; i < rank(x); ++i) {
    const int64_t wanted = i < extra ? 1 : sizes.values[i - extra];
    if (i < extra || (wanted == 1 && dims.d[i] != 1)) axes |= 1U << i;
    TORCHTRT_CHECK(
        wanted < 0 || wanted == 1 || dims.d[i] < 0 || wanted == dims.d[i],
        util::node_info(n) << ": dimension " << i << " of size " << dims.d[i] << " cannot be summed to " << wanted);
  }
  if (axes == 0) return finish(ctx, n, identity(ctx, x));
  auto* out = reduce(ctx, nvinfer1::ReduceOperation::kSUM, x, axes, /*keep=*/true);
  for (int32_t i = 0; i < extra; ++i) out = replace_dims(ctx, out, 0, 1, {});
  return finish(ctx, n, out);
}

bool repeat(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return repeat_by(ctx, n, args[0].ITensorOrFreeze(ctx), read_sizes(ctx, args[1]));
}

// Like repeat, but prepends ones to a list that is too short.
bool tile(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto given = read_sizes(ctx, args[1]);
  SizeList repeats;
  for (auto missing = rank(x) - static_cast<int32_t>(given.values.size()); missing > 0; --missing) append(repeats, 1);
  for (size_t i = 0; i < given.values.size(); ++i) append(repeats, entry(given, i));
  return repeat_by(ctx, n, x, repeats);
}

}  // namespace

Family shape_family() {
  return {
      {"aten::flatten.using_ints", flatten},
      {"aten::reshape", reshape_to},
      {"aten::view", reshape_to},
      {"aten::unflatten.int", unflatten},
      {"aten::unsqueeze", unsqueeze},
      {"aten::squeeze", squeeze},
      {"aten::squeeze.dim", squeeze},
      {"aten::squeeze.dims", squeeze},
      {"aten::permute", permute},
      {"aten::transpose.int", swap_dims},
      {"aten::swapaxes", swap_dims},
      {"aten::t", matrix_transpose},
      {"aten::movedim.int", movedim},
      {"aten::movedim.intlist", movedim},
      {"aten::pixel_shuffle", pixel_shuffle},
      {"aten::channel_shuffle", channel_shuffle},
      {"aten::native_channel_shuffle", channel_shuffle},
      {"aten::expand", expand},
      {"aten::expand_as", expand_as},
      {"aten::broadcast_to", expand},
      {"aten::sum_to_size", sum_to_size},
      {"aten::repeat", repeat},
      {"aten::tile", tile},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
