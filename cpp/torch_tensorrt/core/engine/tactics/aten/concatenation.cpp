#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"

namespace torch_tensorrt::engine::aten {
namespace {

Compute make(Request& request) {
  const int64_t axis = request.layer<network::IConcatenationLayer>().getAxis();
  const at::Tensor& out = request.output();
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  int64_t offset = 0;
  for (const at::Tensor& input : request.inputs()) {
    const int64_t length = input.size(axis);
    copies.emplace_back(out.narrow(axis, offset, length), input);
    offset += length;
  }
  return [copies = std::move(copies)]() mutable {
    for (auto& [to, from] : copies) to.copy_(from);
  };
}

}  // namespace

const Row kConcatenationRow = {"aten.concatenation", network::LayerType::kCONCATENATION, any_dtype, make};

}  // namespace torch_tensorrt::engine::aten
