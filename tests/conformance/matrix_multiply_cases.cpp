#include <cmath>

#include "conformance/bounds.h"
#include "conformance/case.h"

namespace torch_tensorrt::conformance {
namespace {

using network::ElementWiseOperation;
using network::EpilogueOp;
using network::MatrixOperation;

constexpr auto kNone = MatrixOperation::kNONE;
constexpr auto kTranspose = MatrixOperation::kTRANSPOSE;
constexpr auto kVector = MatrixOperation::kVECTOR;

at::Tensor product(at::Tensor a, MatrixOperation op_a, at::Tensor b, MatrixOperation op_b) {
  if (op_a == kTranspose) a = a.transpose(-1, -2);
  if (op_b == kTranspose) b = b.transpose(-1, -2);
  if (op_a == kVector) a = a.unsqueeze(-2);
  if (op_b == kVector) b = b.unsqueeze(-1);
  at::Tensor result = at::matmul(a, b);
  if (op_b == kVector) result = result.squeeze(-1);
  return op_a == kVector ? result.squeeze(op_b == kVector ? -1 : -2) : result;
}

Case multiply(const std::string& name, InputSpec a, MatrixOperation op_a, InputSpec b, MatrixOperation op_b) {
  const DataType dtype = a.type;
  Tolerance tolerance;
  if (network::is_floating_point(dtype)) {
    tolerance = rounding(dtype, 8, "sums of products, added in another order");
    tolerance.scale_absolute(std::sqrt(static_cast<double>(a.dims.back() + a.dims.front())));
  }
  return {"matrix_multiply_" + name,
          {std::move(a), std::move(b)},
          [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
            return network.addMatrixMultiply(*in[0], op_a, *in[1], op_b);
          },
          [=](const std::vector<at::Tensor>& in) { return product(in[0], op_a, in[1], op_b); },
          dtype,
          tolerance};
}

EpilogueOp add_input(int32_t input) {
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kElementWise;
  op.elementwise = ElementWiseOperation::kSUM;
  op.input = input;
  return op;
}

EpilogueOp activate(network::ActivationType type) {
  EpilogueOp op;
  op.activation = type;
  return op;
}

// A linear layer: x W^T + b, then the activation.
Case linear(const std::string& name, std::vector<int64_t> input, const network::Epilogue& epilogue,
            const std::vector<Stage>& activations) {
  InputSpec weight = f32({24, input.back()});
  InputSpec bias = f32({24});
  weight.constant = true;
  bias.constant = true;
  Case row = multiply(name, f32(std::move(input)), kNone, weight, kTranspose);
  row.inputs.push_back(bias);
  const auto build = row.build;
  row.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) -> ILayer* {
    auto* layer = static_cast<network::IMatrixMultiplyLayer*>(build(network, in));
    layer->setInput(2, *in[2]);
    layer->mutable_epilogue() = epilogue;
    return layer;
  };
  // ATen's tactic rounds the product, the sum and the result of the activation.
  std::vector<Stage> stages = {[](const at::Tensor& y, auto& in) { return y + in[2]; }};
  stages.insert(stages.end(), activations.begin(), activations.end());
  row.oracle = [=](const std::vector<at::Tensor>& in) { return run_stages(at::linear(in[0], in[1]), stages, in); };
  row.stored = [=](const std::vector<at::Tensor>& in, double unit) -> std::vector<at::Tensor> {
    return {stored_between(unit, at::linear(in[0], in[1]), stages, in)};
  };
  return row;
}

}  // namespace

Cases matrix_multiply_cases() {
  Cases cases;
  for (const DataType dtype : float_types()) {
    cases.push_back(multiply(join("2d", dtype), {dtype, {5, 7}}, kNone, {dtype, {7, 6}}, kNone));
    cases.push_back(multiply(join("batched", dtype), {dtype, {2, 3, 5, 7}}, kNone, {dtype, {2, 3, 6, 7}}, kTranspose));
  }
  for (const DataType dtype : {DataType::kINT32, DataType::kINT64}) {
    cases.push_back(multiply(join("2d", dtype), {dtype, {5, 7}}, kNone, {dtype, {7, 6}}, kNone));
  }
  cases.push_back(multiply("transpose_both", f32({9, 4}), kTranspose, f32({5, 9}), kTranspose));
  cases.push_back(multiply("broadcast_batch", f32({2, 1, 5, 7}), kNone, f32({3, 7, 4}), kNone));
  cases.push_back(multiply("shorter_left", f32({5, 7}), kNone, f32({2, 3, 7, 4}), kNone));
  cases.push_back(multiply("vector_vector", f32({9}), kVector, f32({9}), kVector));
  cases.push_back(multiply("matrix_vector", f32({3, 5, 9}), kNone, f32({9}), kVector));
  cases.push_back(multiply("vector_matrix", f32({9}), kVector, f32({2, 9, 4}), kNone));
  cases.push_back(multiply("vector_transposed", f32({2, 9}), kVector, f32({2, 4, 9}), kTranspose));
  cases.push_back(multiply("batched_vectors", f32({4, 9}), kVector, f32({4, 9}), kVector));
  cases.push_back(multiply("one_row", f32({1, 64}), kNone, f32({64, 33}), kNone));
  cases.push_back(linear("linear", {4, 16}, {add_input(2)}, {}));
  cases.push_back(linear("linear_3d_gelu", {2, 3, 16}, {add_input(2), activate(network::ActivationType::kGELU_ERF)},
                         {[](const at::Tensor& y, auto&) { return at::gelu(y); }}));
  cases.push_back(linear("linear_relu", {1, 40}, {add_input(2), activate(network::ActivationType::kRELU)},
                         {[](const at::Tensor& y, auto&) { return at::relu(y); }}));
  return cases;
}

}  // namespace torch_tensorrt::conformance
