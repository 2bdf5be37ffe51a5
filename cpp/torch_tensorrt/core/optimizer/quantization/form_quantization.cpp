#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ActivationType;
using network::DataType;
using network::Dims;
using network::ElementWiseOperation;
using network::IActivationLayer;
using network::IConstantLayer;
using network::IDequantizeLayer;
using network::IElementWiseLayer;
using network::ILayer;
using network::IQuantizeLayer;
using network::ITensor;
using network::IUnaryLayer;
using network::UnaryOperation;

// The layer of kind L that makes the tensor, if the tensor has one reader and the layer no epilogue; else null.
template <typename L>
const L* inner(const ITensor& tensor) {
  const auto* layer = network::layer_cast<L>(static_cast<const ILayer*>(tensor.producer()));
  return layer != nullptr && layer->epilogue().empty() && only_reader(tensor) != nullptr ? layer : nullptr;
}

// A tensor, and a constant that does not enlarge it.
struct Operands {
  ITensor* tensor = nullptr;
  const IConstantLayer* constant = nullptr;
};

std::optional<Operands> operands_of(const IElementWiseLayer& layer, int32_t constant) {
  ITensor* tensor = layer.getInput(1 - constant);
  const auto* found = constant_of(layer.getInput(constant));
  if (found == nullptr || !broadcasts_into(layer.getInput(constant)->getDimensions(), tensor->getDimensions())) {
    return std::nullopt;
  }
  return Operands{tensor, found};
}

// x and the bound in max(x, bound) or min(x, bound).
struct Bound {
  ITensor* x = nullptr;
  double value = 0;
};

std::optional<Bound> read_bound(const ITensor& tensor, ElementWiseOperation operation) {
  const auto* layer = inner<IElementWiseLayer>(tensor);
  if (layer == nullptr || layer->getOperation() != operation) return std::nullopt;
  for (const int32_t place : {1, 0}) {
    const auto operands = operands_of(*layer, place);
    const auto value = operands ? uniform_value(*layer->getInput(place)) : std::nullopt;
    if (value) return Bound{operands->tensor, *value};
  }
  return std::nullopt;
}

// x, and the least and the largest number of clamp(x).
struct Clamp {
  ITensor* x = nullptr;
  double low = 0;
  double high = 0;
};

std::optional<Clamp> read_clamp(const ITensor& tensor) {
  if (const auto* clip = inner<IActivationLayer>(tensor)) {
    if (clip->getActivationType() != ActivationType::kCLIP) return std::nullopt;
    return Clamp{clip->getInput(0), clip->getAlpha(), clip->getBeta()};
  }
  if (const auto high = read_bound(tensor, ElementWiseOperation::kMIN)) {
    const auto low = read_bound(*high->x, ElementWiseOperation::kMAX);
    return low ? std::optional<Clamp>(Clamp{low->x, low->value, high->value}) : std::nullopt;
  }
  const auto low = read_bound(tensor, ElementWiseOperation::kMAX);
  const auto high = low ? read_bound(*low->x, ElementWiseOperation::kMIN) : std::nullopt;
  return high ? std::optional<Clamp>(Clamp{high->x, low->value, high->value}) : std::nullopt;
}

const float* floats_of(const IConstantLayer& constant) {
  const network::Weights& weights = constant.getWeights();
  return weights.type == DataType::kFLOAT ? static_cast<const float*>(weights.values) : nullptr;
}

bool are_equal(const IConstantLayer& a, const IConstantLayer& b) {
  const float* first = floats_of(a);
  const float* second = floats_of(b);
  const int64_t count = a.getWeights().count;
  if (first == nullptr || second == nullptr || count != b.getWeights().count) return false;
  return a.getOutput(0)->getDimensions() == b.getOutput(0)->getDimensions() && std::equal(first, first + count, second);
}

// x and the scale in x * scale (or x / scale), where the scale is the given constant.
ITensor* scaled_by(const ITensor& tensor, ElementWiseOperation operation, const IConstantLayer& scale) {
  const auto* layer = inner<IElementWiseLayer>(tensor);
  if (layer == nullptr || layer->getOperation() != operation) return nullptr;
  for (const int32_t place : {1, 0}) {
    if (place == 0 && operation == ElementWiseOperation::kDIV) break;
    const auto operands = operands_of(*layer, place);
    if (operands && are_equal(*operands->constant, scale)) return operands->tensor;
  }
  return nullptr;
}

