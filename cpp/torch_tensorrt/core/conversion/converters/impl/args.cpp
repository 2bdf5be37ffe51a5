#include "torch_tensorrt/core/conversion/converters/impl/args.h"

#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

constexpr int64_t kUnknown = nvinfer1::ShapeValue::kUnknown;

void append_size(ConversionCtx* ctx, const torch::jit::IValue& value, SizeList& sizes) {
  if (value.isInt()) {
    sizes.values.push_back(value.toInt());
    sizes.computed.push_back(nullptr);
    return;
  }
  if (value.isTensor()) {
    sizes.values.push_back(value.toTensor().item<int64_t>());
    sizes.computed.push_back(nullptr);
    return;
  }
  TORCHTRT_CHECK(TensorContainer::is_in(value), "expected a size, found " << value.tagKind());
  auto* tensor = value.toCustomClass<TensorContainer>()->tensor();
  const auto& known = tensor->shape_value();
  if (known && known->elements.size() == 1 && known->is_known()) {
    sizes.values.push_back(known->elements[0]);
    sizes.computed.push_back(nullptr);
    return;
  }
  sizes.values.push_back(kUnknown);
  sizes.computed.push_back(cast(ctx, tensor, at::kLong));
}

}  // namespace

bool finish(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* out, size_t output) {
  if (out->producer() != nullptr && out->producer()->getName()[0] == '\0') {
    out->producer()->setName(util::node_info(n).c_str());
  }
  ctx->AssociateValueAndTensor(n->outputs()[output], out);
  return true;
}

bool finish_list(ConversionCtx* ctx, const torch::jit::Node* n, const std::vector<ITensor*>& tensors) {
  c10::impl::GenericList list(c10::AnyType::get());
  for (auto* tensor : tensors) {
    if (tensor->producer()->getName()[0] == '\0') tensor->producer()->setName(util::node_info(n).c_str());
    list.push_back(TensorContainer::wrap(tensor));
  }
  ctx->AssociateValueAndIValue(n->outputs()[0], torch::jit::IValue(std::move(list)));
  return true;
}

int32_t rank(const ITensor* tensor) { return tensor->getDimensions().nbDims; }

int32_t wrap_dim(const torch::jit::Node* n, int64_t dim, int32_t rank) {
  const int64_t range = std::max<int64_t>(rank, 1);
  TORCHTRT_CHECK(dim >= -range && dim < range,
                 util::node_info(n) << ": dimension " << dim << " is out of range for a tensor of rank " << rank);
  return static_cast<int32_t>(dim < 0 ? dim + range : dim);
}

int32_t existing_dim(const torch::jit::Node* n, int64_t dim, int32_t rank) {
  TORCHTRT_CHECK(rank > 0, util::node_info(n) << ": a 0-d tensor has no dimension " << dim);
  return wrap_dim(n, dim, rank);
}

uint32_t axes_mask(const torch::jit::Node* n, const std::vector<int64_t>& dims, int32_t rank) {
  if (dims.empty()) return (1U << rank) - 1U;
  uint32_t mask = 0;
  for (const int64_t dim : dims) {
    const uint32_t bit = 1U << wrap_dim(n, dim, rank);
    TORCHTRT_CHECK((mask & bit) == 0, util::node_info(n) << ": dimension " << dim << " is given twice");
    mask |= bit;
  }
  return rank == 0 ? 0 : mask;
}

std::vector<int64_t> int_vector(const c10::List<int64_t>& list) { return list.vec(); }

nvinfer1::Dims spatial(const torch::jit::Node* n, const std::vector<int64_t>& list, size_t count, const char* what) {
  if (list.size() == 1) return nvinfer1::Dims(std::vector<int64_t>(count, list[0]));
  TORCHTRT_CHECK(list.size() == count, util::node_info(n)
                                           << ": " << what << " has " << list.size() << " entries, expected " << count);
  return nvinfer1::Dims(list);
}

bool is_none(const Var& arg) { return arg.isNone() || (arg.isIValue() && arg.IValue()->isNone()); }

std::optional<at::ScalarType> optional_dtype(Var& arg) {
  if (is_none(arg)) return std::nullopt;
  return static_cast<at::ScalarType>(arg.unwrapToInt());
}

at::ScalarType scalar_type(const ITensor* tensor) { return util::TRTDataTypeToScalarType(tensor->getType()); }

std::vector<ITensor*> tensor_list(ConversionCtx* ctx, const Var& arg) {
  std::vector<ITensor*> tensors;
  for (const auto& element : arg.IValue()->toListRef()) {
    if (element.isTensor()) {
      tensors.push_back(tensor_to_const(ctx, element.toTensor()));
      continue;
    }
    TORCHTRT_CHECK(TensorContainer::is_in(element),
                   "expected a list of tensors, found " << element.tagKind() << " in it");
    tensors.push_back(element.toCustomClass<TensorContainer>()->tensor());
  }
  return tensors;
}

ITensor* cast(ConversionCtx* ctx, ITensor* tensor, at::ScalarType type) {
  if (scalar_type(tensor) == type) return tensor;
  return ctx->net->addCast(*tensor, util::ScalarTypeToTRTDataType(type))->getOutput(0);
}

