#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

bool select(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(x));
  int64_t index = args[2].unwrapToInt();
  const int64_t size = x->getDimensions().d[dim];
  if (size < 0 && index < 0) {
    // Counted from an end that is only known at run time.
    auto* gather = ctx->net->addGather(*x, *scalar_constant(ctx, index, at::kLong), dim);
    return finish(ctx, n, gather->getOutput(0));
  }
  if (index < 0) index += size;
  TORCHTRT_CHECK(index >= 0 && (size < 0 || index < size), util::node_info(n) << ": index " << args[2].unwrapToInt()
                                                                              << " is out of range for dimension "
                                                                              << dim << " of size " << size);
  return finish(ctx, n, replace_dims(ctx, slice_dim(ctx, x, dim, index, 1), dim, dim + 1, {}));
}

int64_t clamp_index(int64_t index, int64_t size) {
  return std::clamp<int64_t>(index < 0 ? index + size : index, 0, size);
}

// Bounds that are out of range are clamped, as in Python. On a dynamic dimension the size is computed from the shape:
// ceil((clamp(end) - clamp(start)) / step).
ITensor* dynamic_slice(ConversionCtx* ctx, ITensor* x, int32_t dim, int64_t start, int64_t end, int64_t step) {
  using Operation = nvinfer1::ElementWiseOperation;
  const auto apply = [&](ITensor* a, ITensor* b, Operation operation) {
    return ctx->net->addElementWise(*a, *b, operation)->getOutput(0);
  };
  auto* size = dim_size(ctx, x, dim);
  auto* zero = index_constant(ctx, {0});
  const auto bound = [&](int64_t index) {
    auto* value = index_constant(ctx, {index});
    if (index < 0) value = apply(size, value, Operation::kSUM);
    return apply(apply(value, zero, Operation::kMAX), size, Operation::kMIN);
  };
  auto* first = bound(start);
  auto* length = apply(apply(bound(end), first, Operation::kSUB), zero, Operation::kMAX);
  auto* rounded = apply(length, index_constant(ctx, {step - 1}), Operation::kSUM);
  auto* count = apply(rounded, index_constant(ctx, {step}), Operation::kFLOOR_DIV);
  const auto dims = x->getDimensions();
  std::vector<ITensor*> starts;
  std::vector<ITensor*> sizes;
  nvinfer1::Dims steps = dims;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    starts.push_back(i == dim ? first : zero);
    sizes.push_back(i == dim ? count : dim_size(ctx, x, i));
    steps.d[i] = i == dim ? step : 1;
  }
  const auto joined = [&](std::vector<ITensor*>& parts) {
    if (parts.size() == 1) return parts[0];
    return ctx->net->addConcatenation(parts.data(), static_cast<int32_t>(parts.size()))->getOutput(0);
  };
  auto* slice = ctx->net->addSlice(*x, dims, dims, steps);
  slice->setInput(1, *joined(starts));
  slice->setInput(2, *joined(sizes));
  return slice->getOutput(0);
}

bool slice(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(x));
  const int64_t start = is_none(args[2]) ? 0 : args[2].unwrapToInt();
  const int64_t end = is_none(args[3]) ? INT64_MAX : args[3].unwrapToInt();
  const int64_t step = args[4].unwrapToInt();
  TORCHTRT_CHECK(step > 0, util::node_info(n) << ": step is " << step << ", must be above 0");
  const int64_t size = x->getDimensions().d[dim];
  const bool whole = start == 0 && end == INT64_MAX && step == 1;
  if (whole) return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
  if (size < 0) return finish(ctx, n, dynamic_slice(ctx, x, dim, start, end, step));
  const int64_t first = clamp_index(start, size);
  const int64_t last = std::max(first, clamp_index(end, size));
  return finish(ctx, n, slice_dim(ctx, x, dim, first, (last - first + step - 1) / step, step));
}

bool narrow(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(x));
  const int64_t size = x->getDimensions().d[dim];
  int64_t start = args[2].isTensor() ? args[2].unwrapToTensor().item<int64_t>() : args[2].unwrapToInt();
  const int64_t length = args[3].unwrapToInt();
  TORCHTRT_CHECK(size >= 0 || start >= 0, util::node_info(n)
                                              << ": start " << start << " counts from the end of a dynamic "
                                              << "dimension");
  if (start < 0) start += size;
  TORCHTRT_CHECK(start >= 0 && length >= 0 && (size < 0 || start + length <= size),
                 util::node_info(n) << ": start " << start << " and length " << length << " do not fit dimension "
                                    << dim << " of size " << size);
  return finish(ctx, n, slice_dim(ctx, x, dim, start, length));
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
  // An index of rank 0 is one of one element, and so is a tensor of rank 0.
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

// torch.gather lets the index be smaller than the tensor in the other dimensions: only its own elements are read.
bool gather(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* index = args[2].ITensorOrFreeze(ctx);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  // A tensor, or an index, without dimensions is one of one element.
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
