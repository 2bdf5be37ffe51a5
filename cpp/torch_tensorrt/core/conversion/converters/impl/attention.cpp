#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/transformer_layers.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"

// Attention, PyTorch's fused transformer layers, and the nested tensors that they read.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::UnaryOperation;

// PyTorch's transformer layers remove the padding of a batch by making a nested tensor. In a network this stays the
// padded tensor, and the graph is searched for the mask of its elements.

// The value with the same nesting from which this value was made: the input of a transformer layer, or the result of
// the branch that was taken. Null if there is none.
const torch::jit::Value* origin(const ConversionCtx& ctx, const torch::jit::Value* value) {
  const auto* node = value->node();
  if (is_transformer_layer(node)) return value->offset() == 0 ? node->input(0) : nullptr;
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

// Bools, batch x length: true where an element of the nested tensor is not padding. Null if the tensor is not
// nested.
ITensor* nested_mask(ConversionCtx* ctx, const torch::jit::Value* value) {
  static const auto kFromMask = c10::Symbol::aten("_nested_tensor_from_mask");
  while (value != nullptr && value->node()->kind() != kFromMask) value = origin(*ctx, value);
  if (value == nullptr) return nullptr;
  const auto* mask = value->node()->input(1);
  const auto known = ctx->evaluated_value_map.find(mask);
  if (known == ctx->evaluated_value_map.end()) return ctx->value_tensor_map.at(mask);
  return tensor_constant(ctx, known->second.toTensor());
}

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
  fits = apply(ctx, ElementWiseOperation::kOR, fits, apply(ctx, UnaryOperation::kNOT, valid));
  fits = reduce(ctx, nvinfer1::ReduceOperation::kMIN, cast(ctx, fits, at::kInt), 0b11, /*keep=*/true);
  return cast(ctx, fits, at::kBool);
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
  auto* stays = apply(ctx, UnaryOperation::kNOT, is_left_aligned(ctx, valid));
  auto* kept = apply(ctx, ElementWiseOperation::kOR, valid, stays);
  kept = replace_dims(ctx, kept, 2, 2, std::vector<int64_t>(rank(x) - 2, 1));
  return finish(ctx, n, choose(ctx, kept, x, scalar_constant(ctx, args[1].unwrapToDouble(), scalar_type(x))));
}

// ---- scaled_dot_product_attention -------------------------------------------------------------------------------

// Whether the dimension is or may be 1 while the wanted size is not.
bool may_repeat(ITensor* x, int32_t dim, const SizeList& sizes) {
  const int64_t own = x->getDimensions().d[dim];
  if (own >= 0) return own == 1 && sizes.values[dim] != 1;
  return sizes.computed[dim] == nullptr || !nvinfer1::is_size_of(*sizes.computed[dim], 0, *x, dim);
}

// Repeats the dimensions from `begin` up to `end` to the sizes where necessary.
ITensor* repeat_ones(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const SizeList& sizes, int32_t begin,
                     int32_t end) {
  std::vector<int32_t> repeated;
  for (int32_t i = begin; i < end; ++i) {
    if (may_repeat(x, i, sizes)) repeated.push_back(i);
  }
  if (repeated.empty()) return x;
  SizeList wanted = sizes_of(ctx, x);
  for (const int32_t i : repeated) {
    wanted.values[i] = sizes.values[i];
    wanted.computed[i] = sizes.computed[i];
  }
  return broadcast(ctx, n, x, wanted);
}

int64_t heads_of(ITensor* x) { return x->getDimensions().d[rank(x) - 3]; }

// Repeats the heads of keys or values to the number of query heads; each head serves the same number of neighbors.
ITensor* repeat_heads(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, int64_t heads) {
  if (heads_of(x) == heads) return x;
  TORCHTRT_CHECK(heads > 0 && heads_of(x) > 0 && heads % heads_of(x) == 0,
                 util::node_info(n) << ": keys or values have " << heads_of(x) << " heads, must divide the " << heads
                                    << " heads of queries");
  const torch::jit::IValue dim(static_cast<int64_t>(rank(x) - 3));
  return repeated_in_a_row(ctx, n, x, Var(&dim), heads / heads_of(x));
}

