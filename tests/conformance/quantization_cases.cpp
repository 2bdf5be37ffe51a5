#include <cmath>

#include "conformance/bounds.h"
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

// Sums of products of integers are exact. The epilogue computes in f32, and its error has a bound (finish). A result
// that is quantized may differ by one step, and only where it lies within that bound of a tie.
constexpr const char* kEpilogue = "exact sums, and the roundings of the epilogue in f32";
const double kUnit = std::ldexp(1.0, -24);  // of f32

// The integers of a number that is only known up to its error: those of the number, and the bound of their difference.
struct Steps {
  at::Tensor value;
  at::Tensor allowed;
};

Steps quantized(const Bounded& x, int64_t zero, int64_t low, int64_t high) {
  const at::Tensor to_tie = at::abs(x.value - at::floor(x.value) - 0.5);
  const auto bounded = [=](const at::Tensor& steps) { return (steps + zero).clamp(low, high); };
  const at::Tensor value = bounded(at::round(x.value));
  const at::Tensor up = bounded(at::floor(x.value) + 1);
  const at::Tensor down = bounded(at::floor(x.value));
  const at::Tensor other = at::maximum(at::abs(up - value), at::abs(down - value));
  return {value, at::where(to_tie.le(x.error), other, at::zeros_like(value))};
}

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

Case quantize_case(const std::string& name, InputSpec x, InputSpec scale, const Quantization& q) {
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
  // In f32, as the definition says: the reciprocal rounds, and the product.
  const auto steps = [q](const std::vector<at::Tensor>& in) -> Steps {
    const at::Tensor inverse = at::reciprocal(along(in[1], q.axis, in[0].dim()).to(at::kFloat));
    const auto low = static_cast<double>(q.low);
    const auto most = static_cast<double>(q.high - q.low + 2);
    const at::Tensor exact = (in[0].to(at::kFloat) * inverse).to(at::kDouble);
    const at::Tensor places = exact.nan_to_num(low - static_cast<double>(q.zero), 2 * most, -2 * most);
    // A kernel may add the zero point before it rounds: then the sum rounds too.
    const at::Tensor error = (at::abs(places) + std::abs(static_cast<double>(q.zero))) * (q.zero == 0 ? 0 : kUnit);
    Steps result = quantized({places, error - (q.zero == 0 ? 1 : 0)}, q.zero, q.low, q.high);
    // NaN gives an end of the range, either one.
    const at::Tensor range = at::full_like(result.allowed, static_cast<double>(q.high - q.low));
    result.allowed = at::where(at::isnan(exact), range, result.allowed);
    return result;
  };
  if (q.zero != 0) row.tolerance = {0, 1, kEpilogue};  // for kernels of GPUs; here, `allowed` holds
  row.oracle = [=](const std::vector<at::Tensor>& in) { return steps(in).value; };
  row.allowed = [=](const std::vector<at::Tensor>& in) { return steps(in).allowed; };
  return row;
}

