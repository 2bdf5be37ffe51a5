#include <array>
#include <map>

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// conv{1,2,3}d:           input, weight, bias, stride, padding, dilation, groups
// _convolution_mode (any rank, padding by name; traces hold it): as conv{1,2,3}d
// conv_transpose{1,2,3}d: input, weight, bias, stride, padding, output_padding, groups, dilation
struct Kind {
  size_t spatial_rank;  // 0: take the rank of the weight
  bool transposed;
};
const std::map<c10::Symbol, Kind>& kinds() {
  static const std::map<c10::Symbol, Kind> kKinds = {
      {c10::Symbol::aten("conv1d"), {1, false}},
      {c10::Symbol::aten("conv2d"), {2, false}},
      {c10::Symbol::aten("conv3d"), {3, false}},
      {c10::Symbol::aten("conv_transpose1d"), {1, true}},
      {c10::Symbol::aten("conv_transpose2d"), {2, true}},
      {c10::Symbol::aten("conv_transpose3d"), {3, true}},
      {c10::Symbol::aten("_convolution_mode"), {0, false}},
  };
  return kKinds;
}

std::vector<int64_t> full_list(const std::vector<int64_t>& list, size_t count) {
  return list.size() == 1 ? std::vector<int64_t>(count, list[0]) : list;
}

// The padding of padding="same" before and after a dimension: dilation * (kernel - 1) in total, the odd element after.
struct SamePadding {
  std::vector<int64_t> front;
  std::vector<int64_t> behind;
};
std::optional<SamePadding> same_padding(const Node* node, size_t spatial_rank) {
  const auto weight = torch::jit::toIValue(node->input(1));
  const auto dilation = torch::jit::toIValue(node->input(5));
  if (!weight || !weight->isTensor() || !dilation || !dilation->isIntList()) return std::nullopt;
  const auto spread = full_list(dilation->toIntVector(), spatial_rank);
  const auto kernel = weight->toTensor().sizes().slice(2);
  SamePadding padding;
  for (size_t i = 0; i < spatial_rank; ++i) {
    const int64_t total = spread[i] * (kernel[i] - 1);
    padding.front.push_back(total / 2);
    padding.behind.push_back(total - total / 2);
  }
  return padding;
}

// Pads the input with one more zero after each dimension with uneven padding.
Value* pad_behind(Node* node, const SamePadding& padding) {
  std::vector<int64_t> pads;
  for (size_t i = padding.front.size(); i-- > 0;) {
    pads.push_back(0);
    pads.push_back(padding.behind[i] - padding.front[i]);
  }
  auto* pad =
      insert_before(node, c10::Symbol::aten("constant_pad_nd"),
                    {node->input(0), constant_before(node, pads), constant_before(node, 0)}, node->input(0)->type());
  return pad->output();
}

struct Padded {
  Value* input = nullptr;
  Value* padding = nullptr;
};
// Padding as a list; {} if it is unknown here.
Padded read_padding(Node* node, size_t spatial_rank) {
  auto* padding = node->input(4);
  if (padding->type()->kind() != c10::TypeKind::StringType) return {node->input(0), padding};
  const auto name = torch::jit::toIValue(padding);
  if (!name || !name->isString()) return {};
  if (name->toStringRef() == "valid") {
    return {node->input(0), constant_before(node, std::vector<int64_t>(spatial_rank, 0))};
  }
  const auto same = same_padding(node, spatial_rank);
  if (!same) return {};
  auto* input = same->front == same->behind ? node->input(0) : pad_behind(node, *same);
  return {input, constant_before(node, same->front)};
}

std::optional<size_t> rank_of_weight(const Node* node) {
  const auto weight = torch::jit::toIValue(node->input(1));
  if (!weight || !weight->isTensor() || weight->toTensor().dim() < 3) return std::nullopt;
  return weight->toTensor().dim() - 2;
}

bool replace(Node* node, Kind kind) {
  if (node->inputs().size() != (kind.transposed ? 8U : 7U)) return false;
  if (kind.spatial_rank == 0) {
    const auto rank = rank_of_weight(node);
    if (!rank) return false;
    kind.spatial_rank = *rank;
  }
  const Padded padded = read_padding(node, kind.spatial_rank);
  if (padded.input == nullptr) return false;
  auto* dilation = node->input(kind.transposed ? 7 : 5);
  auto* output_padding =
      kind.transposed ? node->input(5) : constant_before(node, std::vector<int64_t>(kind.spatial_rank, 0));
  auto* transposed = constant_before(node, kind.transposed);
  auto* no = constant_before(node, false);
  auto* yes = constant_before(node, true);
  // benchmark, deterministic, cudnn_enabled and allow_tf32 control PyTorch's computation; an engine decides these
  // itself.
  auto* convolution = insert_before(node, c10::Symbol::aten("_convolution"),
                                    {padded.input, node->input(1), node->input(2), node->input(3), padded.padding,
                                     dilation, transposed, output_padding, node->input(6), /*benchmark=*/no,
                                     /*deterministic=*/no, /*cudnn_enabled=*/yes, /*allow_tf32=*/yes},
                                    node->output()->type());
  convolution->output()->copyMetadata(node->output());
  return replace_with(node, convolution->output());
}

}  // namespace

// A convolution with padding="same" and an unknown weight stays unchanged.
bool replace_convolutions(const GraphPtr& graph) {
  return rewrite_nodes(*graph, [](Node* node) {
    const auto kind = kinds().find(node->kind());
    return kind != kinds().end() && replace(node, kind->second);
  });
}

}  // namespace torch_tensorrt::core::lowering::passes
