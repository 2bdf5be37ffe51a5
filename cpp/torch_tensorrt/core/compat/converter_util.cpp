#include "torch_tensorrt/core/compat/converter_util.h"

#include <algorithm>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::ITensor;

ITensor* reshaped(ConversionCtx* ctx, ITensor* tensor, std::vector<int64_t> sizes, const std::string& name) {
  // Takes dynamic sizes from the shape one by one, unless only one size is left to infer.
  auto* shuffle = ctx->net->addShuffle(*tensor);
  shuffle->setReshapeDimensions(nvinfer1::Dims(sizes));
  if (!name.empty()) shuffle->setName(name.c_str());
  return shuffle->getOutput(0);
}

ITensor* apply(ConversionCtx* ctx, ElementWiseOperation op, ITensor* a, ITensor* b, const std::string& name) {
  return add_elementwise(ctx, op, a, b, name)->getOutput(0);
}

ITensor* integer(ConversionCtx* ctx, int64_t value, nvinfer1::DataType type) {
  const auto options = at::TensorOptions().dtype(util::TRTDataTypeToScalarType(type));
  return tensor_to_const(ctx, at::full({1}, value, options));
}

}  // namespace

ITensor* addPadding(ConversionCtx* ctx, const torch::jit::Node*, ITensor* tensor, int nDim, bool trailing,
                    bool use_zeros, const std::string& name) {
  const auto dims = tensor->getDimensions();
  if (dims.nbDims >= nDim) return tensor;
  auto sizes = dims.to_vector();
  // 0 copies the dimension at the same position, which is right only if the ones are at the end.
  if (use_zeros && trailing) std::replace(sizes.begin(), sizes.end(), int64_t{-1}, int64_t{0});
  sizes.insert(trailing ? sizes.end() : sizes.begin(), nDim - dims.nbDims, 1);
  return reshaped(ctx, tensor, std::move(sizes), name);
}

ITensor* addUnpadding(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* tensor, int nDim, bool trailing,
                      bool use_zeros, const std::string& name) {
  const auto dims = tensor->getDimensions();
  if (dims.nbDims <= nDim) return tensor;
  const int extra = dims.nbDims - nDim;
  auto sizes = dims.to_vector();
  const auto begin = trailing ? sizes.end() - extra : sizes.begin();
  TORCHTRT_CHECK(std::all_of(begin, begin + extra, [](int64_t size) { return size == 1; }),
                 (n != nullptr ? util::node_info(n) : std::string("a tensor"))
                     << ": the dims are " << dims << ", and the removed dimensions must be 1");
  if (use_zeros && trailing) std::replace(sizes.begin(), sizes.end(), int64_t{-1}, int64_t{0});
  sizes.erase(trailing ? sizes.end() - extra : sizes.begin(), trailing ? sizes.end() : sizes.begin() + extra);
  return reshaped(ctx, tensor, std::move(sizes), name);
}

nvinfer1::ILayer* add_elementwise(ConversionCtx* ctx, ElementWiseOperation op, ITensor* self, ITensor* other,
                                  const std::string& name) {
  const auto type = promote_types(self->getType(), other->getType());
  auto* layer = ctx->net->addElementWise(*castITensor(ctx, self, type), *castITensor(ctx, other, type), op);
  if (!name.empty()) layer->setName(name.c_str());
  return layer;
}

ITensor* add_abs(ConversionCtx* ctx, const torch::jit::Node*, ITensor* self, const std::string& name) {
  auto* layer = ctx->net->addUnary(*self, nvinfer1::UnaryOperation::kABS);
  if (!name.empty()) layer->setName(name.c_str());
  return layer->getOutput(0);
}

ITensor* applyIdentityOp(ConversionCtx* ctx, ITensor* tensor, const std::string& name) {
  auto* layer = ctx->net->addIdentity(*tensor);
  layer->getOutput(0)->setName(name.c_str());
  return layer->getOutput(0);
}

ITensor* castITensor(ConversionCtx* ctx, ITensor* tensor, nvinfer1::DataType dtype, const std::string& prefix) {
  if (tensor->getType() == dtype) return tensor;
  auto* layer = ctx->net->addCast(*tensor, dtype);
  if (!prefix.empty()) layer->setName((prefix + " [cast to " + nvinfer1::enum_name(dtype) + "]").c_str());
  return layer->getOutput(0);
}

