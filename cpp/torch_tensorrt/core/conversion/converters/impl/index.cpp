#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/size_math.h"

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

bool where(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* condition = cast(ctx, args[0].ITensorOrFreeze(ctx), at::kBool);
  const Operand a = read_operand(ctx, args[1]);
  const Operand b = read_operand(ctx, args[2]);
  const auto type = result_type({a, b});
  return finish(ctx, n, choose(ctx, condition, materialise(ctx, a, type), materialise(ctx, b, type)));
}

bool masked_fill(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* mask = cast(ctx, args[1].ITensorOrFreeze(ctx), at::kBool);
  auto* value = materialise(ctx, read_operand(ctx, args[2]), scalar_type(x));
  return finish(ctx, n, choose(ctx, mask, value, x));
}

}  // namespace

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
      {"aten::where.self", where},
      {"aten::where.ScalarOther", where},
      {"aten::where.ScalarSelf", where},
      {"aten::where.Scalar", where},
      {"aten::masked_fill.Scalar", masked_fill},
      {"aten::masked_fill.Tensor", masked_fill},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
