#include "torch_tensorrt/core/optimizer/fusion/factors.h"

#include <cmath>

#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ElementWiseOperation;
using network::IElementWiseLayer;
using network::ITensor;

const IElementWiseLayer* plain_elementwise(const ITensor& tensor) {
  const auto* layer = network::layer_cast<IElementWiseLayer>(static_cast<const network::ILayer*>(tensor.producer()));
  return layer != nullptr && layer->epilogue().empty() ? layer : nullptr;
}

// The other operand, if it is a single number. The caller must handle a constant that makes the result larger than the
// tensor: the whole result is then larger.
std::optional<double> factor_beside(const IElementWiseLayer& layer, int32_t operand) {
  return uniform_value(*layer.getInput(1 - operand));
}

void append(Factors& factors, const Factors& more) {
  factors.constant *= more.constant;
  factors.tensors.insert(factors.tensors.end(), more.tensors.begin(), more.tensors.end());
}

bool is_read_once(const ITensor& tensor) { return only_reader(tensor) != nullptr; }

// Patterns are shallow; deeper operands count as tensors of their own.
constexpr int32_t kMaxDepth = 6;

Factors factors_of(ITensor& tensor, bool is_root, int32_t depth) {
  const IElementWiseLayer* layer = plain_elementwise(tensor);
  const bool opens = layer != nullptr && depth < kMaxDepth && (is_root || is_read_once(tensor)) && is_product(*layer);
  if (!opens) return {1, {&tensor}};
  for (const int32_t operand : {0, 1}) {
    const auto factor = factor_beside(*layer, operand);
    if (!factor) continue;
    Factors factors = factors_of(*layer->getInput(operand), false, depth + 1);
    factors.constant *= layer->getOperation() == ElementWiseOperation::kDIV ? 1 / *factor : *factor;
    return factors;
  }
  Factors factors = factors_of(*layer->getInput(0), false, depth + 1);
  append(factors, factors_of(*layer->getInput(1), false, depth + 1));
  return factors;
}

int32_t power_of(ITensor& tensor, const ITensor* x, int32_t depth) {
  constexpr double kLargest = 8;
  if (&tensor == x) return 1;
  const IElementWiseLayer* layer = plain_elementwise(tensor);
  if (layer == nullptr || depth >= kMaxDepth) return 0;
  if (layer->getOperation() == ElementWiseOperation::kPROD) {
    const int32_t left = power_of(*layer->getInput(0), x, depth + 1);
    const int32_t right = left == 0 ? 0 : power_of(*layer->getInput(1), x, depth + 1);
    return right == 0 ? 0 : left + right;
  }
  const auto exponent = factor_beside(*layer, 0);
  const bool is_power = layer->getOperation() == ElementWiseOperation::kPOW && layer->getInput(0) == x && exponent &&
                        *exponent >= 1 && *exponent <= kLargest && std::floor(*exponent) == *exponent;
  return is_power ? static_cast<int32_t>(*exponent) : 0;
}

}  // namespace

bool is_product(const IElementWiseLayer& layer) {
  if (!layer.epilogue().empty()) return false;
  if (layer.getOperation() == ElementWiseOperation::kPROD) return true;
  return layer.getOperation() == ElementWiseOperation::kDIV && factor_beside(layer, 0).has_value();
}

Factors read_factors(ITensor& tensor, bool is_root) { return factors_of(tensor, is_root, 0); }

std::optional<Shifted> read_shift(const ITensor& tensor) {
  const IElementWiseLayer* layer = plain_elementwise(tensor);
  if (layer == nullptr) return std::nullopt;
  const bool is_sum = layer->getOperation() == ElementWiseOperation::kSUM;
  const bool is_difference = layer->getOperation() == ElementWiseOperation::kSUB;
  if (!is_sum && !is_difference) return std::nullopt;
  if (const auto shift = factor_beside(*layer, 0)) return Shifted{layer->getInput(0), is_sum ? *shift : -*shift};
  const auto shift = is_sum ? factor_beside(*layer, 1) : std::nullopt;
  return shift ? std::optional<Shifted>(Shifted{layer->getInput(1), *shift}) : std::nullopt;
}

int32_t read_power(ITensor& tensor, const ITensor* x) { return power_of(tensor, x, 0); }

const IElementWiseLayer* plain_sum(const ITensor& tensor) {
  const IElementWiseLayer* layer = plain_elementwise(tensor);
  return layer != nullptr && layer->getOperation() == ElementWiseOperation::kSUM ? layer : nullptr;
}

}  // namespace torch_tensorrt::optimizer
