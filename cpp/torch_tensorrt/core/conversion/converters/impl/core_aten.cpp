#include <algorithm>
#include <limits>

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Operators that PyTorch's decompositions produce (core ATen). Most of them are a user's operator with reordered
// arguments, and further results for the backward pass.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using torch::jit::IValue;

// An argument for the converter that does the work: an argument of this node, or a constant.
struct Source {
  Source(int at) : place(at) {}
  Source(IValue value) : constant(std::move(value)) {}
  int place = -1;
  IValue constant;
};

OpConverter converter_of(const Family& family, const std::string& op) {
  for (const auto& row : family) {
    if (row.op == op) return row.convert;
  }
  TORCHTRT_THROW_ERROR("no converter is registered for " << op);
}

OpConverter arranged(const Family& family, const std::string& op, const std::vector<Source>& sources) {
  return [converter = converter_of(family, op), sources](ConversionCtx* ctx, const torch::jit::Node* n, args& given) {
    args arguments;
    for (const Source& source : sources) {
      arguments.push_back(source.place >= 0 ? given.at(source.place) : Var(&source.constant));
    }
    return converter(ctx, n, arguments);
  };
}

// (self, dim, half_to_float)
OpConverter raw_softmax(const std::string& op) {
  const auto same = arranged(reduce_family(), op, {0, 1, IValue()});
  const auto to_float = arranged(reduce_family(), op, {0, 1, IValue(static_cast<int64_t>(at::kFloat))});
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return args[2].unwrapToBool() ? to_float(ctx, n, args) : same(ctx, n, args);
  };
}

// (self, dim, dtype): zeros if all elements are minus infinity.
bool safe_softmax(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (const auto type = optional_dtype(args[2])) x = cast(ctx, x, *type);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(x));
  auto* weights = softmax(ctx, x, dim);
  if (rank(x) == 0) return finish(ctx, n, weights);
  auto* largest = reduce(ctx, nvinfer1::ReduceOperation::kMAX, x, 1U << dim, /*keep=*/true);
  auto* is_hidden =
      apply(ctx, ElementWiseOperation::kEQUAL, largest, at::Scalar(-std::numeric_limits<double>::infinity()));
  return finish(ctx, n, choose(ctx, is_hidden, scalar_constant(ctx, 0.0, scalar_type(x)), weights));
}

// (i1, i2, i3, expand1, expand2, expand3, sumdim, unroll_dim): the sum of products over some dimensions. Each tensor
// first gets dimensions of size 1 at the positions in its list.
bool trilinear(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  ITensor* product = nullptr;
  for (size_t i = 0; i < 3; ++i) {
    auto* x = args[i].ITensorOrFreeze(ctx);
    auto places = optional_ints(args[i + 3]);
    std::sort(places.begin(), places.end());
    for (const int64_t place : places) x = replace_dims(ctx, x, place, place, {1});
    product = product == nullptr ? x : apply(ctx, ElementWiseOperation::kPROD, product, x);
  }
  const auto summed = optional_ints(args[6]);
  if (summed.empty()) return finish(ctx, n, product);
  return finish(
      ctx, n,
      reduce(ctx, nvinfer1::ReduceOperation::kSUM, product, axes_mask(n, summed, rank(product)), /*keep=*/false));
}

Decision first_result_only(const torch::jit::Node* n) {
  for (size_t i = 1; i < n->outputs().size(); ++i) {
    if (n->outputs()[i]->hasUses())
      return Decision::no("its results after the first, which are for training, are used");
  }
  return Decision::yes();
}

constexpr Declines kFirstOnly = {"results after the first are used", first_result_only};

void append_attention(Family& rows) {
  const IValue none;
  const IValue no(false);
  const IValue yes(true);
  // query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa
  const std::pair<const char*, std::vector<Source>> forms[] = {
      {"aten::_scaled_dot_product_flash_attention_for_cpu", {0, 1, 2, 5, 3, 4, 6, no}},
      {"aten::_scaled_dot_product_flash_attention", {0, 1, 2, none, 3, 4, 6, yes}},
      {"aten::_scaled_dot_product_efficient_attention", {0, 1, 2, 3, 5, 6, 7, no}},
      {"aten::_scaled_dot_product_cudnn_attention", {0, 1, 2, 3, 5, 6, 8, yes}},
      {"aten::_scaled_dot_product_fused_attention_overrideable", {0, 1, 2, 3, 4, 5, 7, no}},
      {"aten::_scaled_dot_product_attention_math", {0, 1, 2, 3, 4, 5, 7, 8}},
  };
  const auto family = attention_family();
  for (const auto& [op, sources] : forms) {
    rows.push_back({op, arranged(family, "aten::scaled_dot_product_attention", sources), kFirstOnly});
  }
}

}  // namespace

Family core_aten_family() {
  const IValue no(false);
  Family rows = {
      {"aten::_softmax", raw_softmax("aten::softmax.int")},
      {"aten::_log_softmax", raw_softmax("aten::log_softmax.int")},
      {"aten::_safe_softmax", safe_softmax},
      {"aten::_to_copy", arranged(cast_family(), "aten::to.dtype", {0, 1})},
      {"aten::_native_batch_norm_legit_no_training",
       arranged(normalization_family(), "aten::batch_norm", {0, 1, 2, 3, 4, no, 5, 6, no}), kFirstOnly},
      {"aten::_trilinear", trilinear},
      {"aten::rrelu_with_noise_functional", arranged(activation_family(), "aten::rrelu", {0, 2, 3, 4, 5})},
  };
  append_attention(rows);
  return rows;
}

}  // namespace torch_tensorrt::core::conversion::converters
