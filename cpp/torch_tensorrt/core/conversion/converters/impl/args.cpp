#include "torch_tensorrt/core/conversion/converters/impl/args.h"

#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"

namespace torch_tensorrt::core::conversion::converters {
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

void check_not_empty(const torch::jit::Node* n, const ITensor* x, uint32_t axes) {
  const auto dims = x->getDimensions();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    TORCHTRT_CHECK(((axes >> i) & 1U) == 0 || dims.d[i] != 0,
                   util::node_info(n) << ": dimension " << i << " of " << nvinfer1::to_string(dims)
                                      << " has no elements, so there is no largest or smallest one");
  }
}

std::vector<int64_t> int_vector(const c10::List<int64_t>& list) { return list.vec(); }

nvinfer1::Dims spatial(const torch::jit::Node* n, const std::vector<int64_t>& list, size_t count, const char* what) {
  if (list.size() == 1) return nvinfer1::Dims(std::vector<int64_t>(count, list[0]));
  TORCHTRT_CHECK(list.size() == count, util::node_info(n)
                                           << ": " << what << " has " << list.size() << " entries, expected " << count);
  return nvinfer1::Dims(list);
}

bool is_none(const Var& arg) { return arg.isNone() || (arg.isIValue() && arg.IValue()->isNone()); }

ITensor* optional_tensor(ConversionCtx* ctx, Var& arg) { return is_none(arg) ? nullptr : arg.ITensorOrFreeze(ctx); }

std::optional<at::ScalarType> optional_dtype(Var& arg) {
  if (is_none(arg)) return std::nullopt;
  return static_cast<at::ScalarType>(arg.unwrapToInt());
}

std::vector<int64_t> optional_ints(const Var& arg) {
  if (is_none(arg)) return {};
  return Var(arg).unwrapToIntList().vec();
}

at::ScalarType scalar_type(const ITensor* tensor) { return util::TRTDataTypeToScalarType(tensor->getType()); }

std::vector<ITensor*> tensor_list(ConversionCtx* ctx, const Var& arg) {
  std::vector<ITensor*> tensors;
  for (const auto& element : arg.IValue()->toListRef()) {
    if (element.isTensor()) {
      tensors.push_back(tensor_constant(ctx, element.toTensor()));
      continue;
    }
    TORCHTRT_CHECK(TensorContainer::is_in(element),
                   "expected a list of tensors, found " << element.tagKind() << " in it");
    tensors.push_back(element.toCustomClass<TensorContainer>()->tensor());
  }
  return tensors;
}

OpConverter arranged(OpConverter converter, const std::vector<Source>& sources) {
  return [converter = std::move(converter), sources](ConversionCtx* ctx, const torch::jit::Node* n, args& given) {
    args arguments;
    for (const Source& source : sources) {
      arguments.push_back(source.place >= 0 ? given.at(source.place) : Var(&source.constant));
    }
    return converter(ctx, n, arguments);
  };
}

Decision first_result_only(const torch::jit::Node* n) {
  for (size_t i = 1; i < n->outputs().size(); ++i) {
    if (n->outputs()[i]->hasUses())
      return Decision::no("its results after the first, which are for training, are used");
  }
  return Decision::yes();
}

}  // namespace torch_tensorrt::core::conversion::converters
