#include "conformance/case.h"

namespace torch_tensorrt::conformance {
namespace {

using network::CumulativeOperation;
using network::TopKOperation;

Case topk(const std::string& name, InputSpec input, TopKOperation operation, int64_t k, int32_t axis, DataType index,
          bool stable = false) {
  const DataType dtype = input.type;
  const bool largest = operation == TopKOperation::kMAX;
  const auto sorted = [=](const at::Tensor& x) { return at::sort(x, /*stable=*/true, axis, largest); };
  Case row{"topk_" + name,
           {std::move(input)},
           [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
             auto* layer = network.addTopK(*in[0], operation, k, 1U << axis);
             layer->setIndicesType(index);
             layer->setStable(stable);
             return layer;
           },
           [=](const std::vector<at::Tensor>& in) { return std::get<0>(sorted(in[0])).narrow(axis, 0, k); },
           dtype};
  row.second_oracle = [=](const std::vector<at::Tensor>& in) { return std::get<1>(sorted(in[0])).narrow(axis, 0, k); };
  return row;
}

// Running results, computed one element after the other.
at::Tensor running(const at::Tensor& x, int64_t axis, CumulativeOperation operation) {
  std::vector<at::Tensor> parts = {x.select(axis, 0)};
  for (int64_t i = 1; i < x.size(axis); ++i) {
    const at::Tensor next = x.select(axis, i);
    const at::Tensor& last = parts.back();
    if (operation == CumulativeOperation::kSUM) parts.push_back(last + next);
    if (operation == CumulativeOperation::kPROD) parts.push_back(last * next);
    if (operation == CumulativeOperation::kMAX) parts.push_back(at::maximum(last, next));
    if (operation == CumulativeOperation::kMIN) parts.push_back(at::minimum(last, next));
  }
  return at::stack(parts, axis);
}

Case cumulative(const std::string& name, InputSpec input, CumulativeOperation operation, int32_t axis) {
  const DataType dtype = input.type;
  return {"cumulative_" + name,
          {std::move(input)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            return network.addCumulative(*in[0], operation, axis);
          },
          [=](const std::vector<at::Tensor>& in) { return running(in[0], axis, operation); },
          dtype,
          rounding(dtype, 32, "sums and products of up to 7 elements, rounded at each step")};
}

}  // namespace

Cases ordering_cases() {
  Cases cases;
  for (const DataType dtype : float_types()) {
    cases.push_back(
        topk(join("largest", dtype), {dtype, {3, 20}, Fill::kDistinct}, TopKOperation::kMAX, 5, 1, DataType::kINT64));
    cases.push_back(cumulative(join("sum", dtype), {dtype, {3, 7}}, CumulativeOperation::kSUM, 1));
  }
  for (const DataType dtype : {DataType::kINT32, DataType::kINT64, DataType::kUINT8}) {
    // Ties: the first of equal elements, and all equal elements in their order.
    cases.push_back(topk(join("first", dtype), {dtype, {6, 9}}, TopKOperation::kMIN, 1, 0, DataType::kINT32));
    cases.push_back(topk(join("stable", dtype), {dtype, {4, 30}}, TopKOperation::kMAX, 30, 1, DataType::kINT64, true));
    cases.push_back(cumulative(join("sum", dtype), {dtype, {5, 2}}, CumulativeOperation::kSUM, 0));
  }
  cases.push_back(topk("smallest", f32({2, 7, 5}, Fill::kDistinct), TopKOperation::kMIN, 3, 1, DataType::kINT32));
  cases.push_back(topk("none", f32({2, 7}, Fill::kDistinct), TopKOperation::kMIN, 0, 1, DataType::kINT32));
  for (const auto operation : {CumulativeOperation::kPROD, CumulativeOperation::kMAX, CumulativeOperation::kMIN}) {
    const std::string name = std::to_string(static_cast<int>(operation));
    cases.push_back(cumulative("operation_" + name, f32({2, 6, 3}), operation, 1));
  }
  return cases;
}

}  // namespace torch_tensorrt::conformance
