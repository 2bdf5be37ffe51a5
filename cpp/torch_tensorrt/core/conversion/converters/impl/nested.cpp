#include "torch_tensorrt/core/conversion/converters/impl/nested.h"

#include <set>

#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;

// (t, mask, mask_check)
bool from_mask(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, identity(ctx, args[0].ITensorOrFreeze(ctx)));
}

// 1 x 1: whether all padding is at the end of the rows. Then each element's position equals its running count.
ITensor* is_left_aligned(ConversionCtx* ctx, ITensor* valid) {
  auto* counted =
      ctx->net->addCumulative(*cast(ctx, valid, at::kLong), nvinfer1::CumulativeOperation::kSUM, 1)->getOutput(0);
  auto* place = apply(ctx, ElementWiseOperation::kSUM, positions(ctx, valid, 1), at::Scalar(1));
  auto* fits = apply(ctx, ElementWiseOperation::kEQUAL, counted, replace_dims(ctx, place, 0, 0, {1}));
  fits = apply(ctx, ElementWiseOperation::kOR, fits, apply(ctx, nvinfer1::UnaryOperation::kNOT, valid));
  auto* all = reduce(ctx, nvinfer1::ReduceOperation::kMIN, cast(ctx, fits, at::kInt), 0b11, /*keep=*/true);
  return cast(ctx, all, at::kBool);
}

void check_sizes(const torch::jit::Node* n, ITensor* x, const Var& wanted, ConversionCtx* ctx) {
  TORCHTRT_CHECK(!is_none(wanted),
                 util::node_info(n) << ": without output_size, the longest sequence determines the size of the result, "
                                       "which is not known while compiling; give output_size");
  const auto dims = x->getDimensions();
  const SizeList sizes = read_sizes(ctx, wanted);
  bool same = static_cast<size_t>(dims.nbDims) == sizes.values.size();
  for (int32_t i = 0; same && i < dims.nbDims; ++i) {
    same = dims.d[i] < 0 || sizes.values[i] < 0 || dims.d[i] == sizes.values[i];
  }
  TORCHTRT_CHECK(same, util::node_info(n) << ": output_size is " << sizes.values << ", must be the dims of the tensor, "
                                          << nvinfer1::to_string(dims));
}

// (self, padding, output_size). A transformer keeps a batch padded if a row is not left-aligned; the padding then has
// the values that the layers compute for it.
bool to_padded(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  auto* valid = nested_mask(ctx, n->input(0));
  TORCHTRT_CHECK(valid != nullptr, util::node_info(n) << ": the tensor is not nested");
  check_sizes(n, x, args[2], ctx);
  auto* stays = apply(ctx, nvinfer1::UnaryOperation::kNOT, is_left_aligned(ctx, valid));
  auto* kept = apply(ctx, ElementWiseOperation::kOR, valid, stays);
  kept = replace_dims(ctx, kept, 2, 2, std::vector<int64_t>(rank(x) - 2, 1));
  return finish(ctx, n, choose(ctx, kept, x, scalar_constant(ctx, args[1].unwrapToDouble(), scalar_type(x))));
}

c10::Symbol from_mask_kind() {
  static const auto kKind = c10::Symbol::aten("_nested_tensor_from_mask");
  return kKind;
}

// The value with the same nesting from which this value was made: the input of a transformer layer, or the result of
// the branch that was taken. Null if there is none.
const torch::jit::Value* origin(const ConversionCtx& ctx, const torch::jit::Value* value) {
  static const std::set<c10::Symbol> kLayers = {c10::Symbol::aten("_transformer_encoder_layer_fwd"),
                                                c10::Symbol::aten("_native_multi_head_attention")};
  const auto* node = value->node();
  if (kLayers.count(node->kind()) != 0) return value->offset() == 0 ? node->input(0) : nullptr;
  if (node->kind() != torch::jit::prim::If) return nullptr;
  const auto tensor = ctx.value_tensor_map.find(value);
  if (tensor == ctx.value_tensor_map.end()) return nullptr;
  for (const auto* branch : node->blocks()) {
    const auto* result = branch->outputs()[value->offset()];
    const auto found = ctx.value_tensor_map.find(result);
    if (found != ctx.value_tensor_map.end() && found->second == tensor->second) return result;
  }
  return nullptr;
}

}  // namespace

ITensor* nested_mask(ConversionCtx* ctx, const torch::jit::Value* value) {
  while (value != nullptr && value->node()->kind() != from_mask_kind()) value = origin(*ctx, value);
  if (value == nullptr) return nullptr;
  const auto* mask = value->node()->input(1);
  const auto known = ctx->evaluated_value_map.find(mask);
  if (known == ctx->evaluated_value_map.end()) return ctx->value_tensor_map.at(mask);
  return tensor_to_const(ctx, known->second.toTensor());
}

Family nested_family() {
  return {
      {"aten::_nested_tensor_from_mask", from_mask},
      {"aten::to_padded_tensor", to_padded},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