Case dequantize_case(const std::string& name, InputSpec x, InputSpec scale, const Quantization& q,
                     DataType to = DataType::kFLOAT) {
  Case row;
  row.name = "dequantize_" + name;
  row.inputs = {std::move(x), constant(std::move(scale))};
  row.output = to;
  row.build = [q, to](INetworkDefinition& network, const std::vector<ITensor*>& in) {
    auto* layer = network.addDequantize(*in[0], *in[1], to);
    layer->setZeroPoint(q.zero);
    layer->setAxis(q.axis);
    return layer;
  };
  row.oracle = [q](const std::vector<at::Tensor>& in) {
    return (in[0].to(at::kDouble) - q.zero) * along(in[1], q.axis, in[0].dim());
  };
  row.tolerance = rounding(to, 1, "one rounding");
  row.tolerance.scale_absolute(0);
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

// The product of the result and an operand: an integer is multiplied by its scale, and the result by that.
Bounded multiply_operand(const EpilogueOp& op, const Bounded& result, const at::Tensor& input) {
  Bounded operand = exactly(input.to(at::kDouble));
  if (op.alpha != 0) operand = rounded(exactly((operand.value - op.beta) * op.alpha), 2 * kUnit);
  return rounded(product(result, operand), kUnit);
}

Bounded add_operand(const EpilogueOp& op, const Bounded& sums, const at::Tensor& input) {
  at::Tensor operand = input.to(at::kDouble);
  at::Tensor magnitude = at::abs(sums.value) + at::abs(operand);
  double roundings = 2;  // of the sum and, where a kernel adds before it scales, of the operand
  if (op.alpha != 0) {
    // An integer: the sums are divided by its scale, its zero point is subtracted, it is added, the sum multiplied.
    operand = (operand - op.beta) * op.alpha;
    magnitude = at::abs(sums.value) + at::abs(operand) + std::abs(op.alpha * op.beta);
    roundings = 6;
  }
  return {sums.value + operand, sums.error + magnitude * (roundings * kUnit)};
}

struct Finished {
  at::Tensor value;
  at::Tensor allowed;
};

// The epilogue in float64, from sums on that are exact but for so many roundings to f32, and how far f32 may be off.
Finished finish(const Epilogue& epilogue, const at::Tensor& exact, double roundings,
                const std::vector<at::Tensor>& inputs) {
  Bounded sums = rounded(exactly(exact), roundings * kUnit);
  for (const EpilogueOp& op : epilogue) {
    switch (op.kind) {
      case EpilogueOp::Kind::kDequantize:
        // Integers beyond 2^24 round to f32, and the product rounds.
        sums = rounded(product(sums, exactly(inputs[static_cast<size_t>(op.input)])), 2 * kUnit);
        break;
      case EpilogueOp::Kind::kElementWise:
        sums = (op.elementwise == ElementWiseOperation::kPROD ? multiply_operand : add_operand)(
            op, sums, inputs[static_cast<size_t>(op.input)]);
        break;
      case EpilogueOp::Kind::kActivation: {
        const bool rounds = op.activation == ActivationType::kGELU_ERF;
        // GELU's slope is at most 1.13; the vectorised functions are good to 64 roundings, as in the rows for f32.
        const at::Tensor error = rounds ? sums.error * 1.13 + (at::abs(sums.value) + 1) * (64 * kUnit) : sums.error;
        sums = {activated(op, sums.value), error};
        break;
      }
      case EpilogueOp::Kind::kQuantize: {
        const bool is_signed = op.type == DataType::kINT8;
        // The reciprocal of the scale and the product round, and the sum with the zero point.
        Bounded steps{sums.value / op.alpha, sums.error / op.alpha};
        steps = rounded(steps, 2 * kUnit);
        steps.error = steps.error + (at::abs(steps.value) + std::abs(op.beta)) * kUnit;
        const Steps last = quantized(steps, static_cast<int64_t>(op.beta), is_signed ? -128 : 0, is_signed ? 127 : 255);
        return {last.value, last.allowed};
      }
    }
  }
  return {sums.value, sums.error};
}

// The results of the epilogue after the given sums, which a kernel may round to f32 so many times.
void set_results(Case& row, const Epilogue& epilogue,
                 const std::function<at::Tensor(const std::vector<at::Tensor>&)>& sums, double roundings = 0) {
  const bool quantizes = epilogue.back().kind == EpilogueOp::Kind::kQuantize;
  row.output = quantizes ? epilogue.back().type : DataType::kFLOAT;
  // For kernels of GPUs; here, `allowed` holds.
  row.tolerance = quantizes ? Tolerance{0, 1, kEpilogue} : rounding(DataType::kFLOAT, 12, kEpilogue);
  row.oracle = [=](const std::vector<at::Tensor>& in) { return finish(epilogue, sums(in), roundings, in).value; };
  row.allowed = [=](const std::vector<at::Tensor>& in) { return finish(epilogue, sums(in), roundings, in).allowed; };
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
  int64_t dilation = 1;
  int64_t post = -1;  // padding behind, if it is not that before
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
    layer->setDilationNd(Dims(std::vector<int64_t>(rank, conv.dilation)));
    layer->setPrePadding(Dims(std::vector<int64_t>(rank, conv.padding)));
    layer->setPostPadding(Dims(std::vector<int64_t>(rank, conv.post < 0 ? conv.padding : conv.post)));
    layer->setNbGroups(conv.groups);
    for (size_t i = 1; i < in.size(); ++i) layer->setInput(static_cast<int32_t>(i), *in[i]);
    layer->mutable_epilogue() = epilogue;
    return layer;
  };
  set_results(row, epilogue, [=](const std::vector<at::Tensor>& in) {
    const std::vector<int64_t> none(rank, 0);
    std::vector<int64_t> amounts;
    for (size_t i = 0; i < rank; ++i) {
      amounts.insert(amounts.end(), {conv.padding, conv.post < 0 ? conv.padding : conv.post});
    }
    // Padding stands for 0, which the zero point encodes.
    const at::Tensor x = at::constant_pad_nd(in[0].to(at::kDouble) - conv.zero, amounts);
    return at::convolution(x, kernel.to(at::kDouble), std::nullopt, std::vector<int64_t>(rank, conv.stride), none,
                           std::vector<int64_t>(rank, conv.dilation), false, none, conv.groups);
  });
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
  const Epilogue requantize = {add(2), activation(ActivationType::kRELU), quantize(DataType::kUINT8, 400.0)};
  for (const DataType type : {DataType::kUINT8, DataType::kINT8}) {
    const auto with_bias = [&](const char* what, const Conv& layer, const Epilogue& rest,
                               std::vector<int64_t> per_map) {
      rows.push_back(convolution_case(join(what, type), layer, {scales(per_map), constant(f32(per_map))}, rest));
    };
    const std::vector<int64_t> maps = {16, 1, 1};
    with_bias("strided", {type, {2, 8, 9, 8}, 16, {3, 3}, 2, 1}, requantize, maps);
    with_bias("dilated", {type, {1, 8, 10, 9}, 16, {3, 3}, 1, 2, 1, 0, 2}, requantize, maps);
    with_bias("pointwise", {type, {2, 32, 7, 5}, 16, {1, 1}, 1, 0}, requantize, maps);
    with_bias("many_channels", {type, {1, 160, 5, 5}, 16, {3, 3}, 1, 1}, {add(2)}, maps);
    with_bias("uneven_padding", {type, {1, 8, 8, 8}, 16, {3, 3}, 2, 0, 1, 0, 1, 1}, requantize, maps);
    with_bias("groups_of_8", {type, {1, 32, 6, 6}, 32, {3, 3}, 1, 1, 4}, {add(2), quantize(DataType::kINT8, 500.0)},
              {32, 1, 1});
    with_bias("depthwise_strided", {type, {1, 16, 9, 9}, 16, {3, 3}, 2, 1, 16}, requantize, maps);
    with_bias("depthwise_dilated", {type, {1, 16, 9, 9}, 16, {3, 3}, 1, 2, 16, 0, 2}, {add(2)}, maps);
    with_bias("depthwise_zero", {type, {1, 16, 6, 6}, 16, {3, 3}, 1, 1, 16, 21}, requantize, maps);
    with_bias("groups_zero", {type, {1, 16, 5, 5}, 16, {3, 3}, 1, 1, 2, 21}, requantize, maps);
    with_bias("dilated_zero", {type, {1, 8, 9, 9}, 16, {3, 3}, 1, 2, 1, 5, 2}, requantize, maps);
    with_bias("zero_to_f32", {type, {1, 8, 6, 5}, 16, {3, 3}, 1, 1, 1, 11}, {add(2)}, maps);
    with_bias("one_dimension_requantize", {type, {2, 8, 15}, 16, {5}, 2, 2}, requantize, {16, 1});
    with_bias("one_dimension_dilated", {type, {2, 8, 15}, 16, {3}, 1, 2, 1, 0, 2}, {add(2)}, {16, 1});
    with_bias("one_dimension_depthwise", {type, {2, 16, 11}, 16, {3}, 1, 1, 16}, requantize, {16, 1});
    with_bias("three_dimensions", {type, {1, 8, 5, 6, 4}, 16, {3, 3, 3}, 1, 1}, requantize, {16, 1, 1, 1});
    with_bias("three_dimensions_strided", {type, {1, 8, 5, 6, 4}, 16, {2, 3, 2}, 2, 0}, {add(2)}, {16, 1, 1, 1});
    with_bias("clip", {type, {1, 8, 6, 6}, 16, {3, 3}, 1, 1},
              {add(2), activation(ActivationType::kCLIP, 0, 6000), quantize(DataType::kUINT8, 23.5)}, maps);
    with_bias("saturates", {type, {1, 8, 6, 6}, 16, {3, 3}, 1, 1}, {add(2), quantize(DataType::kINT8, 30.0, -9)}, maps);
    // Scales with exact numbers make ties, which go to the even number.
    InputSpec unit = scales({1, 1, 1});
    unit.type = DataType::kFLOAT;
    unit.values = {1};
    rows.push_back(convolution_case(join("ties", type), {type, {1, 8, 6, 6}, 16, {3, 3}, 1, 1}, {unit},
                                    {quantize(DataType::kINT8, 512.0)}));
    rows.back().allowed = {};  // all numbers are exact
    rows.back().tolerance = {};
    rows.push_back(convolution_case(join("one_scale_requantize", type), {type, {1, 8, 6, 6}, 16, {3, 3}, 1, 1},
                                    {scales({1, 1, 1}), bias},
                                    {add(2), activation(ActivationType::kRELU), quantize(DataType::kUINT8, 400.0, 3)}));
    rows.push_back(convolution_case(join("residual_to", type), conv, {scale, bias, bytes(type, {2, 16, 7, 6})},
                                    {add(2), add(3, 150.0, 4), quantize(type, 700.0, 5)}));
  }
  rows.push_back(
      convolution_case("one_dimension", {DataType::kUINT8, {2, 8, 9}, 16, {3}, 1, 1}, {scales({16, 1})}, {}));
  return rows;
}

