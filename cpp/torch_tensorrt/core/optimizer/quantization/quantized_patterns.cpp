#include "torch_tensorrt/core/optimizer/quantization/quantized_patterns.h"

#include <cmath>
#include <utility>

#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {

using network::DataType;
using network::Epilogue;
using network::EpilogueOp;
using network::IDequantizeLayer;
using network::ILayer;
using network::IQuantizeLayer;
using network::ITensor;
using network::LayerType;
using network::QuantizationBase;

const float* floats_of(const ITensor* tensor) {
  const auto* constant = constant_of(tensor);
  return constant == nullptr ? nullptr : static_cast<const float*>(constant->getWeights().values);
}

std::optional<TensorScale> scale_of(const QuantizationBase& layer) {
  const float* scale = floats_of(layer.getInput(1));
  if (layer.getAxis() >= 0 || scale == nullptr || !(*scale > 0) || !std::isfinite(*scale)) return std::nullopt;
  const bool quantizes = layer.getType() == LayerType::kQUANTIZE;
  const DataType type = quantizes ? layer.getToType() : layer.getInput(0)->getType();
  return TensorScale{*scale, layer.getZeroPoint(), type};
}

bool has_whole_range(const IQuantizeLayer& layer) {
  return layer.low() == IQuantizeLayer::lowest(layer.getToType()) &&
         layer.high() == IQuantizeLayer::highest(layer.getToType());
}

std::optional<Dequantized> dequantized(const ITensor* tensor) {
  const auto* layer = tensor == nullptr ? nullptr : network::layer_cast<IDequantizeLayer>(tensor->producer());
  if (layer == nullptr || !layer->epilogue().empty() || tensor->getType() != DataType::kFLOAT) return std::nullopt;
  const auto scale = scale_of(*layer);
  if (!scale) return std::nullopt;
  return Dequantized{layer->getInput(0), *scale};
}

std::vector<IQuantizeLayer*> quantizers_of(const ITensor& tensor) {
  std::vector<IQuantizeLayer*> result;
  if (tensor.isNetworkOutput() || tensor.getType() != DataType::kFLOAT) return {};
  for (ILayer* reader : tensor.consumers()) {
    auto* quantize = network::layer_cast<IQuantizeLayer>(reader);
    if (quantize == nullptr || quantize->getInput(0) != &tensor || !scale_of(*quantize)) return {};
    if (quantize->getOutput(0)->isNetworkOutput()) return {};
    if (!result.empty()) {
      const IQuantizeLayer& other = *result.front();
      const bool same = *scale_of(other) == *scale_of(*quantize) && other.low() == quantize->low() &&
                        other.high() == quantize->high();
      if (!same) return {};
    }
    result.push_back(quantize);
  }
  return result;
}

void replace_quantizers(network::Rewriter& rewriter, const std::vector<IQuantizeLayer*>& quantizers,
                        ITensor& integers) {
  for (IQuantizeLayer* quantize : quantizers) {
    redirect(rewriter, *quantize->getOutput(0), integers, quantize->getOutput(0)->consumers());
    rewriter.erase_if_dead(*quantize);
  }
}

void redirect(network::Rewriter& rewriter, ITensor& from, ITensor& to, std::vector<ILayer*> readers) {
  for (ILayer* reader : readers) {
    for (int32_t i = 0; i < reader->getNbInputs(); ++i) {
      if (reader->getInput(i) == &from) rewriter.set_input(*reader, i, to);
    }
  }
}

namespace {

// The rounding stays the same if the numbers are limited before: both limits are whole steps.
std::optional<EpilogueOp> limits_of(const IQuantizeLayer& quantize, const TensorScale& scale) {
  if (has_whole_range(quantize)) return std::nullopt;
  EpilogueOp op;
  op.activation = network::ActivationType::kCLIP;
  op.alpha = static_cast<double>(static_cast<float>(quantize.low() - scale.zero) * scale.scale);
  op.beta = static_cast<double>(static_cast<float>(quantize.high() - scale.zero) * scale.scale);
  return op;
}

}  // namespace

void append_quantization(Epilogue& epilogue, const IQuantizeLayer& quantize) {
  const TensorScale scale = *scale_of(quantize);
  if (const auto limits = limits_of(quantize, scale)) epilogue.push_back(*limits);
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kQuantize;
  op.type = scale.type;
  op.alpha = static_cast<double>(scale.scale);
  op.beta = static_cast<double>(scale.zero);
  epilogue.push_back(op);
}

int32_t append_constant(network::Rewriter& rewriter, ILayer& layer, const network::Dims& dims,
                        const std::vector<float>& values) {
  auto* constant = rewriter.insert_constant_before(layer, dims, DataType::kFLOAT, values.data());
  return rewriter.append_input(layer, *constant->getOutput(0));
}

}  // namespace torch_tensorrt::optimizer