struct Operands {
  ITensor* query;
  ITensor* key;
  ITensor* value;
  ITensor* mask;  // may be null
};

nvinfer1::IAttentionLayer* add_layer(ConversionCtx* ctx, const Operands& all) {
  auto* layer = ctx->net->addAttention(*all.query, *all.key, *all.value);
  if (all.mask != nullptr) layer->setMask(*all.mask);
  return layer;
}

// The operands below have one rank, at least 4, and are reshaped for the layer, which takes rank 4.

// The layer lets a single head, or fewer heads, of keys serve several query heads. Other heads are repeated here.
void fit_heads(ConversionCtx* ctx, const torch::jit::Node* n, Operands& all, const SizeList& common, bool grouped) {
  const int32_t dim = rank(all.query) - 3;
  const int64_t queries = heads_of(all.query);
  const int64_t keys = heads_of(all.key);
  const int64_t values = heads_of(all.value);
  if (grouped) {
    if (keys == values) return;
    for (ITensor** x : {&all.key, &all.value}) *x = repeat_heads(ctx, n, *x, queries);
    return;
  }
  TORCHTRT_CHECK(queries < 0 || keys < 0 || queries == keys || queries == 1 || keys == 1,
                 util::node_info(n) << ": queries have " << queries << " heads and keys " << keys
                                    << ", which needs enable_gqa=True");
  all.query = repeat_ones(ctx, n, all.query, common, dim, dim + 1);
  if (keys == 1 && values == 1) return;
  for (ITensor** x : {&all.key, &all.value}) *x = repeat_ones(ctx, n, *x, common, dim, dim + 1);
}

// The common sizes of the dimensions before the last two; grouped heads take the number of query heads.
SizeList batch_sizes(ConversionCtx* ctx, const torch::jit::Node* n, const Operands& all, bool grouped) {
  SizeList sizes;
  for (int32_t back = rank(all.query); back > 2; --back) {
    if (grouped && back == 3) {
      append(sizes, size_of(ctx, all.query, rank(all.query) - 3));
    } else {
      append_broadcast(ctx, n, {all.query, all.key, all.value}, back, sizes);
    }
  }
  return sizes;
}

// Fits the single dimension before the heads. The layer broadcasts a known size of 1. An input whose size may be 1 only
// at run time is repeated.
void fit_batch(ConversionCtx* ctx, const torch::jit::Node* n, Operands& all, const SizeList& common) {
  for (ITensor** x : {&all.query, &all.key, &all.value}) {
    if ((*x)->getDimensions().d[0] < 0) *x = repeat_ones(ctx, n, *x, common, 0, 1);
  }
}

// Merges all dimensions before the heads into one, after repeating each input to the common sizes.
void merge_batches(ConversionCtx* ctx, const torch::jit::Node* n, Operands& all, const SizeList& common) {
  const int32_t extra = rank(all.query) - 4;
  for (ITensor** x : {&all.query, &all.key, &all.value, &all.mask}) {
    if (*x == nullptr) continue;
    *x = replace_dims(ctx, repeat_ones(ctx, n, *x, common, 0, extra + 1), 0, extra + 1, {-1});
  }
}

ITensor* read_mask(ConversionCtx* ctx, const torch::jit::Node* n, Var& arg, ITensor* query) {
  if (is_none(arg)) return nullptr;
  auto* mask = arg.ITensorOrFreeze(ctx);
  const auto type = scalar_type(mask);
  TORCHTRT_CHECK(type == at::kBool || type == at::kFloat || type == scalar_type(query),
                 util::node_info(n) << ": attn_mask is " << type << ", must be bool or " << scalar_type(query)
                                    << " like the queries");
  TORCHTRT_CHECK(rank(mask) >= 2, util::node_info(n) << ": attn_mask has rank " << rank(mask) << ", must be 2 or more");
  return type == at::kBool ? mask : cast(ctx, mask, scalar_type(query));
}