// ---- products ------------------------------------------------------------------------------------------------------

Case product_case(const std::string& name, InputSpec a, InputSpec b, MatrixOperation op, int64_t zero,
                  std::vector<InputSpec> operands, Epilogue rest) {
  Case row;
  row.name = "quantized_matrix_multiply_" + name;
  row.inputs = {std::move(a), std::move(b)};
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
  set_results(row, epilogue, [=](const std::vector<at::Tensor>& in) {
    const at::Tensor right = op == MatrixOperation::kTRANSPOSE ? in[1].transpose(-1, -2) : in[1];
    return at::matmul(in[0].to(at::kDouble) - zero, right.to(at::kDouble));
  });
  return row;
}

Cases products() {
  const InputSpec scale = scales({24});
  const InputSpec bias = constant(f32({24}));
  const InputSpec b = constant(bytes(DataType::kINT8, {16, 24}));
  const InputSpec transposed = constant(bytes(DataType::kINT8, {24, 16}));
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
  for (const DataType type : {DataType::kUINT8, DataType::kINT8}) {
    const InputSpec a = bytes(type, {5, 16});
    const Epilogue to_bytes = {add(3), activation(ActivationType::kRELU), quantize(DataType::kUINT8, 900.0)};
    rows.push_back(product_case(join("one_row", type), bytes(type, {1, 16}), b, kNone, 0, {scale, bias}, to_bytes));
    rows.push_back(product_case(join("one_scale", type), a, b, kNone, 0, {scales({1}), bias}, to_bytes));
    rows.push_back(product_case(join("zero", type), a, transposed, kTransposed, 19, {scale, bias}, to_bytes));
    rows.push_back(product_case(join("zero_to_f32", type), a, b, kNone, 19, {scale, bias}, {add(3)}));
    rows.push_back(product_case(join("residual", type), a, b, kNone, 0, {scale, bias, bytes(type, {5, 24})},
                                {add(3), add(4, 150.0, 4), quantize(type, 900.0, 6)}));
    rows.push_back(product_case(join("long_sums", type), bytes(type, {3, 1200}),
                                constant(bytes(DataType::kINT8, {1200, 24})), kNone, 0, {scale, bias}, {add(3)}));
    rows.push_back(product_case(join("stack_requantize", type), bytes(type, {2, 3, 16}), transposed, kTransposed, 0,
                                {scale, bias}, to_bytes));
    rows.push_back(product_case(join("stacks", type), bytes(type, {2, 3, 5, 16}), bytes(DataType::kINT8, {2, 3, 16, 7}),
                                kNone, 0, {scales({1})}, {}));
    rows.push_back(product_case(join("stacks_transposed", type), bytes(type, {2, 5, 16}),
                                bytes(DataType::kINT8, {2, 7, 16}), kTransposed, 0, {scales({1})},
                                {quantize(DataType::kINT8, 900.0)}));
    rows.push_back(product_case(join("saturates", type), a, b, kNone, 0, {scale, bias},
                                {add(3), quantize(DataType::kINT8, 50.0, 13)}));
  }
  rows.push_back(product_case("zero_points", bytes(DataType::kUINT8, {5, 16}), b, kNone, 130, {scale, bias},
                              {add(3), quantize(DataType::kUINT8, 900.0, 99)}));
  return rows;
}

