#include "torch_tensorrt/core/backends/tensorrt/prepare/fake_quantize.h"

#include <algorithm>
#include <cmath>

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::ElementWiseOperation;
using network::IConstantLayer;
using network::IElementWiseLayer;
using network::ITensor;
using network::IUnaryLayer;
using network::layer_cast;
using network::UnaryOperation;

constexpr float kLow = -128;
constexpr float kHigh = 127;

const IConstantLayer* f32_constant(const ITensor* tensor) {
  const auto* constant = tensor == nullptr ? nullptr : layer_cast<IConstantLayer>(tensor->producer());
  const bool usable = constant != nullptr && constant->getWeights().type == network::DataType::kFLOAT &&
                      constant->getWeights().count > 0;
  return usable ? constant : nullptr;
}

std::vector<float> values_of(const IConstantLayer& constant) {
  const auto* values = static_cast<const float*>(constant.getWeights().values);
  return {values, values + constant.getWeights().count};
}

bool all_equal(const IConstantLayer& constant, float value) {
  const std::vector<float> values = values_of(constant);
  return std::all_of(values.begin(), values.end(), [=](float x) { return x == value; });
}

// The constant of an element-wise layer, and its other operand.
struct Step {
  const ITensor* x = nullptr;
  const IConstantLayer* constant = nullptr;
};

std::optional<Step> match_step(const ITensor& result, ElementWiseOperation operation, bool commutes) {
  const auto* layer = layer_cast<IElementWiseLayer>(result.producer());
  if (layer == nullptr || layer->getOperation() != operation || !layer->epilogue().empty()) return std::nullopt;
  if (const auto* constant = f32_constant(layer->getInput(1))) return Step{layer->getInput(0), constant};
  const auto* first = commutes ? f32_constant(layer->getInput(0)) : nullptr;
  if (first == nullptr) return std::nullopt;
  return Step{layer->getInput(1), first};
}

// Skips an addition or subtraction of zeros.
const ITensor* without_zero(const ITensor* tensor, ElementWiseOperation operation) {
  const auto step = match_step(*tensor, operation, /*commutes=*/operation == ElementWiseOperation::kSUM);
  return step.has_value() && all_equal(*step->constant, 0) ? step->x : tensor;
}

const ITensor* match_bound(const ITensor* tensor, ElementWiseOperation operation, float bound) {
  const auto step = match_step(*tensor, operation, /*commutes=*/true);
  return step.has_value() && all_equal(*step->constant, bound) ? step->x : nullptr;
}

const ITensor* match_round(const ITensor* tensor) {
  const auto* layer = tensor == nullptr ? nullptr : layer_cast<IUnaryLayer>(tensor->producer());
  return layer != nullptr && layer->getOperation() == UnaryOperation::kROUND ? layer->getInput(0) : nullptr;
}

// Whether each element of the other constant is the reciprocal of the element at the same index.
bool are_reciprocals(const IConstantLayer& scale, const IConstantLayer& inverse) {
  const std::vector<float> a = values_of(scale);
  const std::vector<float> b = values_of(inverse);
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(a[i] > 0) || std::abs(a[i] * b[i] - 1.F) > 1e-5F) return false;
  }
  return true;
}

// The dimension of x that the scales run along; empty if they vary along several.
std::optional<int32_t> axis_of(const network::Dims& scale, int32_t rank) {
  int32_t axis = -1;
  for (int32_t i = 0; i < scale.nbDims; ++i) {
    if (scale.d[i] == 1) continue;
    if (axis >= 0) return std::nullopt;
    axis = rank - scale.nbDims + i;
  }
  return axis;
}

const ITensor* match_scaled(const ITensor* tensor, const IConstantLayer& scale) {
  const ITensor* scaled = without_zero(tensor, ElementWiseOperation::kSUM);
  const auto product = match_step(*scaled, ElementWiseOperation::kPROD, /*commutes=*/true);
  return product.has_value() && are_reciprocals(scale, *product->constant) ? product->x : nullptr;
}

}  // namespace

std::optional<FakeQuantize> match_fake_quantize(const network::ILayer& layer) {
  if (layer.getType() != network::LayerType::kELEMENTWISE) return std::nullopt;
  const auto last = match_step(*layer.getOutput(0), ElementWiseOperation::kPROD, /*commutes=*/true);
  if (!last.has_value()) return std::nullopt;
  const ITensor* tensor = without_zero(last->x, ElementWiseOperation::kSUB);
  tensor = match_bound(tensor, ElementWiseOperation::kMIN, kHigh);
  if (tensor != nullptr) tensor = match_bound(tensor, ElementWiseOperation::kMAX, kLow);
  tensor = match_round(tensor);
  if (tensor != nullptr) tensor = match_scaled(tensor, *last->constant);
  if (tensor == nullptr) return std::nullopt;
  const auto axis = axis_of(last->constant->getDimensions(), tensor->getDimensions().nbDims);
  if (!axis.has_value()) return std::nullopt;
  return FakeQuantize{tensor, values_of(*last->constant), *axis};
}

bool has_fake_quantize(const network::INetworkDefinition& network) {
  return std::any_of(network.layers().begin(), network.layers().end(),
                     [](const auto& layer) { return match_fake_quantize(*layer).has_value(); });
}

}  // namespace torch_tensorrt::backends::tensorrt
