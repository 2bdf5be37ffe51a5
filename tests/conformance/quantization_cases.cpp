#include <cmath>

#include "conformance/case.h"
#include "torch_tensorrt/core/network/rewriter.h"

// Quantization, and layers that compute with 8-bit integers, against the formulas in float64.
namespace torch_tensorrt::conformance {
namespace {

using network::ActivationType;
using network::ElementWiseOperation;
using network::Epilogue;
using network::EpilogueOp;
using network::MatrixOperation;

constexpr const char* kOneStep =
    "a number half way between two integers goes to either: results before rounding differ in the last place";
// Sums of products of integers are exact; the scale, the bias and each operation of the epilogue round once in f32.
constexpr const char* kEpilogue = "up to six roundings of f32";
constexpr double kSteps = 12;

InputSpec bytes(DataType type, std::vector<int64_t> dims) { return {type, std::move(dims), Fill::kBytes}; }

InputSpec constant(InputSpec spec) {
  spec.constant = true;
  return spec;
}

// ---- quantize and dequantize ---------------------------------------------------------------------------------------

at::Tensor along(const at::Tensor& scale, int32_t axis, int64_t rank) {
  std::vector<int64_t> sizes(static_cast<size_t>(rank), 1);
  if (axis >= 0) sizes[static_cast<size_t>(axis)] = scale.numel();
  return scale.reshape(sizes);
}

struct Quantization {
  DataType type = DataType::kINT8;
  int64_t zero = 0;
  int32_t axis = -1;
  int64_t low = -128;
  int64_t high = 127;
};

Case quantize_case(const std::string& name, InputSpec x, InputSpec scale, const Quantization& q, bool is_exact) {
  Case row;
  row.name = "quantize_" + name;
  row.inputs = {std::move(x), constant(std::move(scale))};
  row.output = q.type;
  row.build = [q](INetworkDefinition& network, const std::vector<ITensor*>& in) {
    auto* layer = network.addQuantize(*in[0], *in[1], q.type);
    layer->setZeroPoint(q.zero);
    layer->setAxis(q.axis);
    layer->setRange(q.low, q.high);
    return layer;
  };
  row.oracle = [q](const std::vector<at::Tensor>& in) {
    // In f32, as the definition says: the reciprocal rounds.
    const at::Tensor inverse = at::reciprocal(along(in[1], q.axis, in[0].dim()).to(at::kFloat));
    const at::Tensor places = at::round(in[0].to(at::kFloat) * inverse).to(at::kDouble) + q.zero;
    const auto low = static_cast<double>(q.low);
    return places.nan_to_num(low, static_cast<double>(q.high), low).clamp(q.low, q.high);
  };
  if (!is_exact) row.tolerance = {0, 1, kOneStep};
  return row;
}

Case dequantize_case(const std::string& name, InputSpec x, InputSpec scale, const Quantization& q) {
  Case row;
  row.name = "dequantize_" + name;
  row.inputs = {std::move(x), constant(std::move(scale))};
  row.build = [q](INetworkDefinition& network, const std::vector<ITensor*>& in) {
    auto* layer = network.addDequantize(*in[0], *in[1]);
    layer->setZeroPoint(q.zero);
    layer->setAxis(q.axis);
    return layer;
  };
  row.oracle = [q](const std::vector<at::Tensor>& in) {
    return (in[0].to(at::kDouble) - q.zero) * along(in[1], q.axis, in[0].dim());
  };
  row.tolerance = rounding(DataType::kFLOAT, 2, "one rounding");
  return row;
}

// ---- epilogues -----------------------------------------------------------------------------------------------------

EpilogueOp dequantize(int32_t input, int64_t zero) {
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kDequantize;
  op.input = input;
  op.beta = static_cast<double>(zero);
  return op;
}

EpilogueOp add(int32_t input, double scale = 0, int64_t zero = 0) {
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kElementWise;
  op.input = input;
  op.alpha = scale;
  op.beta = static_cast<double>(zero);
  return op;
}

EpilogueOp activation(ActivationType type, double alpha = 0, double beta = 0) {
  EpilogueOp op;
  op.activation = type;
  op.alpha = alpha;
  op.beta = beta;
  return op;
}

EpilogueOp quantize(DataType type, double scale, int64_t zero = 0) {
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kQuantize;
  op.type = type;
  op.alpha = scale;
  op.beta = static_cast<double>(zero);
  return op;
}

at::Tensor activated(const EpilogueOp& op, const at::Tensor& x) {
  if (op.activation == ActivationType::kRELU) return at::relu(x);
  if (op.activation == ActivationType::kGELU_ERF) return at::gelu(x);
  return at::clamp(x, op.alpha, op.beta);
}

at::Tensor finish(const Epilogue& epilogue, at::Tensor sums, const std::vector<at::Tensor>& inputs) {
  for (const EpilogueOp& op : epilogue) {
    switch (op.kind) {
      case EpilogueOp::Kind::kDequantize:
        sums = sums * inputs[static_cast<size_t>(op.input)];
        break;
      case EpilogueOp::Kind::kElementWise: {
        at::Tensor operand = inputs[static_cast<size_t>(op.input)].to(at::kDouble);
        if (op.alpha != 0) operand = (operand - op.beta) * op.alpha;
        sums = sums + operand;
        break;
      }
      case EpilogueOp::Kind::kActivation:
        sums = activated(op, sums);
        break;
      case EpilogueOp::Kind::kQuantize: {
        const bool is_signed = op.type == DataType::kINT8;
        sums = (at::round(sums / op.alpha) + op.beta).clamp(is_signed ? -128 : 0, is_signed ? 127 : 255);
        break;
      }
    }
  }
  return sums;
}

// Intermediate results of an epilogue that adds integers are up to `magnitude`.
void set_output(Case& row, const Epilogue& epilogue, double magnitude = 1) {
  const bool quantizes = epilogue.back().kind == EpilogueOp::Kind::kQuantize;
  row.output = quantizes ? epilogue.back().type : DataType::kFLOAT;
  row.tolerance = quantizes ? Tolerance{0, 1, kOneStep} : rounding(DataType::kFLOAT, kSteps, kEpilogue);
  row.tolerance.absolute *= quantizes ? 1 : magnitude;
}

// ---- convolutions --------------------------------------------------------------------------------------------------

struct Conv {
  DataType type = DataType::kUINT8;
  std::vector<int64_t> input;
  int64_t maps = 1;
  std::vector<int64_t> kernel;
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t groups = 1;
  int64_t zero = 0;
};

// The inputs behind x are those of the epilogue, from 1 on; the first is the scale.
Case convolution_case(const std::string& name, const Conv& conv, std::vector<InputSpec> operands, Epilogue rest) {
  Case row;
  row.name = "quantized_convolution_" + name;
  row.inputs = {bytes(conv.type, conv.input)};
  for (InputSpec& operand : operands) row.inputs.push_back(std::move(operand));
  Epilogue epilogue = {dequantize(1, conv.zero)};
  epilogue.insert(epilogue.end(), rest.begin(), rest.end());
  std::vector<int64_t> sizes = {conv.maps, conv.input[1] / conv.groups};
  sizes.insert(sizes.end(), conv.kernel.begin(), conv.kernel.end());
  const at::Tensor kernel = random_tensor(bytes(DataType::kINT8, sizes), 301);
  const size_t rank = conv.kernel.size();
  row.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) {
    auto* layer =
        network.addConvolutionNd(*in[0], conv.maps, Dims(conv.kernel), weights_of(network, kernel), network::Weights{});
    layer->setStrideNd(Dims(std::vector<int64_t>(rank, conv.stride)));
    layer->setPaddingNd(Dims(std::vector<int64_t>(rank, conv.padding)));
    layer->setNbGroups(conv.groups);
    for (size_t i = 1; i < in.size(); ++i) layer->setInput(static_cast<int32_t>(i), *in[i]);
    layer->mutable_epilogue() = epilogue;
    return layer;
  };
  row.oracle = [=](const std::vector<at::Tensor>& in) {
    const std::vector<int64_t> none(rank, 0);
    const std::vector<int64_t> ones(rank, 1);
    const std::vector<int64_t> stride(rank, conv.stride);
    const std::vector<int64_t> padding(rank, conv.padding);
    const at::Tensor sums = at::convolution(in[0].to(at::kDouble) - conv.zero, kernel.to(at::kDouble), std::nullopt,
                                            stride, padding, ones, false, none, conv.groups);
    return finish(epilogue, sums, in);
  };
  double magnitude = 1;
  for (const EpilogueOp& op : epilogue) {
    if (op.kind == EpilogueOp::Kind::kElementWise && op.alpha != 0) magnitude = 256 * op.alpha;
  }
  set_output(row, epilogue, magnitude);
  return row;
}

// A positive number for each output map.
InputSpec scales(std::vector<int64_t> dims) { return constant(f32(std::move(dims), Fill::kPositive)); }

Cases convolutions() {
  const InputSpec scale = scales({16, 1, 1});
  const InputSpec bias = constant(f32({16, 1, 1}));
  Cases rows;
  for (const DataType type : {DataType::kUINT8, DataType::kINT8}) {
    const Conv conv{type, {2, 8, 7, 6}, 16, {3, 3}, 1, 1};
    rows.push_back(convolution_case(join("to_f32", type), conv, {scale}, {}));
    rows.push_back(
        convolution_case(join("bias_relu", type), conv, {scale, bias}, {add(2), activation(ActivationType::kRELU)}));
    rows.push_back(convolution_case(join("requantize", type), conv, {scale, bias},
                                    {add(2), activation(ActivationType::kRELU), quantize(DataType::kUINT8, 400.0)}));
    rows.push_back(
        convolution_case(join("to_i8", type), conv, {scale, bias}, {add(2), quantize(DataType::kINT8, 700.0)}));
  }
  const Conv conv{DataType::kUINT8, {2, 8, 7, 6}, 16, {3, 3}, 1, 1};
  rows.push_back(
      convolution_case("residual", conv, {scale, bias, bytes(DataType::kUINT8, {2, 16, 7, 6})},
                       {add(2), add(3, 150.0), activation(ActivationType::kRELU), quantize(DataType::kUINT8, 400.0)}));
  rows.push_back(convolution_case(
      "residual_with_zero", conv, {scale, bias, bytes(DataType::kINT8, {2, 16, 7, 6})},
      {add(2), activation(ActivationType::kRELU), add(3, 150.0, 7), activation(ActivationType::kCLIP, -1e4, 1e5)}));
  rows.push_back(convolution_case("residual_f32", conv, {scale, bias, f32({2, 16, 7, 6})}, {add(2), add(3)}));
  rows.push_back(convolution_case("zero_points", {DataType::kUINT8, {1, 8, 6, 5}, 16, {3, 3}, 2, 1, 1, 37},
                                  {scale, bias}, {add(2), quantize(DataType::kUINT8, 700.0, 120)}));
  rows.push_back(convolution_case("one_scale", conv, {scales({1, 1, 1})}, {}));
  rows.push_back(convolution_case("depthwise", {DataType::kUINT8, {1, 16, 6, 6}, 16, {3, 3}, 1, 1, 16}, {scale, bias},
                                  {add(2), quantize(DataType::kUINT8, 300.0)}));
  rows.push_back(convolution_case("groups", {DataType::kINT8, {1, 16, 5, 5}, 16, {1, 1}, 1, 0, 2}, {scale}, {}));
  rows.push_back(
      convolution_case("one_dimension", {DataType::kUINT8, {2, 8, 9}, 16, {3}, 1, 1}, {scales({16, 1})}, {}));
  return rows;
}

// ---- products ------------------------------------------------------------------------------------------------------

Case product_case(const std::string& name, InputSpec a, InputSpec b, MatrixOperation op, int64_t zero,
                  std::vector<InputSpec> operands, Epilogue rest) {
  Case row;
  row.name = "quantized_matrix_multiply_" + name;
  row.inputs = {std::move(a), constant(std::move(b))};
  for (InputSpec& operand : operands) row.inputs.push_back(std::move(operand));
  Epilogue epilogue = {dequantize(2, zero)};
  epilogue.insert(epilogue.end(), rest.begin(), rest.end());
  row.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) {
    // Without the epilogue, the inputs would have to be of one dtype.
    network::Rewriter rewriter(network);
    auto* layer = rewriter.insert_after<network::IMatrixMultiplyLayer>(*network.layers().back(), {in[0], in[1]},
                                                                       MatrixOperation::kNONE, op);
    for (size_t i = 2; i < in.size(); ++i) layer->setInput(static_cast<int32_t>(i), *in[i]);
    layer->mutable_epilogue() = epilogue;
    return layer;
  };
  row.oracle = [=](const std::vector<at::Tensor>& in) {
    const at::Tensor right = op == MatrixOperation::kTRANSPOSE ? in[1].transpose(-1, -2) : in[1];
    return finish(epilogue, at::matmul(in[0].to(at::kDouble) - zero, right.to(at::kDouble)), in);
  };
  set_output(row, epilogue);
  return row;
}