// Floats times 8-bit weights. Sums of `inner` products in f32, in any order, are off by at most inner * unit * the sum
// of the sizes of the products; the scale and the bias round once more each, and a ReLU changes no distance.
Case weight_only_case(const std::string& name, std::vector<int64_t> rows, int64_t inner, int64_t columns, bool has_bias,
                      Epilogue rest) {
  rows.push_back(inner);
  std::vector<InputSpec> operands = {scales({columns})};
  if (has_bias) operands.push_back(constant(f32({columns})));
  Case row =
      product_case("weight_only_" + name, f32(std::move(rows)), constant(bytes(DataType::kINT8, {columns, inner})),
                   MatrixOperation::kTRANSPOSE, 0, operands, std::move(rest));
  row.allowed = [=](const std::vector<at::Tensor>& in) {
    at::Tensor sizes = at::matmul(in[0].abs(), in[1].abs().to(at::kDouble).transpose(0, 1)) * in[2];
    if (has_bias) sizes = sizes + in[3].abs();
    return sizes * (static_cast<double>(inner + 2) * kUnit);
  };
  return row;
}

Cases weight_only_products() {
  Cases rows;
  rows.push_back(weight_only_case("one_row", {1}, 300, 24, false, {}));
  rows.push_back(weight_only_case("odd", {1}, 37, 67, true, {add(3)}));  // no multiple of any block
  rows.push_back(weight_only_case("rows", {7}, 64, 32, true, {add(3), activation(ActivationType::kRELU)}));
  rows.push_back(weight_only_case("stack", {2, 5}, 48, 20, true, {add(3)}));
  rows.push_back(weight_only_case("few_columns", {3}, 16, 3, false, {}));
  rows.push_back(weight_only_case("no_rows", {0}, 16, 8, false, {}));
  return rows;
}