// (query, key, value, attn_mask, dropout_p, is_causal, *, scale, enable_gqa): the dimensions before the last two
// broadcast, as in a matrix product.
bool attention(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  Operands all{args[0].ITensorOrFreeze(ctx), args[1].ITensorOrFreeze(ctx), args[2].ITensorOrFreeze(ctx), nullptr};
  all.mask = read_mask(ctx, n, args[3], all.query);
  TORCHTRT_CHECK(args[4].unwrapToScalar().toDouble() == 0.0, util::node_info(n)
                                                                 << ": dropout_p is " << args[4].unwrapToScalar()
                                                                 << ", must be 0 outside of training");
  const int32_t least = std::min({rank(all.query), rank(all.key), rank(all.value)});
  const int32_t most = std::max({rank(all.query), rank(all.key), rank(all.value)});
  const bool grouped = args.size() > 7 && args[7].unwrapToBool();
  TORCHTRT_CHECK(least >= (grouped ? 3 : 2), util::node_info(n) << ": ranks are " << rank(all.query) << ", "
                                                                << rank(all.key) << " and " << rank(all.value)
                                                                << ", must be " << (grouped ? 3 : 2) << " or more");
  TORCHTRT_CHECK(all.mask == nullptr || rank(all.mask) <= most,
                 util::node_info(n) << ": attn_mask has rank " << rank(all.mask) << ", must be at most " << most);
  const int32_t wide = std::max(most, 4);
  for (ITensor** x : {&all.query, &all.key, &all.value}) *x = with_rank(ctx, *x, wide);
  const SizeList common = batch_sizes(ctx, n, all, grouped);
  fit_heads(ctx, n, all, common, grouped);
  if (wide > 4) {
    if (all.mask != nullptr) all.mask = with_rank(ctx, all.mask, wide);
    merge_batches(ctx, n, all, common);
  } else {
    fit_batch(ctx, n, all, common);
  }
  auto* layer = add_layer(ctx, all);
  layer->setCausal(args[5].unwrapToBool());
  if (!is_none(args[6])) layer->setScale(args[6].unwrapToScalar().toDouble());
  auto* out = layer->getOutput(0);
  if (wide > 4) {
    std::vector<Size> front;
    for (int32_t i = 0; i <= wide - 4; ++i) front.push_back(entry(common, i));
    out = replace_sizes(ctx, out, 0, 1, front);
  }
  return finish(ctx, n, most < 4 ? replace_dims(ctx, out, 0, 4 - most, {}) : out);
}

// ---- fused layers -----------------------------------------------------------------------------------------------

// x W^T + bias
ITensor* project(ConversionCtx* ctx, ITensor* x, ITensor* weight, ITensor* bias) {
  return apply(ctx, ElementWiseOperation::kSUM, matrix_product(ctx, x, weight, /*transpose_b=*/true), bias);
}

// B x L x E -> B x H x L x E / H
ITensor* split_heads(ConversionCtx* ctx, ITensor* x, int64_t heads, int64_t width) {
  return transpose(ctx, replace_dims(ctx, x, 2, 3, {heads, width / heads}), {0, 2, 1, 3});
}

// One product for all three if they are projections of the same tensor.
Operands project_heads(ConversionCtx* ctx, const std::array<ITensor*, 3>& sources, ITensor* weight, ITensor* bias,
                       int64_t width, int64_t heads) {
  const bool is_self = sources[0] == sources[1] && sources[1] == sources[2];
  auto* all = is_self ? project(ctx, sources[0], weight, bias) : nullptr;
  std::array<ITensor*, 3> parts{};
  for (int64_t i = 0; i < 3; ++i) {
    const auto part_of = [&](ITensor* x, int32_t dim) { return slice_dim(ctx, x, dim, i * width, width); };
    parts[i] = is_self ? part_of(all, 2) : project(ctx, sources[i], part_of(weight, 0), part_of(bias, 0));
  }
  for (ITensor*& part : parts) part = split_heads(ctx, part, heads, width);
  return {parts[0], parts[1], parts[2], nullptr};
}