Cases products() {
  const InputSpec scale = scales({24});
  const InputSpec bias = constant(f32({24}));
  const InputSpec b = bytes(DataType::kINT8, {16, 24});
  const InputSpec transposed = bytes(DataType::kINT8, {24, 16});
  constexpr auto kNone = MatrixOperation::kNONE;
  constexpr auto kTransposed = MatrixOperation::kTRANSPOSE;
  Cases rows;
  for (const DataType type : {DataType::kUINT8, DataType::kINT8}) {
    const InputSpec a = bytes(type, {5, 16});
    rows.push_back(product_case(join("to_f32", type), a, b, kNone, 0, {scale}, {}));
    rows.push_back(product_case(join("bias", type), a, transposed, kTransposed, 0, {scale, bias}, {add(3)}));
    rows.push_back(product_case(join("requantize", type), a, transposed, kTransposed, 0, {scale, bias},
                                {add(3), quantize(DataType::kINT8, 900.0)}));
  }
  const InputSpec stack = bytes(DataType::kINT8, {2, 3, 16});
  rows.push_back(
      product_case("stack", stack, transposed, kTransposed, 0, {scale, bias, f32({2, 3, 24})}, {add(3), add(4)}));
  rows.push_back(product_case("gelu", stack, transposed, kTransposed, 0, {scales({24}), bias},
                              {add(3), activation(ActivationType::kGELU_ERF), quantize(DataType::kINT8, 900.0)}));
  rows.push_back(product_case("zero_points", bytes(DataType::kUINT8, {5, 16}), b, kNone, 130, {scale, bias},
                              {add(3), quantize(DataType::kUINT8, 900.0, 99)}));
  return rows;
}

}  // namespace