// ---- averages, and functions of two tensors ------------------------------------------------------------------------

// The sum times the rounded reciprocal of the count.
constexpr double kRoundingsOfAverage = 2;

// From an average to integers of the same dtype. Input 1 is the scale.
Epilogue to_integers(DataType type, int64_t zero) { return {dequantize(1, zero), quantize(type, 1.3, zero)}; }

struct Averaged {
  DataType type = DataType::kUINT8;
  std::vector<int64_t> input;
  std::vector<int64_t> window;
  int64_t stride = 1;
  int64_t padding = 0;
  bool excludes_padding = false;
  int64_t zero = 0;
};

Case average_case(const std::string& name, const Averaged& pool) {
  Case row;
  row.name = join("quantized_average_" + name, pool.type);
  row.inputs = {bytes(pool.type, pool.input), scales({})};
  const Epilogue epilogue = to_integers(pool.type, pool.zero);
  const std::vector<int64_t> stride(pool.window.size(), pool.stride);
  const std::vector<int64_t> padding(pool.window.size(), pool.padding);
  row.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) {
    network::Rewriter rewriter(network);
    auto* layer = rewriter.insert_after<network::IPoolingLayer>(*network.layers().back(), {in[0]},
                                                                network::PoolingType::kAVERAGE, Dims(pool.window));
    layer->setStrideNd(Dims(stride));
    layer->setPaddingNd(Dims(padding));
    layer->setAverageCountExcludesPadding(pool.excludes_padding);
    layer->setInput(1, *in[1]);
    layer->mutable_epilogue() = epilogue;
    return layer;
  };
  const auto average = [=](const std::vector<at::Tensor>& in) {
    const at::Tensor x = in[0].to(at::kDouble) - pool.zero;
    const bool counts = !pool.excludes_padding;
    if (pool.window.size() == 3) return at::avg_pool3d(x, pool.window, stride, padding, false, counts);
    return at::avg_pool2d(x, pool.window, stride, padding, false, counts);
  };
  set_results(row, epilogue, average, kRoundingsOfAverage);
  return row;
}

