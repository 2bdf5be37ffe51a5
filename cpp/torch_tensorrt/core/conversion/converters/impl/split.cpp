#include <algorithm>
#include <numeric>

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

bool split_into(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim,
                const std::vector<int64_t>& sizes) {
  std::vector<ITensor*> parts;
  int64_t start = 0;
  for (const int64_t size : sizes) {
    parts.push_back(slice_dim(ctx, x, dim, start, size));
    start += size;
  }
  return finish_list(ctx, n, parts);
}

std::vector<int64_t> equal_parts(int64_t whole, int64_t part) {
  std::vector<int64_t> sizes;
  for (int64_t start = 0; start < whole; start += part) sizes.push_back(std::min(part, whole - start));
  if (sizes.empty()) sizes.push_back(0);
  return sizes;
}

bool split_by_size(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  const int64_t part = args[1].unwrapToInt();
  const int64_t whole = known_size(n, x, dim, "the number of parts must be known");
  TORCHTRT_CHECK(part > 0 || whole == 0, util::node_info(n) << ": split_size is " << part << ", must be above 0");
  return split_into(ctx, n, x, dim, equal_parts(whole, std::max<int64_t>(part, 1)));
}

bool split_by_sizes(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  const auto sizes = int_vector(args[1].unwrapToIntList());
  const int64_t sum = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  TORCHTRT_CHECK(sum == known_size(n, x, dim, "the number of parts must be known"),
                 util::node_info(n) << ": the sizes " << sizes << " add up to " << sum << ", dimension " << dim
                                    << " has " << x->getDimensions().d[dim]);
  return split_into(ctx, n, x, dim, sizes);
}

bool chunk(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int64_t chunks = args[1].unwrapToInt();
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  TORCHTRT_CHECK(chunks > 0, util::node_info(n) << ": chunks is " << chunks << ", must be above 0");
  const int64_t whole = known_size(n, x, dim, "the number of parts must be known");
  if (whole == 0) return split_into(ctx, n, x, dim, std::vector<int64_t>(chunks, 0));
  return split_into(ctx, n, x, dim, equal_parts(whole, (whole + chunks - 1) / chunks));
}

bool unbind(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  std::vector<ITensor*> parts;
  for (int64_t i = 0; i < known_size(n, x, dim, "the number of parts must be known"); ++i) {
    parts.push_back(replace_dims(ctx, slice_dim(ctx, x, dim, i, 1), dim, dim + 1, {}));
  }
  return finish_list(ctx, n, parts);
}

}  // namespace

Family split_family() {
  return {
      {"aten::split.Tensor", split_by_size},
      {"aten::split", split_by_sizes},
      {"aten::split.sizes", split_by_sizes},
      {"aten::split_with_sizes", split_by_sizes},
      {"aten::chunk", chunk},
      {"aten::unbind.int", unbind},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
