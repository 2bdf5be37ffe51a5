#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

// Casts the tensors to the dtype that PyTorch promotes them to.
std::vector<ITensor*> promoted(ConversionCtx* ctx, std::vector<ITensor*> tensors) {
  auto type = scalar_type(tensors[0]);
  for (auto* tensor : tensors) type = at::promote_types(type, scalar_type(tensor));
  for (auto*& tensor : tensors) tensor = cast(ctx, tensor, type);
  return tensors;
}

// PyTorch ignores empty 1-D tensors here, whatever the rank of the others.
std::vector<ITensor*> without_legacy_empties(const std::vector<ITensor*>& tensors) {
  std::vector<ITensor*> kept;
  for (auto* tensor : tensors) {
    if (tensor->getDimensions() != nvinfer1::Dims{0}) kept.push_back(tensor);
  }
  return kept.empty() ? std::vector<ITensor*>{tensors[0]} : kept;
}

ITensor* join(ConversionCtx* ctx, const std::vector<ITensor*>& tensors, int32_t dim) {
  auto* layer = ctx->net->addConcatenation(tensors.data(), static_cast<int32_t>(tensors.size()));
  layer->setAxis(dim);
  return layer->getOutput(0);
}

bool cat(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto tensors = tensor_list(ctx, args[0]);
  TORCHTRT_CHECK(!tensors.empty(), util::node_info(n) << ": the list of tensors is empty");
  tensors = promoted(ctx, without_legacy_empties(tensors));
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(tensors[0]));
  if (tensors.size() == 1) return finish(ctx, n, ctx->net->addIdentity(*tensors[0])->getOutput(0));
  return finish(ctx, n, join(ctx, tensors, dim));
}

bool stack(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto tensors = tensor_list(ctx, args[0]);
  TORCHTRT_CHECK(!tensors.empty(), util::node_info(n) << ": the list of tensors is empty");
  tensors = promoted(ctx, tensors);
  const int32_t dim = wrap_dim(n, args[1].unwrapToInt(), rank(tensors[0]) + 1);
  for (auto*& tensor : tensors) tensor = replace_dims(ctx, tensor, dim, dim, {1});
  return finish(ctx, n, tensors.size() == 1 ? tensors[0] : join(ctx, tensors, dim));
}

}  // namespace

Family concat_family() {
  return {
      {"aten::cat", cat},
      {"aten::concat", cat},
      {"aten::concatenate", cat},
      {"aten::stack", stack},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