ITensor* getShapeOutput(ConversionCtx* ctx, ITensor* tensor, const std::string& name) {
  auto* layer = ctx->net->addShape(*tensor);
  if (!name.empty()) layer->setName(name.c_str());
  return layer->getOutput(0);
}

ITensor* tensor_to_const(ConversionCtx* ctx, at::Tensor t, const std::string& name) {
  auto* constant = tensor_constant(ctx, t);
  if (!name.empty()) constant->producer()->setName(name.c_str());
  return constant;
}

ITensor* clamp(ConversionCtx* ctx, ITensor* x, ITensor* lower_bound, ITensor* upper_bound, const std::string& name) {
  auto* low = apply(ctx, ElementWiseOperation::kMAX, x, lower_bound, name + " max");
  return apply(ctx, ElementWiseOperation::kMIN, low, upper_bound, name + " min");
}

ITensor* normalize_indices(ConversionCtx* ctx, ITensor* input_dim, ITensor* indices, const std::string& name) {
  auto* zero = integer(ctx, 0, indices->getType());
  auto* negative = apply(ctx, ElementWiseOperation::kLESS, indices, zero, name + " negative");
  auto* wrapped = apply(ctx, ElementWiseOperation::kSUM, indices, input_dim, name + " from the end");
  auto* kept = castITensor(ctx, indices, wrapped->getType());
  return ctx->net->addSelect(*negative, *wrapped, *kept)->getOutput(0);
}

ITensor* normalize_indices(ConversionCtx* ctx, ITensor* input_dim, ITensor* indices, int, const std::string& name) {
  return normalize_indices(ctx, input_dim, indices, name);
}

std::vector<ITensor*> normalize_start_and_end(ConversionCtx* ctx, ITensor* in_shape, ITensor* in_start, ITensor* in_end,
                                              int, const std::string& name) {
  auto* zero = integer(ctx, 0, in_shape->getType());
  auto* start = normalize_indices(ctx, in_shape, in_start, name + " start");
  auto* end = normalize_indices(ctx, in_shape, in_end, name + " end");
  return {clamp(ctx, start, zero, in_shape, name + " start"), clamp(ctx, end, zero, in_shape, name + " end")};
}

ITensor* get_slice_size(ConversionCtx* ctx, ITensor* start, ITensor* end, ITensor* stride, int,
                        const std::string& name) {
  auto* one = integer(ctx, 1, stride->getType());
  auto* length = apply(ctx, ElementWiseOperation::kSUB, end, start, name + " length");
  auto* rest = apply(ctx, ElementWiseOperation::kSUB, stride, one, name + " rest");
  auto* rounded = apply(ctx, ElementWiseOperation::kSUM, length, rest, name + " rounded");
  return apply(ctx, ElementWiseOperation::kFLOOR_DIV, rounded, stride, name + " size");
}

ITensor* scalar_to_tensor(ConversionCtx* ctx, at::Scalar s) {
  const auto type = s.isFloatingPoint() ? at::kFloat : s.type();
  return tensor_to_const(ctx, at::scalar_tensor(s, at::TensorOptions().dtype(type)));
}

nvinfer1::DataType promote_types(nvinfer1::DataType type_a, nvinfer1::DataType type_b) {
  return util::ScalarTypeToTRTDataType(
      at::promote_types(util::TRTDataTypeToScalarType(type_a), util::TRTDataTypeToScalarType(type_b)));
}

ITensor* add_expand(ConversionCtx* ctx, ITensor* in, nvinfer1::Dims expanded_dims) {
  TORCHTRT_CHECK(expanded_dims.nbDims >= in->getDimensions().nbDims,
                 "a tensor of dims " << in->getDimensions() << " cannot be expanded to " << expanded_dims);
  in = addPadding(ctx, nullptr, in, expanded_dims.nbDims, /*trailing=*/false);
  const auto dims = in->getDimensions();
  nvinfer1::Dims start = dims;
  nvinfer1::Dims stride = dims;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    start.d[i] = 0;
    if (expanded_dims.d[i] == -1) expanded_dims.d[i] = dims.d[i];
    stride.d[i] = dims.d[i] == expanded_dims.d[i] ? 1 : 0;
    TORCHTRT_CHECK(stride.d[i] == 1 || dims.d[i] == 1,
                   "a tensor of dims " << dims << " cannot be expanded to " << expanded_dims);
  }
  return ctx->net->addSlice(*in, start, expanded_dims, stride)->getOutput(0);
}

}  // namespace torch_tensorrt::core::conversion::converters