ITensor* scalar_constant(ConversionCtx* ctx, const at::Scalar& value, at::ScalarType type) {
  // A number out of the dtype's range wraps around or becomes infinite, as in PyTorch's operators.
  const auto number = at::scalar_tensor(value, at::TensorOptions().dtype(value.type()));
  return tensor_to_const(ctx, number.to(type));
}

ITensor* index_constant(ConversionCtx* ctx, const std::vector<int64_t>& values) {
  return tensor_to_const(ctx, at::tensor(values, at::TensorOptions().dtype(at::kLong)));
}

bool SizeList::is_known() const {
  return std::all_of(computed.begin(), computed.end(), [](const ITensor* tensor) { return tensor == nullptr; });
}

nvinfer1::Dims SizeList::dims() const {
  nvinfer1::Dims dims(values);
  std::replace(dims.d, dims.d + dims.nbDims, kUnknown, int64_t{-1});
  return dims;
}

SizeList read_sizes(ConversionCtx* ctx, const Var& arg) {
  SizeList sizes;
  const auto& value = *arg.IValue();
  if (value.isIntList()) {
    sizes.values = value.toIntVector();
    sizes.computed.resize(sizes.values.size(), nullptr);
    return sizes;
  }
  TORCHTRT_CHECK(value.isList(), "expected a list of sizes, found " << value.tagKind());
  for (const auto& element : value.toListRef()) append_size(ctx, element, sizes);
  return sizes;
}

ITensor* size_tensor(ConversionCtx* ctx, const SizeList& sizes) {
  if (sizes.is_known()) return index_constant(ctx, sizes.values);
  std::vector<ITensor*> parts;
  for (size_t i = 0; i < sizes.values.size(); ++i) {
    if (sizes.computed[i] == nullptr) {
      parts.push_back(index_constant(ctx, {sizes.values[i]}));
      continue;
    }
    auto* shuffle = ctx->net->addShuffle(*sizes.computed[i]);
    shuffle->setReshapeDimensions(nvinfer1::Dims{1});
    parts.push_back(shuffle->getOutput(0));
  }
  if (parts.size() == 1) return parts[0];
  return ctx->net->addConcatenation(parts.data(), static_cast<int32_t>(parts.size()))->getOutput(0);
}

ITensor* dim_size(ConversionCtx* ctx, ITensor* tensor, int32_t dim) {
  const auto dims = tensor->getDimensions();
  if (dims.d[dim] >= 0) return index_constant(ctx, {dims.d[dim]});
  auto* shape = ctx->net->addShape(*tensor)->getOutput(0);
  return ctx->net->addSlice(*shape, nvinfer1::Dims{dim}, nvinfer1::Dims{1}, nvinfer1::Dims{1})->getOutput(0);
}

namespace {

// Resolves a -1 beside computed sizes if these divide the tensor's sizes: the quotient is a number, or a dimension.
void find_wildcard(ConversionCtx* ctx, ITensor* tensor, SizeList& sizes) {
  nvinfer1::SizeFactors rest;
  for (int32_t i = 0; i < rank(tensor); ++i) {
    const auto factors = nvinfer1::factors_of_dim(*tensor, i);
    rest.known *= factors.known;
    rest.unknown.insert(rest.unknown.end(), factors.unknown.begin(), factors.unknown.end());
  }
  size_t wildcard = sizes.values.size();
  for (size_t i = 0; i < sizes.values.size(); ++i) {
    if (sizes.computed[i] == nullptr && sizes.values[i] < 0) {
      wildcard = i;
      continue;
    }
    const auto factors = sizes.computed[i] == nullptr ? nvinfer1::SizeFactors{sizes.values[i], {}}
                                                      : nvinfer1::factors_of_element(*sizes.computed[i], 0);
    if (!factors || !divide(rest, *factors)) return;
  }
  if (wildcard == sizes.values.size()) return;
  if (rest.unknown.empty()) {
    sizes.values[wildcard] = rest.known;
  } else if (rest.unknown.size() == 1 && rest.known == 1) {
    sizes.values[wildcard] = kUnknown;
    sizes.computed[wildcard] = dim_size(ctx, const_cast<ITensor*>(rest.unknown[0].tensor), rest.unknown[0].axis);
  }
}

}  // namespace

ITensor* reshape(ConversionCtx* ctx, ITensor* tensor, SizeList sizes) {
  auto* shuffle = ctx->net->addShuffle(*tensor);
  shuffle->setZeroIsPlaceholder(false);
  const int64_t wildcards = std::count_if(sizes.values.begin(), sizes.values.end(), [](int64_t v) { return v < 0; });
  // Passes a computed size on even if it is the only unknown size, so that the run reports a size that does not fit,
  // which an inferred size would hide.
  const bool is_computed =
      std::any_of(sizes.computed.begin(), sizes.computed.end(), [](auto* c) { return c != nullptr; });
  if (is_computed && wildcards > 1) find_wildcard(ctx, tensor, sizes);
  if (wildcards <= 1 && !is_computed) {
    shuffle->setReshapeDimensions(sizes.dims());
  } else {
    shuffle->setInput(1, *size_tensor(ctx, sizes));
  }
  return shuffle->getOutput(0);
}