// True in a mask of PyTorch's fused layers (or a number other than 0) hides an element. Type 0: L x L, 1: B x L (keys),
// 2: B x H x L x L. Nested queries hide their padding.
ITensor* seen_mask(ConversionCtx* ctx, const torch::jit::Node* n, Var& mask, Var& type) {
  if (auto* valid = nested_mask(ctx, n->input(0))) {
    TORCHTRT_CHECK(
        is_none(mask), util::node_info(n)
                           << ": the queries are nested and a mask is given; only one of the two is allowed");
    return replace_dims(ctx, valid, 1, 1, {1, 1});
  }
  if (is_none(mask)) return nullptr;
  auto* hidden = mask.ITensorOrFreeze(ctx);
  const int64_t kind = is_none(type) ? 2 : type.unwrapToInt();
  if (kind == 1) {
    TORCHTRT_CHECK(rank(hidden) == 2, util::node_info(n)
                                          << ": the mask of keys has rank " << rank(hidden) << ", must be 2");
    hidden = replace_dims(ctx, hidden, 1, 1, {1, 1});
  }
  return apply(ctx, UnaryOperation::kNOT, cast(ctx, hidden, at::kBool));
}

// B x H x L x D -> B x L x H D, then the projection.
ITensor* join_heads(ConversionCtx* ctx, ITensor* x, ITensor* weight, ITensor* bias) {
  return project(ctx, replace_dims(ctx, transpose(ctx, x, {0, 2, 1, 3}), 2, 4, {-1}), weight, bias);
}

// The attention weights, for callers that need them as a result.
ITensor* attention_weights(ConversionCtx* ctx, const Operands& all, int64_t width, bool average) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(width));
  auto* scores = matrix_product(ctx, apply(ctx, ElementWiseOperation::kPROD, all.query, at::Scalar(scale)), all.key,
                                /*transpose_b=*/true);
  if (all.mask != nullptr && scalar_type(all.mask) == at::kBool) {
    auto* hidden = scalar_constant(ctx, -std::numeric_limits<double>::infinity(), scalar_type(scores));
    scores = choose(ctx, all.mask, scores, hidden);
  } else if (all.mask != nullptr) {
    scores = apply(ctx, ElementWiseOperation::kSUM, scores, all.mask);
  }
  auto* weights = softmax(ctx, scores, 3);
  return average ? reduce(ctx, nvinfer1::ReduceOperation::kAVG, weights, 0b10, /*keep=*/false) : weights;
}

// (query, key, value, embed_dim, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias, mask, need_weights,
//  average_attn_weights, mask_type)
bool native_attention(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const int64_t width = args[3].unwrapToInt();
  const int64_t count = args[4].unwrapToInt();
  TORCHTRT_CHECK(count > 0 && width % count == 0,
                 util::node_info(n) << ": " << width << " features cannot be split into " << count << " equal heads");
  const auto tensor = [&](size_t i) { return args[i].ITensorOrFreeze(ctx); };
  auto* weight = tensor(5);
  auto* bias = tensor(6);
  Operands all = project_heads(ctx, {tensor(0), tensor(1), tensor(2)}, weight, bias, width, count);
  all.mask = seen_mask(ctx, n, args[9], args[12]);
  finish(ctx, n, join_heads(ctx, add_layer(ctx, all)->getOutput(0), tensor(7), tensor(8)), 0);
  if (!n->outputs()[1]->hasUses()) return true;
  if (!args[10].unwrapToBool()) {
    // None, as in PyTorch, even if a tuple carries the result on without a reader.
    ctx->AssociateValueAndIValue(n->outputs()[1], torch::jit::IValue());
    return true;
  }
  return finish(ctx, n, attention_weights(ctx, all, width / count, args[11].unwrapToBool()), 1);
}

ITensor* layer_norm(ConversionCtx* ctx, ITensor* x, ITensor* weight, ITensor* bias, double eps) {
  auto* layer = ctx->net->addNormalization(*x, weight, bias, 1U << (rank(x) - 1));
  layer->setEpsilon(eps);
  return layer->getOutput(0);
}

