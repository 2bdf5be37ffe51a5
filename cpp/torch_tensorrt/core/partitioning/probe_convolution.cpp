#include "torch_tensorrt/core/partitioning/probe_convolution.h"

#include <ATen/ATen.h>

#include <cstring>
#include <set>
#include <string>

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::partitioning {
namespace {

using c10::IValue;
using torch::jit::Node;

// The place of the argument; unset if the operator has none of that name.
std::optional<size_t> place_of(const Node* node, const char* name) {
  const auto* schema = node->maybeSchema();
  if (schema == nullptr) return std::nullopt;
  const auto found = schema->argumentIndexWithName(name);
  return found ? std::optional<size_t>(static_cast<size_t>(*found)) : std::nullopt;
}

bool is_convolution(const Node* node) {
  static const std::set<std::string> kKinds = {
      "aten::conv1d",           "aten::conv2d",           "aten::conv3d",      "aten::conv_transpose1d",
      "aten::conv_transpose2d", "aten::conv_transpose3d", "aten::convolution", "aten::_convolution"};
  return kKinds.count(node->kind().toQualString()) != 0;
}

bool is_transposed(const Node* node, const std::vector<IValue>& inputs) {
  if (const auto place = place_of(node, "transposed")) return inputs.at(*place).isBool() && inputs[*place].toBool();
  return std::strstr(node->kind().toQualString(), "transpose") != nullptr;
}

}  // namespace

std::optional<IValue> convolution_result(const Node* node, const std::vector<IValue>& inputs, const RunNode& run) {
  const auto groups_at = is_convolution(node) ? place_of(node, "groups") : std::nullopt;
  if (!groups_at || inputs.size() < 3 || !inputs[0].isTensor() || !inputs[1].isTensor()) return std::nullopt;
  const at::Tensor& x = inputs[0].toTensor();
  const at::Tensor& weight = inputs[1].toTensor();
  if (!inputs.at(*groups_at).isInt()) return std::nullopt;
  const int64_t groups = inputs[*groups_at].toInt();
  const int64_t spatial = weight.dim() - 2;
  const bool is_batched = x.dim() == weight.dim();
  const bool fits = spatial >= 1 && (is_batched || x.dim() == spatial + 1) && groups > 0 &&
                    x.scalar_type() == weight.scalar_type() && at::isFloatingType(x.scalar_type());
  if (!fits) return std::nullopt;
  const bool transposed = is_transposed(node, inputs);
  const int64_t taken = transposed ? weight.size(0) : weight.size(1) * groups;
  const int64_t given = transposed ? weight.size(1) * groups : weight.size(0);
  if (x.size(is_batched ? 1 : 0) != taken || given % groups != 0) return std::nullopt;
  // The same convolution of one map.
  const auto of_one_map = [&](const at::Tensor& tensor) {
    std::vector<int64_t> sizes(static_cast<size_t>(spatial) + 2, 1);
    for (int64_t i = 0; i < spatial; ++i) sizes[static_cast<size_t>(i) + 2] = tensor.size(tensor.dim() - spatial + i);
    return at::zeros(sizes, at::dtype(tensor.scalar_type()));
  };
  std::vector<IValue> small = inputs;
  small[0] = of_one_map(x);
  small[1] = of_one_map(weight);
  small[2] = IValue();
  small[*groups_at] = int64_t{1};
  const at::Tensor result = run(std::move(small)).at(0).toTensor();
  std::vector<int64_t> sizes = result.sizes().vec();
  sizes[0] = x.size(0);
  sizes[1] = given;
  if (!is_batched) sizes.erase(sizes.begin());
  return at::empty(sizes, at::dtype(x.scalar_type()).device(at::kMeta));
}

}  // namespace torch_tensorrt::core::partitioning
