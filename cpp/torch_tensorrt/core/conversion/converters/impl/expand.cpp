#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/size_math.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

// Adds dimensions of size 1 at the front.
ITensor* with_rank(ConversionCtx* ctx, ITensor* x, int32_t wanted) {
  const int32_t missing = wanted - rank(x);
  return missing > 0 ? replace_dims(ctx, x, 0, 0, std::vector<int64_t>(missing, 1)) : x;
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
                                        << ": " << wanted << " sizes given for a tensor of rank " << rank(x));
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
                                       << ": " << count << " repeats given for a tensor of rank " << rank(x));
  x = with_rank(ctx, x, count);
  for (int32_t dim = 0; dim < count; ++dim) {
    const int64_t times = repeats.values[dim];
    if (repeats.computed[dim] != nullptr) {
      x = repeated(ctx, n, x, dim, times, repeats.computed[dim]);
      continue;
    }
    TORCHTRT_CHECK(times >= 0, util::node_info(n) << ": repeat " << times << " must be 0 or more");
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
                                 << ": " << sizes.values.size() << " sizes for a tensor of rank " << rank(x));
  const auto dims = x->getDimensions();
  uint32_t axes = 0;
  for (int32_t i = 0; i < rank(x); ++i) {
    const int64_t wanted = i < extra ? 1 : sizes.values[i - extra];
    if (i < extra || (wanted == 1 && dims.d[i] != 1)) axes |= 1U << i;
    TORCHTRT_CHECK(
        wanted < 0 || wanted == 1 || dims.d[i] < 0 || wanted == dims.d[i],
        util::node_info(n) << ": dimension " << i << " of size " << dims.d[i] << " cannot become " << wanted);
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

Family expand_family() {
  return {
      {"aten::expand", expand},           {"aten::expand_as", expand_as}, {"aten::broadcast_to", expand},
      {"aten::sum_to_size", sum_to_size}, {"aten::repeat", repeat},       {"aten::tile", tile},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
