#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

// Brings lists of tensors to one rank or shape, and joins them.
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

}  // namespace

Family joining_family() {
  return {
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