Case mean_case(const std::string& name, DataType type, std::vector<int64_t> dims, std::vector<int64_t> axes, bool keep,
               int64_t zero = 0) {
  Case row;
  row.name = join("quantized_mean_" + name, type);
  row.inputs = {bytes(type, std::move(dims)), scales({})};
  const Epilogue epilogue = to_integers(type, zero);
  uint32_t mask = 0;
  for (const int64_t axis : axes) mask |= 1U << static_cast<uint32_t>(axis);
  row.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) {
    network::Rewriter rewriter(network);
    auto* layer = rewriter.insert_after<network::IReduceLayer>(*network.layers().back(), {in[0]},
                                                               network::ReduceOperation::kAVG, mask, keep);
    layer->setInput(1, *in[1]);
    layer->mutable_epilogue() = epilogue;
    return layer;
  };
  const auto mean = [=](const std::vector<at::Tensor>& in) {
    return at::mean(in[0].to(at::kDouble) - zero, axes, keep);
  };
  set_results(row, epilogue, mean, kRoundingsOfAverage);
  return row;
}

Cases averages() {
  Cases rows;
  for (const DataType type : {DataType::kUINT8, DataType::kINT8}) {
    rows.push_back(average_case("2x2", {type, {2, 19, 8, 6}, {2, 2}, 2}));
    rows.push_back(average_case("padded", {type, {1, 32, 7, 7}, {3, 3}, 1, 1}));
    rows.push_back(average_case("padded_excluded", {type, {1, 40, 7, 7}, {3, 3}, 1, 1, true}));
    rows.push_back(average_case("zero", {type, {1, 8, 6, 6}, {2, 2}, 2, 0, false, 5}));
    rows.push_back(average_case("three_dimensions", {type, {1, 8, 4, 6, 4}, {2, 2, 2}, 2}));
    rows.push_back(mean_case("spatial", type, {2, 24, 7, 5}, {2, 3}, true));
    rows.push_back(mean_case("spatial_dropped", type, {2, 24, 7, 5}, {2, 3}, false));
    rows.push_back(mean_case("last", type, {3, 5, 16}, {2}, false));
    rows.push_back(mean_case("zero", type, {1, 8, 5, 5}, {2, 3}, true, 3));
  }
  return rows;
}

EpilogueOp multiply(int32_t input, double scale = 0) {
  EpilogueOp op = add(input, scale);
  op.elementwise = ElementWiseOperation::kPROD;
  return op;
}

// A dequantize layer with operations behind it. The inputs behind x are the scale and those of the epilogue, from 2 on.
Case joined_case(const std::string& name, InputSpec x, std::vector<InputSpec> operands, const Epilogue& epilogue,
                 int64_t zero = 0) {
  Case row;
  row.name = "joined_integers_" + name;
  row.inputs = {std::move(x), scales({})};
  for (InputSpec& operand : operands) row.inputs.push_back(std::move(operand));
  row.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) {
    auto* layer = network.addDequantize(*in[0], *in[1]);
    layer->setZeroPoint(zero);
    for (size_t i = 2; i < in.size(); ++i) layer->setInput(static_cast<int32_t>(i), *in[i]);
    layer->mutable_epilogue() = epilogue;
    return layer;
  };
  set_results(
      row, epilogue,
      [=](const std::vector<at::Tensor>& in) { return (in[0].to(at::kDouble) - zero) * in[1].to(at::kDouble); },
      /*roundings=*/1);
  return row;
}

