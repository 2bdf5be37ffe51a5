#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

namespace torch_tensorrt::core::conversion::evaluators {
namespace {

// Sizes of nested lists, taken from the first element of each level; copying the elements checks the others.
std::vector<int64_t> nested_sizes(const torch::jit::IValue& data) {
  std::vector<int64_t> sizes;
  torch::jit::IValue level = data;
  while (level.isList()) {
    const auto list = level.toListRef();
    sizes.push_back(static_cast<int64_t>(list.size()));
    if (list.empty()) break;
    level = list[0];
  }
  return sizes;
}

void flatten(const torch::jit::IValue& data, const std::vector<int64_t>& sizes, size_t depth,
             std::vector<at::Tensor>& elements) {
  if (!data.isList()) {
    TORCHTRT_CHECK(depth == sizes.size(), "the nested lists of a tensor must all have the same depth");
    elements.push_back(
        data.isTensor()
            ? data.toTensor()
            : at::scalar_tensor(data.toScalar(), at::TensorOptions().dtype(data.isDouble() ? converters::default_float()
                                                                           : data.isBool() ? at::kBool
                                                                                           : at::kLong)));
    return;
  }
  const auto list = data.toListRef();
  TORCHTRT_CHECK(
      depth < sizes.size() && static_cast<int64_t>(list.size()) == sizes[depth],
      "the nested lists of a tensor must have the same length, found " << list.size() << " and " << sizes[depth]);
  for (const auto& element : list) flatten(element, sizes, depth + 1, elements);
}

}  // namespace

at::Tensor createTensorFromList(const torch::jit::IValue& data, const torch::jit::IValue& dtype,
                                const torch::jit::IValue& device) {
  const auto sizes = nested_sizes(data);
  std::vector<at::Tensor> elements;
  flatten(data, sizes, 0, elements);
  auto tensor = elements.empty() ? at::empty({0}) : at::stack(elements);
  tensor = tensor.reshape(sizes);
  if (!dtype.isNone()) tensor = tensor.to(static_cast<at::ScalarType>(dtype.toInt()));
  if (!device.isNone()) tensor = tensor.to(device.toDevice());
  return tensor;
}

at::Tensor scalar_to_tensor(const at::Scalar& s, const at::Device device) {
  return at::scalar_tensor(s, at::TensorOptions().dtype(s.type()).device(device));
}

}  // namespace torch_tensorrt::core::conversion::evaluators