// (src, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, use_gelu, norm_first, eps, norm_weight_1,
//  norm_bias_1, norm_weight_2, norm_bias_2, ffn_weight_1, ffn_bias_1, ffn_weight_2, ffn_bias_2, mask, mask_type)
bool encoder_layer(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const int64_t width = args[1].unwrapToInt();
  const int64_t count = args[2].unwrapToInt();
  const bool norm_first = args[8].unwrapToBool();
  const double eps = args[9].unwrapToDouble();
  const auto tensor = [&](size_t i) { return args[i].ITensorOrFreeze(ctx); };
  const auto norm = [&](ITensor* x, size_t i) { return layer_norm(ctx, x, tensor(i), tensor(i + 1), eps); };
  const auto add = [&](ITensor* a, ITensor* b) { return apply(ctx, ElementWiseOperation::kSUM, a, b); };
  const auto linear = [&](ITensor* x, size_t i) { return project(ctx, x, tensor(i), tensor(i + 1)); };
  auto* mask = seen_mask(ctx, n, args[18], args[19]);
  const auto attention_part = [&](ITensor* x) {
    Operands all = project_heads(ctx, {x, x, x}, tensor(3), tensor(4), width, count);
    all.mask = mask;
    return join_heads(ctx, add_layer(ctx, all)->getOutput(0), tensor(5), tensor(6));
  };
  const auto feed_forward = [&](ITensor* x) {
    const auto type = args[7].unwrapToBool() ? nvinfer1::ActivationType::kGELU_ERF : nvinfer1::ActivationType::kRELU;
    return linear(apply(ctx, type, linear(x, 14)), 16);
  };
  auto* x = tensor(0);
  if (norm_first) {
    x = add(x, attention_part(norm(x, 10)));
    return finish(ctx, n, add(x, feed_forward(norm(x, 12))));
  }
  x = norm(add(x, attention_part(x)), 10);
  return finish(ctx, n, norm(add(x, feed_forward(x)), 12));
}

// 0 where the mask is true, minus infinity elsewhere.
bool bias_from_mask(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* mask = args[0].ITensorOrFreeze(ctx);
  if (scalar_type(mask) != at::kBool) return finish(ctx, n, identity(ctx, mask));
  auto* hidden = scalar_constant(ctx, -std::numeric_limits<double>::infinity(), at::kFloat);
  return finish(ctx, n, choose(ctx, mask, scalar_constant(ctx, 0.0, at::kFloat), hidden));
}

}  // namespace

Family attention_family() {
  Family rows = {
      {"aten::scaled_dot_product_attention", attention},       {"aten::_native_multi_head_attention", native_attention},
      {"aten::_transformer_encoder_layer_fwd", encoder_layer}, {"trt::attn_bias_from_attn_mask", bias_from_mask},
      {"aten::_nested_tensor_from_mask", from_mask},           {"aten::to_padded_tensor", to_padded},
  };
  const torch::jit::IValue none;
  const torch::jit::IValue no(false);
  const torch::jit::IValue yes(true);
  // query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa
  const std::pair<const char*, std::vector<Source>> forms[] = {
      {"aten::_scaled_dot_product_flash_attention_for_cpu", {0, 1, 2, 5, 3, 4, 6, no}},
      {"aten::_scaled_dot_product_flash_attention", {0, 1, 2, none, 3, 4, 6, yes}},
      {"aten::_scaled_dot_product_efficient_attention", {0, 1, 2, 3, 5, 6, 7, no}},
      {"aten::_scaled_dot_product_cudnn_attention", {0, 1, 2, 3, 5, 6, 8, yes}},
      {"aten::_scaled_dot_product_fused_attention_overrideable", {0, 1, 2, 3, 4, 5, 7, no}},
      {"aten::_scaled_dot_product_attention_math", {0, 1, 2, 3, 4, 5, 7, 8}},
  };
  for (const auto& [op, sources] : forms) rows.push_back({op, arranged(attention, sources), kFirstOnly});
  return rows;
}

}  // namespace torch_tensorrt::core::conversion::converters