// Rounding to the numbers of an integer dtype.
struct Rounding {
  ITensor* x = nullptr;
  int32_t axis = -1;
  std::vector<float> scales;
  DataType type = DataType::kINT8;
  int64_t low = 0;
  int64_t high = 0;
};

bool set_range(const Clamp& clamp, Rounding& rounding) {
  if (!(clamp.low <= 0 && clamp.high >= 0 && clamp.low >= -128 && clamp.high <= 255)) return false;
  if (std::floor(clamp.low) != clamp.low || std::floor(clamp.high) != clamp.high) return false;
  rounding.low = static_cast<int64_t>(clamp.low);
  rounding.high = static_cast<int64_t>(clamp.high);
  for (const DataType type : {DataType::kINT8, DataType::kUINT8}) {
    rounding.type = type;
    if (IQuantizeLayer::lowest(type) <= rounding.low && rounding.high <= IQuantizeLayer::highest(type)) return true;
  }
  return false;
}

bool set_scales(const IConstantLayer& constant, bool inverts, Rounding& rounding) {
  const float* values = floats_of(constant);
  const Dims dims = constant.getOutput(0)->getDimensions();
  const int32_t missing = rounding.x->getDimensions().nbDims - dims.nbDims;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] == 1) continue;
    if (rounding.axis >= 0) return false;
    rounding.axis = missing + i;
  }
  for (int64_t i = 0; i < constant.getWeights().count; ++i) {
    const float scale = inverts ? 1 / values[i] : values[i];
    if (!std::isfinite(scale) || !(scale > 0) || !std::isfinite(1 / scale)) return false;
    rounding.scales.push_back(scale);
  }
  return !rounding.scales.empty();
}

std::optional<Rounding> read_rounding(const IElementWiseLayer& last) {
  const bool divides = last.getOperation() == ElementWiseOperation::kDIV;
  if ((!divides && last.getOperation() != ElementWiseOperation::kPROD) || !last.epilogue().empty()) return std::nullopt;
  const auto first = divides ? ElementWiseOperation::kPROD : ElementWiseOperation::kDIV;
  for (const int32_t place : {1, 0}) {
    if (place == 0 && divides) break;
    const auto operands = operands_of(last, place);
    if (!operands || floats_of(*operands->constant) == nullptr) continue;
    const auto clamp = read_clamp(*operands->tensor);
    const auto* round = clamp ? inner<IUnaryLayer>(*clamp->x) : nullptr;
    if (round == nullptr || round->getOperation() != UnaryOperation::kROUND) continue;
    Rounding rounding;
    rounding.x = scaled_by(*round->getInput(0), first, *operands->constant);
    if (rounding.x == nullptr || rounding.x->getType() != DataType::kFLOAT) continue;
    if (!set_range(*clamp, rounding) || !set_scales(*operands->constant, divides, rounding)) continue;
    return rounding;
  }
  return std::nullopt;
}

void form(network::Rewriter& rewriter, ILayer& last, const Rounding& rounding) {
  const auto count = static_cast<int64_t>(rounding.scales.size());
  const Dims dims = rounding.axis < 0 ? Dims{} : Dims(std::vector<int64_t>{count});
  auto& scale = *rewriter.insert_constant_before(last, dims, DataType::kFLOAT, rounding.scales.data())->getOutput(0);
  auto* quantize = rewriter.insert_before<IQuantizeLayer>(last, {rounding.x, &scale}, rounding.type);
  quantize->setAxis(rounding.axis);
  quantize->setRange(rounding.low, rounding.high);
  auto* dequantize = rewriter.insert_before<IDequantizeLayer>(last, {quantize->getOutput(0), &scale}, DataType::kFLOAT);
  dequantize->setAxis(rounding.axis);
  rewriter.replace_all_uses(*last.getOutput(0), *dequantize->getOutput(0));
  rewriter.erase_if_dead(last);
}

class FormQuantization final : public Pass {
 public:
  const char* name() const override { return "form-quantization"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    if (!context.may_quantize) return false;
    network::Rewriter rewriter(network);
    for (ILayer* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* last = network::layer_cast<IElementWiseLayer>(layer);
      const auto rounding = last == nullptr ? std::nullopt : read_rounding(*last);
      if (rounding) form(rewriter, *last, *rounding);
    }
    return rewriter.changed();
  }
};

}  // namespace

std::unique_ptr<Pass> make_form_quantization() { return std::make_unique<FormQuantization>(); }

}  // namespace torch_tensorrt::optimizer