Cases quantization_cases() {
  const InputSpec x = f32({2, 5, 4, 3});
  const InputSpec one = f32({}, Fill::kPositive);
  const InputSpec five = f32({5}, Fill::kPositive);
  InputSpec unit = f32({1});
  unit.values = {1};
  Cases rows;
  rows.push_back(quantize_case("i8", x, one, {}, true));
  rows.push_back(quantize_case("u8", x, one, {DataType::kUINT8, 0, -1, 0, 255}, true));
  InputSpec far = f32({8});
  far.values = {300, -300, 127, 128, -128, -129, 0, 1};
  rows.push_back(quantize_case("saturates", far, unit, {}, true));
  rows.push_back(quantize_case("saturates_u8", far, unit, {DataType::kUINT8, 0, -1, 0, 255}, true));
  rows.push_back(quantize_case("ties", f32({40}, Fill::kHalves), unit, {}, true));
  rows.push_back(quantize_case("axis", x, five, {DataType::kINT8, 0, 1, -128, 127}, true));
  rows.push_back(quantize_case("part_of_the_range", x, one, {DataType::kINT8, 0, -1, -2, 1}, true));
  rows.push_back(quantize_case("zero", x, one, {DataType::kUINT8, 77, -1, 0, 255}, false));
  rows.push_back(quantize_case("bf16", {DataType::kBF16, {3, 7}}, one, {}, true));
  for (const DataType type : {DataType::kINT8, DataType::kUINT8}) {
    rows.push_back(dequantize_case(join("plain", type), bytes(type, {2, 5, 4, 3}), one, {type}));
    rows.push_back(dequantize_case(join("zero", type), bytes(type, {2, 5}), one, {type, 5}));
    rows.push_back(dequantize_case(join("axis", type), bytes(type, {2, 5, 4, 3}), five, {type, 0, 1}));
  }
  for (auto* make : {convolutions, products}) {
    for (Case& row : make()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace torch_tensorrt::conformance