Cases joined() {
  const std::vector<int64_t> dims = {2, 24, 5, 6};
  const std::vector<int64_t> per_map = {2, 24, 1, 1};
  const EpilogueOp relu = activation(ActivationType::kRELU);
  Cases rows;
  for (const DataType type : {DataType::kUINT8, DataType::kINT8}) {
    const DataType other = type == DataType::kINT8 ? DataType::kUINT8 : DataType::kINT8;
    const InputSpec x = bytes(type, dims);
    const auto row = [&](const char* what, std::vector<InputSpec> operands, const Epilogue& epilogue) {
      rows.push_back(joined_case(join(what, type), x, std::move(operands), epilogue));
    };
    row("sum", {bytes(type, dims)}, {add(2, 0.7), quantize(type, 1.6)});
    row("sum_of_other", {bytes(other, dims)}, {add(2, 0.7), quantize(type, 1.6)});
    row("sum_to_other", {bytes(type, dims)}, {add(2, 0.7), relu, quantize(DataType::kUINT8, 1.6)});
    row("sum_of_floats", {f32(dims)}, {add(2), quantize(type, 1.1)});
    row("clipped", {bytes(type, dims)},
        {add(2, 0.7), activation(ActivationType::kCLIP, 0, 60), quantize(DataType::kUINT8, 0.25)});
    row("product", {bytes(DataType::kUINT8, per_map)}, {multiply(2, 1.0 / 255), quantize(type, 1.2)});
    row("product_of_floats", {f32(per_map, Fill::kUnit)}, {multiply(2), quantize(type, 1.2)});
    row("two_sums", {bytes(type, dims), f32(dims)}, {add(2, 0.7), add(3), relu, quantize(DataType::kUINT8, 1.6)});
    row("to_f32", {bytes(type, dims)}, {add(2, 0.7), relu});
  }
  rows.push_back(joined_case("zero", bytes(DataType::kUINT8, dims), {bytes(DataType::kINT8, dims)},
                             {add(2, 0.7, 3), quantize(DataType::kINT8, 1.6, -4)}, 9));
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
  rows.push_back(quantize_case("i8", x, one, {}));
  rows.push_back(quantize_case("u8", x, one, {DataType::kUINT8, 0, -1, 0, 255}));
  InputSpec far = f32({8});
  far.values = {300, -300, 127, 128, -128, -129, 0, 1};
  rows.push_back(quantize_case("saturates", far, unit, {}));
  rows.push_back(quantize_case("saturates_u8", far, unit, {DataType::kUINT8, 0, -1, 0, 255}));
  rows.push_back(quantize_case("ties", f32({40}, Fill::kHalves), unit, {}));
  rows.push_back(quantize_case("axis", x, five, {DataType::kINT8, 0, 1, -128, 127}));
  rows.push_back(quantize_case("part_of_the_range", x, one, {DataType::kINT8, 0, -1, -2, 1}));
  rows.push_back(quantize_case("zero", x, one, {DataType::kUINT8, 77, -1, 0, 255}));
  rows.push_back(quantize_case("bf16", {DataType::kBF16, {3, 7}}, one, {}));
  for (const DataType type : {DataType::kINT8, DataType::kUINT8}) {
    rows.push_back(dequantize_case(join("plain", type), bytes(type, {2, 5, 4, 3}), one, {type}));
    rows.push_back(dequantize_case(join("zero", type), bytes(type, {2, 5}), one, {type, 5}));
    rows.push_back(dequantize_case(join("axis", type), bytes(type, {2, 5, 4, 3}), five, {type, 0, 1}));
  }
  for (const DataType type : {DataType::kHALF, DataType::kBF16}) {
    if (type != DataType::kBF16) rows.push_back(quantize_case(join("from", type), {type, {3, 7}}, one, {}));
    rows.push_back(quantize_case(join("axis", type), {type, {2, 5, 4, 3}}, five, {DataType::kINT8, 0, 1, -128, 127}));
    rows.push_back(dequantize_case(join("to", type), bytes(DataType::kINT8, {2, 5, 4, 3}), one, {}, type));
    rows.push_back(dequantize_case(join("axis_to", type), bytes(DataType::kUINT8, {2, 5, 4}), five,
                                   {DataType::kUINT8, 3, 1}, type));
  }
  rows.push_back(quantize_case("special", f32({2, 20}, Fill::kSpecial), one, {}));
  rows.push_back(quantize_case("special_u8", f32({2, 20}, Fill::kSpecial), one, {DataType::kUINT8, 9, -1, 0, 255}));
  rows.push_back(quantize_case("axis_zero", x, five, {DataType::kUINT8, 100, 1, 0, 255}));
  rows.push_back(quantize_case("last_axis", f32({4, 5}), five, {DataType::kINT8, 0, 1, -128, 127}));
  rows.push_back(quantize_case("empty", f32({0, 5}), one, {}));
  for (auto* make : {convolutions, products, weight_only_products, averages, joined}) {
    for (Case& row : make()) rows.push_back(std::move(row));
  }
  for (Case& row : rows) row.f32_only = true;
  return rows;
}

}  // namespace torch_tensorrt::conformance