namespace {

bool may_be_empty(ConversionCtx* ctx, ITensor* tensor, int32_t dim) {
  const int64_t size = tensor->getDimensions().d[dim];
  if (size >= 0 || ctx->net->profiles().empty()) return size == 0;
  const auto range = nvinfer1::ValueRanges(ctx->net->profiles()[0]).of_dim(*tensor, dim);
  return range.low <= 0 && !std::isinf(range.high);
}

// Computes the product of adjacent dimensions.
ITensor* product_of_dims(ConversionCtx* ctx, ITensor* tensor, int32_t begin, int32_t end) {
  auto* product = dim_size(ctx, tensor, begin);
  for (int32_t i = begin + 1; i < end; ++i) {
    auto* size = dim_size(ctx, tensor, i);
    product = ctx->net->addElementWise(*product, *size, nvinfer1::ElementWiseOperation::kPROD)->getOutput(0);
  }
  return product;
}

}  // namespace

ITensor* replace_dims(ConversionCtx* ctx, ITensor* tensor, int32_t begin, int32_t end,
                      const std::vector<int64_t>& middle) {
  const auto dims = tensor->getDimensions();
  SizeList sizes;
  const auto keep = [&](int32_t dim) {
    sizes.values.push_back(dims.d[dim] >= 0 ? dims.d[dim] : kUnknown);
    sizes.computed.push_back(nullptr);
  };
  for (int32_t i = 0; i < begin; ++i) keep(i);
  for (const int64_t size : middle) {
    sizes.values.push_back(size);
    sizes.computed.push_back(nullptr);
  }
  for (int32_t i = end; i < dims.nbDims; ++i) keep(i);
  // A product of known dims, or of a 0 and any dims, is known and needs no wildcard.
  const bool merges = middle.size() == 1 && middle[0] == -1;
  if (merges) {
    int64_t product = 1;
    bool known = true;
    for (int32_t i = begin; i < end; ++i) {
      known = known && dims.d[i] >= 0;
      product *= dims.d[i];
    }
    known = known || std::find(dims.d + begin, dims.d + end, 0) != dims.d + end;
    if (known) sizes.values[begin] = product;
  }
  // Beside a 0, any size would satisfy a -1.
  bool is_ambiguous = std::find(sizes.values.begin(), sizes.values.end(), 0) != sizes.values.end();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    is_ambiguous = is_ambiguous || ((i < begin || i >= end) && may_be_empty(ctx, tensor, i));
  }
  const auto wildcards = std::count_if(sizes.values.begin(), sizes.values.end(), [](int64_t v) { return v < 0; });
  if (wildcards > 1 || (wildcards == 1 && is_ambiguous)) {
    if (merges && is_ambiguous && sizes.values[begin] < 0) {
      sizes.values[begin] = kUnknown;
      sizes.computed[begin] = product_of_dims(ctx, tensor, begin, end);
    }
    const auto tail = static_cast<int32_t>(middle.size()) - (end - begin);
    for (size_t i = 0; i < sizes.values.size(); ++i) {
      if (sizes.values[i] != kUnknown || sizes.computed[i] != nullptr) continue;
      const auto source = static_cast<int32_t>(i) < begin ? static_cast<int32_t>(i) : static_cast<int32_t>(i) - tail;
      sizes.computed[i] = dim_size(ctx, tensor, source);
    }
  }
  return reshape(ctx, tensor, sizes);
}

ITensor* transpose(ConversionCtx* ctx, ITensor* tensor, const std::vector<int32_t>& order) {
  nvinfer1::Permutation permutation;
  std::copy(order.begin(), order.end(), permutation.order);
  auto* shuffle = ctx->net->addShuffle(*tensor);
  shuffle->setFirstTranspose(permutation);
  return shuffle->getOutput(0);
}

ITensor* slice_dim(ConversionCtx* ctx, ITensor* tensor, int32_t dim, int64_t start, int64_t size, int64_t step) {
  const auto dims = tensor->getDimensions();
  nvinfer1::Dims starts = dims;
  nvinfer1::Dims steps = dims;
  nvinfer1::Dims sizes = dims;
  std::fill(starts.d, starts.d + dims.nbDims, 0);
  std::fill(steps.d, steps.d + dims.nbDims, 1);
  starts.d[dim] = start;
  steps.d[dim] = step;
  sizes.d[dim] = size;
  auto* slice = ctx->net->addSlice(*tensor, starts, sizes, steps);
  if (sizes.is_static()) return slice->getOutput(0);
  std::vector<ITensor*> parts;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    parts.push_back(i == dim ? index_constant(ctx, {size}) : dim_size(ctx, tensor, i));
  }
  auto* computed = parts.size() == 1
                       ? parts[0]
                       : ctx->net->addConcatenation(parts.data(), static_cast<int32_t>(parts.size()))->getOutput(0);
  slice->setInput(2, *computed);
  return slice->getOutput(0);
}

}  // namespace torch_tensorrt::core::conversion::converters
