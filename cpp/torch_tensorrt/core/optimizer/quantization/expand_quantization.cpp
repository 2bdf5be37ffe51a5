#include <functional>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::DataType;
using network::Dims;
using network::ElementWiseOperation;
using network::IDequantizeLayer;
using network::IElementWiseLayer;
using network::ILayer;
using network::IQuantizeLayer;
using network::ITensor;
using network::QuantizationBase;
using network::UnaryOperation;

class Expansion {
 public:
  Expansion(network::INetworkDefinition& network, const std::function<bool(const QuantizationBase&)>& stays)
      : rewriter_(network), stays_(stays) {}

  bool run() {
    for (ILayer* layer : layer_snapshot(rewriter_.network())) {
      if (auto* quantize = network::layer_cast<IQuantizeLayer>(layer)) expand(*quantize);
      if (auto* dequantize = network::layer_cast<IDequantizeLayer>(layer)) expand(*dequantize);
    }
    return rewriter_.changed();
  }

 private:
  // The integers leave the layer as floats through the pair's dequantize layers only; other readers get a cast.
  void expand(IQuantizeLayer& layer) {
    if (stays_(layer)) return;
    ITensor& x = *layer.getInput(0);
    const DataType type = x.getType();
    ITensor& scale = placed_scale(layer, type);
    ITensor& inverse = unary(layer, scale, UnaryOperation::kRECIP);
    ITensor& steps = unary(layer, pair(layer, x, inverse, ElementWiseOperation::kPROD), UnaryOperation::kROUND);
    ITensor* place = &steps;
    if (layer.getZeroPoint() != 0) {
      place = &pair(layer, *place, number(layer, layer.getZeroPoint(), type), ElementWiseOperation::kSUM);
    }
    place = &pair(layer, *place, number(layer, layer.low(), type), ElementWiseOperation::kMAX);
    place = &pair(layer, *place, number(layer, layer.high(), type), ElementWiseOperation::kMIN);
    auto* cast = rewriter_.insert_before<network::ICastLayer>(layer, {place}, layer.getToType());
    replace(layer, *cast->getOutput(0));
  }

  void expand(IDequantizeLayer& layer) {
    if (stays_(layer)) return;
    const DataType type = layer.getToType();
    ITensor* q = layer.getInput(0);
    // The integers of an expanded layer exist as floats, too.
    auto* cast = network::layer_cast<network::ICastLayer>(q->producer());
    const bool is_float = cast != nullptr && cast->getInput(0)->getType() == type;
    q = is_float ? cast->getInput(0) : rewriter_.insert_before<network::ICastLayer>(layer, {q}, type)->getOutput(0);
    if (layer.getZeroPoint() != 0) {
      q = &pair(layer, *q, number(layer, layer.getZeroPoint(), type), ElementWiseOperation::kSUB);
    }
    replace(layer, pair(layer, *q, placed_scale(layer, type), ElementWiseOperation::kPROD));
  }

  void replace(ILayer& layer, ITensor& by) {
    by.set_format(layer.getOutput(0)->format());
    rewriter_.replace_all_uses(*layer.getOutput(0), by);
    rewriter_.erase_if_dead(layer);
  }

  ITensor& unary(ILayer& position, ITensor& x, UnaryOperation operation) {
    return *rewriter_.insert_before<network::IUnaryLayer>(position, {&x}, operation)->getOutput(0);
  }

  ITensor& pair(ILayer& position, ITensor& a, ITensor& b, ElementWiseOperation operation) {
    return *rewriter_.insert_before<IElementWiseLayer>(position, {&a, &b}, operation)->getOutput(0);
  }

  ITensor& number(ILayer& position, int64_t value, DataType type) {
    const auto as_float = static_cast<float>(value);
    return in_type(
        position, *rewriter_.insert_constant_before(position, Dims{}, DataType::kFLOAT, &as_float)->getOutput(0), type);
  }

  ITensor& in_type(ILayer& position, ITensor& x, DataType type) {
    if (x.getType() == type) return x;
    return *rewriter_.insert_before<network::ICastLayer>(position, {&x}, type)->getOutput(0);
  }

  // The scale with dims that broadcast it along the axis.
  ITensor& placed_scale(QuantizationBase& layer, DataType type) {
    ITensor& scale = in_type(layer, *layer.getInput(1), type);
    if (layer.getAxis() < 0 && scale.getDimensions().nbDims == 0) return scale;
    const int32_t rank = layer.getInput(0)->getDimensions().nbDims;
    std::vector<int64_t> dims(static_cast<size_t>(layer.getAxis() < 0 ? 0 : rank - layer.getAxis()), 1);
    if (!dims.empty()) dims[0] = scale.getDimensions().d[0];
    auto* shuffle = rewriter_.insert_before<network::IShuffleLayer>(layer, {&scale});
    shuffle->setReshapeDimensions(Dims(dims));
    return *shuffle->getOutput(0);
  }

  network::Rewriter rewriter_;
  const std::function<bool(const QuantizationBase&)>& stays_;
};

class ExpandQuantization final : public Pass {
 public:
  explicit ExpandQuantization(std::function<bool(const QuantizationBase&)> stays) : stays_(std::move(stays)) {}

  const char* name() const override { return "expand-quantization"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    return Expansion(network, stays_).run();
  }

 private:
  std::function<bool(const QuantizationBase&)> stays_;
};

}  // namespace

bool has_quantization(const network::INetworkDefinition& network) {
  for (const auto& layer : network.layers()) {
    const auto type = layer->getType();
    if (type == network::LayerType::kQUANTIZE || type == network::LayerType::kDEQUANTIZE) return true;
  }
  return false;
}

std::unique_ptr<Pass> make_expand_quantization(std::function<bool(const QuantizationBase&)> stays) {
  return std::make_unique<ExpandQuantization>(std::move(stays));
}

}  // namespace torch_tensorrt::optimizer
