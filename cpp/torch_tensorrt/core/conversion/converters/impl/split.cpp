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
  const int32_t dim = existing_dim(n, args[2].unwrapToInt(), rank(x));
  const int64_t part = args[1].unwrapToInt();
  const int64_t whole = known_size(n, x, dim, "the number of parts must be known");
  TORCHTRT_CHECK(part > 0 || whole == 0, util::node_info(n) << ": split_size is " << part << ", must be above 0");
  return split_into(ctx, n, x, dim, equal_parts(whole, std::max<int64_t>(part, 1)));
}

bool split_by_sizes(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[2].unwrapToInt(), rank(x));
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
  const int32_t dim = existing_dim(n, args[2].unwrapToInt(), rank(x));
  TORCHTRT_CHECK(chunks > 0, util::node_info(n) << ": chunks is " << chunks << ", must be above 0");
  const int64_t whole = known_size(n, x, dim, "the number of parts must be known");
  if (whole == 0) return split_into(ctx, n, x, dim, std::vector<int64_t>(chunks, 0));
  return split_into(ctx, n, x, dim, equal_parts(whole, (whole + chunks - 1) / chunks));
}

bool unbind(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(x));
  std::vector<ITensor*> parts;
  for (int64_t i = 0; i < known_size(n, x, dim, "the number of parts must be known"); ++i) {
    parts.push_back(replace_dims(ctx, slice_dim(ctx, x, dim, i, 1), dim, dim + 1, {}));
  }
  return finish_list(ctx, n, parts);
}

// `sections` parts whose sizes differ by one at most, the larger ones first.
bool split_in_sections(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim, int64_t sections) {
  TORCHTRT_CHECK(sections > 0, util::node_info(n) << ": sections is " << sections << ", must be above 0");
  const int64_t whole = known_size(n, x, dim, "its parts are sized by it");
  std::vector<int64_t> sizes(sections, whole / sections);
  for (int64_t i = 0; i < whole % sections; ++i) ++sizes[i];
  return split_into(ctx, n, x, dim, sizes);
}

// Cut at the indices, each part as Python's x[a:b] takes it.
bool split_at(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int32_t dim,
              const std::vector<int64_t>& indices) {
  const int64_t whole = known_size(n, x, dim, "it is cut at indices");
  const auto place = [&](int64_t index) { return std::clamp<int64_t>(index < 0 ? index + whole : index, 0, whole); };
  std::vector<ITensor*> parts;
  int64_t start = 0;
  for (size_t i = 0; i <= indices.size(); ++i) {
    const int64_t end = i < indices.size() ? place(indices[i]) : whole;
    parts.push_back(slice_dim(ctx, x, dim, start, std::max<int64_t>(end - start, 0)));
    start = end;
  }
  return finish_list(ctx, n, parts);
}

// (self, sections or indices, dim): a number, a list of numbers or a tensor of either.
bool tensor_split(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[2].unwrapToInt(), rank(x));
  TORCHTRT_CHECK(!args[1].isITensor(), util::node_info(n) << ": where it is cut must be known while compiling");
  if (args[1].isTensor()) {
    const at::Tensor given = args[1].unwrapToTensor().to(at::kLong).contiguous();
    if (given.dim() == 0) return split_in_sections(ctx, n, x, dim, given.item<int64_t>());
    return split_at(ctx, n, x, dim, {given.data_ptr<int64_t>(), given.data_ptr<int64_t>() + given.numel()});
  }
  if (args[1].isInt()) return split_in_sections(ctx, n, x, dim, args[1].unwrapToInt());
  return split_at(ctx, n, x, dim, int_vector(args[1].unwrapToIntList()));
}

// hsplit, vsplit and dsplit: along one dimension (of a vector the only one), in equal parts or at indices.
OpConverter split_along(int32_t dim, int32_t least_rank) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    TORCHTRT_CHECK(rank(x) >= least_rank, util::node_info(n)
                                              << ": rank is " << rank(x) << ", must be " << least_rank << " or more");
    const int32_t along = rank(x) == 1 ? 0 : dim;
    if (!args[1].isInt()) return split_at(ctx, n, x, along, int_vector(args[1].unwrapToIntList()));
    const int64_t sections = args[1].unwrapToInt();
    const int64_t whole = known_size(n, x, along, "its parts are sized by it");
    TORCHTRT_CHECK(sections > 0 && whole % sections == 0, util::node_info(n)
                                                              << ": dimension " << along << " of size " << whole
                                                              << " does not split in " << sections << " equal parts");
    return split_in_sections(ctx, n, x, along, sections);
  };
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
      {"aten::tensor_split.sections", tensor_split},
      {"aten::tensor_split.indices", tensor_split},
      {"aten::tensor_split.tensor_indices_or_sections", tensor_split},
      {"aten::hsplit.int", split_along(1, 1)},
      {"aten::hsplit.array", split_along(1, 1)},
      {"aten::vsplit.int", split_along(0, 2)},
      {"aten::vsplit.array", split_along(0, 2)},
      {"aten::dsplit.int", split_along(2, 3)},
      {"aten::dsplit.array", split_along(2, 3)},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
