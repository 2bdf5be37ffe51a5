#include <ATen/ATen.h>

#include <functional>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/aten/convolution.h"
#include "torch_tensorrt/core/engine/tactics/aten/list.h"
#include "torch_tensorrt/core/engine/tactics/aten/weight_only.h"

// Quantization, and layers that compute with 8-bit integers. These are references: they compute the sums in double.
namespace torch_tensorrt::engine::aten {
namespace {

using network::EpilogueOp;

// The scale as f32, with the dims that broadcast it along the axis.
at::Tensor placed_scale(const Request& request) {
  const int32_t axis = request.layer<network::QuantizationBase>().getAxis();
  at::DimVector sizes(request.input(0).dim(), 1);
  if (axis >= 0) sizes[static_cast<size_t>(axis)] = request.input(1).size(0);
  return request.input(1).view(sizes);
}

// Bounds are those of the steps, without the zero point.
at::Tensor steps(const at::Tensor& x, const at::Tensor& scale, int64_t low, int64_t high) {
  const auto bound = static_cast<double>(low);
  return at::mul(x.to(at::kFloat), at::reciprocal(scale)).round_().clamp_(low, high).nan_to_num_(bound, bound, bound);
}

Compute make_quantize(Request& request) {
  const auto& layer = request.layer<network::IQuantizeLayer>();
  const int64_t zero = layer.getZeroPoint();
  return [x = request.input(0), scale = placed_scale(request), out = request.output(), zero, low = layer.low() - zero,
          high = layer.high() - zero]() mutable { out.copy_(steps(x, scale, low, high).add_(zero)); };
}

at::Tensor apply(const EpilogueOp& op, const at::Tensor& result, at::Tensor operand) {
  if (op.kind == EpilogueOp::Kind::kActivation) {
    at::Tensor out = at::empty_like(result);
    activation_out(out, result, op.activation, op.alpha, op.beta);
    return out;
  }
  if (op.kind == EpilogueOp::Kind::kQuantize) {
    const auto zero = static_cast<int64_t>(op.beta);
    const int64_t low = network::IQuantizeLayer::lowest(op.type) - zero;
    const int64_t high = network::IQuantizeLayer::highest(op.type) - zero;
    return steps(result, at::scalar_tensor(op.alpha, result.options()), low, high).add_(zero);
  }
  if (op.kind == EpilogueOp::Kind::kDequantize) return at::mul(result.to(at::kFloat), operand);
  if (op.alpha != 0) operand = operand.to(at::kFloat).sub_(op.beta).mul_(op.alpha);
  at::Tensor out = at::empty_like(result);
  elementwise_out(out, op.swapped ? operand : result, op.swapped ? result : operand, op.elementwise);
  return out;
}

}  // namespace

std::function<void(at::Tensor)> make_whole_epilogue(Request& request, size_t first) {
  struct Step {
    EpilogueOp op;
    at::Tensor operand;
  };
  std::vector<Step> list;
  const auto& epilogue = request.instance().layer->epilogue();
  for (size_t i = first; i < epilogue.size(); ++i) {
    const EpilogueOp& op = epilogue[i];
    list.push_back({op, op.reads_input() ? request.input(op.input) : at::Tensor()});
  }
  request.fuse_epilogue(epilogue.size());
  return [list = std::move(list), out = request.output()](at::Tensor result) {
    for (const Step& step : list) result = apply(step.op, result, step.operand);
    out.copy_(result);
  };
}

Decision is_quantized(const network::ILayer& layer) {
  if (network::begins_with_dequantize(layer.epilogue())) return Decision::yes();
  return Decision::no("runs layers that compute with 8-bit integers");
}

Row quantized_row(const char* name, network::LayerType kind, Decision (*supports)(const network::ILayer&),
                  Compute (*make)(Request&)) {
  Row row{name, kind, supports, make};
  row.whole_epilogue = true;
  return row;
}

std::function<at::Tensor()> exact_input(const Request& request) {
  const double zero = request.instance().layer->epilogue().front().beta;
  return [q = request.input(0), zero] { return q.to(at::kDouble).sub_(zero); };
}

namespace {

Compute make_dequantize(Request& request) {
  const int64_t zero = request.layer<network::IDequantizeLayer>().getZeroPoint();
  return [q = request.input(0), scale = placed_scale(request), finish = make_whole_epilogue(request), zero] {
    finish(q.to(at::kFloat).sub_(zero).mul_(scale));
  };
}

Compute make_quantized_convolution(Request& request) {
  const auto& layer = request.layer<network::ConvolutionBase>();
  const at::IntArrayRef in = request.input(0).sizes();
  const Geometry geometry = geometry_of(layer, in, request.output().sizes());
  const auto sizes = kernel_sizes(layer, layer.getNbOutputMaps(), in[1] / layer.getNbGroups());
  const at::Tensor kernel = layer.getKernelWeights().count == 0
                                ? request.input(1)
                                : request.weights("kernel", layer.getKernelWeights(), sizes);
  return [x = exact_input(request), kernel, groups = layer.getNbGroups(), stride = geometry.stride,
          dilation = geometry.dilation, amounts = pad_amounts(geometry.pre, geometry.post, 1),
          finish = make_whole_epilogue(request)] {
    const at::Tensor padded = at::constant_pad_nd(x(), amounts);
    const at::DimVector none(stride.size(), 0);
    finish(at::convolution(padded, kernel.to(at::kDouble), std::nullopt, stride, none, dilation, false, none, groups));
  };
}

Compute make_quantized_product(Request& request) {
  const auto& layer = request.layer<network::IMatrixMultiplyLayer>();
  const auto swaps = [&](int32_t index) { return layer.getOperation(index) == network::MatrixOperation::kTRANSPOSE; };
  const auto placed = [](const at::Tensor& x, bool swaps) { return swaps ? x.transpose(-1, -2) : x; };
  return [a = exact_input(request), swaps_a = swaps(0), b = placed(request.input(1), swaps(1)), placed,
          finish = make_whole_epilogue(request)] { finish(at::matmul(placed(a(), swaps_a), b.to(at::kDouble))); };
}

Decision quantized_product(const network::ILayer& layer) {
  const auto& product = static_cast<const network::IMatrixMultiplyLayer&>(layer);
  for (int32_t i = 0; i < 2; ++i) {
    if (product.getOperation(i) == network::MatrixOperation::kVECTOR) return Decision::no("an operand is a vector");
  }
  return is_quantized(layer);
}

// Floats times 8-bit weights: the scales are those of the weights' rows.
Decision weight_only_product(const network::ILayer& layer) {
  if (const auto quantized = is_quantized(layer); !quantized) return quantized;
  if (layer.getInput(0)->getType() != network::DataType::kFLOAT) return Decision::no("takes f32 and 8-bit weights");
  const auto& product = static_cast<const network::IMatrixMultiplyLayer&>(layer);
  const bool fits = product.getOperation(0) == network::MatrixOperation::kNONE &&
                    product.getOperation(1) == network::MatrixOperation::kTRANSPOSE &&
                    layer.getInput(1)->getDimensions().nbDims == 2 &&
                    layer.getInput(layer.epilogue().front().input)->getDimensions().nbDims == 1;
  return fits ? Decision::yes() : Decision::no("takes a matrix of weights with a row and a scale for each column");
}

Compute make_weight_only_product(Request& request) {
  const at::Tensor x = request.input(0);
  const at::Tensor weights = request.input(1);
  const WeightOnlyForm form{x.numel() / x.size(-1), weights.size(0), weights.size(1)};
  const at::Tensor scales = request.input(request.instance().layer->epilogue().front().input);
  const bool is_all = request.instance().layer->epilogue().size() == 1;
  const at::Tensor sums = is_all ? request.output() : request.scratch(request.output().sizes(), at::kFloat);
  return [x, weights, form, scales, sums, is_all, finish = make_whole_epilogue(request, 1)] {
    const at::Tensor rows = x.contiguous();
    multiply_by_integers(
        form, static_cast<const float*>(rows.const_data_ptr()), static_cast<const int8_t*>(weights.const_data_ptr()),
        static_cast<const float*>(scales.const_data_ptr()), static_cast<float*>(sums.mutable_data_ptr()));
    if (!is_all) finish(sums);
  };
}

}  // namespace

const Row kQuantizeRow = {"aten.quantize", network::LayerType::kQUANTIZE, any_dtype, make_quantize};
const Row kDequantizeRow =
    quantized_row("aten.dequantize", network::LayerType::kDEQUANTIZE, any_dtype, make_dequantize);
const Row kQuantizedConvolutionRow = quantized_row("aten.quantized_convolution", network::LayerType::kCONVOLUTION,
                                                   is_quantized, make_quantized_convolution);
const Row kQuantizedProductRow = quantized_row("aten.quantized_matrix_multiply", network::LayerType::kMATRIX_MULTIPLY,
                                               quantized_product, make_quantized_product);

const Row kWeightOnlyProductRow =
    quantized_row("aten.weight_only_matrix_multiply", network::LayerType::kMATRIX_MULTIPLY, weight_only_product,
                  make_weight_only_product);

}  // namespace torch_tensorrt::engine::aten
