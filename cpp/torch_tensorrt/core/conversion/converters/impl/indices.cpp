#include "torch_tensorrt/core/conversion/converters/impl/indices.h"

#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/nonzero.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;

bool is_mask(at::ScalarType type) { return type == at::kBool || type == at::kByte; }

// Replaces a mask by one index for each of its dimensions.
void append_mask(ConversionCtx* ctx, const torch::jit::Node* n, const at::Tensor& mask,
                 std::vector<ITensor*>& tensors) {
  TORCHTRT_CHECK(mask.dim() > 0, util::node_info(n) << ": a mask of rank 0 is not converted");
  for (const at::Tensor& places : mask.cpu().nonzero().unbind(1)) {
    tensors.push_back(tensor_to_const(ctx, places.contiguous()));
  }
}

// A computed mask gives data-dependent shapes.
void append_mask(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* mask, ITensor* x, Indices& indices,
                 bool is_only) {
  const auto first = static_cast<int32_t>(indices.tensors.size());
  mask = fitted_mask(ctx, n, mask, x, first);
  auto* places = find_places(ctx, n, mask);
  if (is_only && rank(mask) > 1) indices.rows = as_rows(ctx, places);
  const auto columns = as_indices(ctx, places);
  indices.tensors.insert(indices.tensors.end(), columns.begin(), columns.end());
}

bool have_one_shape(const ITensor& a, const ITensor& b) {
  const auto dims = a.getDimensions();
  if (dims != b.getDimensions()) return false;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] < 0 && !(nvinfer1::origin_of_dim(a, i) == nvinfer1::origin_of_dim(b, i))) return false;
  }
  return true;
}

// Broadcasts all to one shape by adding zeros times the other tensors.
std::vector<ITensor*> of_one_shape(ConversionCtx* ctx, std::vector<ITensor*> tensors) {
  const auto same = [&](ITensor* tensor) { return have_one_shape(*tensor, *tensors[0]); };
  if (std::all_of(tensors.begin(), tensors.end(), same)) return tensors;
  ITensor* zeros = nullptr;
  for (auto* tensor : tensors) {
    auto* nothing = apply(ctx, ElementWiseOperation::kPROD, tensor, at::Scalar(0));
    zeros = zeros == nullptr ? nothing : apply(ctx, ElementWiseOperation::kSUM, zeros, nothing);
  }
  for (auto*& tensor : tensors) tensor = apply(ctx, ElementWiseOperation::kSUM, tensor, zeros);
  return tensors;
}

}  // namespace

Indices read_indices(ConversionCtx* ctx, const torch::jit::Node* n, const Var& arg, ITensor* x) {
  Indices indices;
  const auto elements = arg.IValue()->toListRef();
  const auto given = std::count_if(elements.begin(), elements.end(), [](const auto& e) { return !e.isNone(); });
  for (const auto& element : elements) {
    if (element.isNone()) {
      indices.tensors.push_back(nullptr);
      continue;
    }
    if (element.isTensor()) {
      const at::Tensor index = element.toTensor();
      if (is_mask(index.scalar_type())) {
        append_mask(ctx, n, index, indices.tensors);
      } else {
        indices.tensors.push_back(tensor_to_const(ctx, index.to(at::kLong)));
      }
      continue;
    }
    TORCHTRT_CHECK(TensorContainer::is_in(element), util::node_info(n) << ": an index is " << element.tagKind());
    auto* index = element.toCustomClass<TensorContainer>()->tensor();
    if (is_mask(scalar_type(index))) {
      append_mask(ctx, n, index, x, indices, given == 1);
    } else {
      indices.tensors.push_back(index);
    }
  }
  for (size_t i = 0; i < indices.tensors.size(); ++i) {
    if (indices.tensors[i] == nullptr) continue;
    indices.tensors[i] = cast(ctx, indices.tensors[i], at::kLong);
    indices.dims.push_back(static_cast<int32_t>(i));
  }
  return indices;
}

bool has_computed_mask(const Var& arg) {
  const auto elements = arg.IValue()->toListRef();
  return std::any_of(elements.begin(), elements.end(), [](const auto& element) {
    return TensorContainer::is_in(element) &&
           is_mask(scalar_type(element.template toCustomClass<TensorContainer>()->tensor()));
  });
}

std::vector<int32_t> indexed_first(const Indices& indices, int32_t rank) {
  std::vector<int32_t> order = indices.dims;
  for (int32_t i = 0; i < rank; ++i) {
    if (std::find(indices.dims.begin(), indices.dims.end(), i) == indices.dims.end()) order.push_back(i);
  }
  return order;
}

std::vector<int32_t> inverse(const std::vector<int32_t>& order) {
  std::vector<int32_t> result(order.size());
  for (size_t i = 0; i < order.size(); ++i) result[order[i]] = static_cast<int32_t>(i);
  return result;
}

bool is_identity(const std::vector<int32_t>& order) { return std::is_sorted(order.begin(), order.end()); }

ITensor* tuples(ConversionCtx* ctx, const Indices& indices) {
  if (indices.rows != nullptr) return indices.rows;
  std::vector<ITensor*> tensors;
  for (const int32_t dim : indices.dims) tensors.push_back(indices.tensors[dim]);
  tensors = of_one_shape(ctx, tensors);
  for (auto*& tensor : tensors) tensor = replace_dims(ctx, tensor, rank(tensor), rank(tensor), {1});
  return join(ctx, tensors, rank(tensors[0]) - 1);
}

bool is_consecutive(const std::vector<int32_t>& dims) {
  return dims.back() - dims.front() + 1 == static_cast<int32_t>(dims.size());
}

void check_count(const torch::jit::Node* n, const Indices& indices, ITensor* x) {
  TORCHTRT_CHECK(static_cast<int32_t>(indices.tensors.size()) <= rank(x),
                 util::node_info(n) << ": " << indices.tensors.size() << " indices for a tensor of rank " << rank(x));
}

}  // namespace torch_tensorrt::core::conversion::converters
