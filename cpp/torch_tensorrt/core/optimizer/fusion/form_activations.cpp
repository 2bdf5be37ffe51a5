#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ActivationType;
using network::ElementWiseOperation;
using network::IActivationLayer;
using network::IElementWiseLayer;
using network::ITensor;

// ---- factors: products and sums with constants, taken apart ---------------------------------------------------------

// A product of a constant and tensors, in the order of the network.
struct Factors {
  double constant = 1;
  std::vector<network::ITensor*> tensors;
};

const IElementWiseLayer* plain_elementwise(const ITensor& tensor) {
  const auto* layer = network::layer_cast<IElementWiseLayer>(static_cast<const network::ILayer*>(tensor.producer()));
  return layer != nullptr && layer->epilogue().empty() ? layer : nullptr;
}

// The other operand, if it is a single number. The caller must handle a constant that makes the result larger than the
// tensor: the whole result is then larger.
std::optional<double> factor_beside(const IElementWiseLayer& layer, int32_t operand) {
  return uniform_value(*layer.getInput(1 - operand));
}

// An ElementWise product, or a quotient by a constant, without an epilogue.
bool is_product(const IElementWiseLayer& layer) {
  if (!layer.epilogue().empty()) return false;
  if (layer.getOperation() == ElementWiseOperation::kPROD) return true;
  return layer.getOperation() == ElementWiseOperation::kDIV && factor_beside(layer, 0).has_value();
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

// Splits products and quotients by constants into factors, as long as the parts have no other reader. Any other tensor
// is its own factor. The root may have other readers.
Factors read_factors(ITensor& tensor, bool is_root = false) { return factors_of(tensor, is_root, 0); }

// tensor + shift (the constant on either side), or tensor - constant; empty for anything else.
struct Shifted {
  network::ITensor* tensor = nullptr;
  double shift = 0;
};
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

// n if the tensor is x to the power of n (x itself, x * x, pow(x, n) with a constant n), else 0.
int32_t read_power(ITensor& tensor, const ITensor* x) { return power_of(tensor, x, 0); }

// The layer if the tensor is a sum of two tensors, else null.
const IElementWiseLayer* plain_sum(const ITensor& tensor) {
  const IElementWiseLayer* layer = plain_elementwise(tensor);
  return layer != nullptr && layer->getOperation() == ElementWiseOperation::kSUM ? layer : nullptr;
}

// ---- parts of activations -------------------------------------------------------------------------------------------

// The activation found, as a function of x.
struct Formed {
  ITensor* x = nullptr;
  ActivationType type = ActivationType::kRELU;
  double alpha = 0;
  double beta = 0;
};

// Models write constants with few digits; the error would show in float64.
bool is_near(double found, double wanted, const ITensor& where) {
  const double tolerance = where.getType() == network::DataType::kDOUBLE ? 1e-15 : 1e-4;
  return std::abs(found - wanted) <= tolerance * std::abs(wanted);
}

// Products of float32 constants are rounded to float32: 3 * 0.16666667 is 0.5.
double parameter_for(const ITensor& where, double value) {
  return where.getType() == network::DataType::kDOUBLE ? value : static_cast<double>(static_cast<float>(value));
}

const IActivationLayer* activation_of(const ITensor* tensor) {
  return network::layer_cast<IActivationLayer>(static_cast<const network::ILayer*>(tensor->producer()));
}

// ---- gates: factors of x --------------------------------------------------------------------------------------------

struct Gate {
  ActivationType gate;
  ActivationType whole;  // x * gate(x)
};
constexpr Gate kGates[] = {{ActivationType::kSIGMOID, ActivationType::kSILU},
                           {ActivationType::kHARD_SIGMOID, ActivationType::kHARD_SWISH}};

// x * sigmoid(x), x * hard_sigmoid(x).
std::optional<Formed> form_gated(const Factors& factors, ITensor* x, ITensor* gate) {
  const auto* activation = activation_of(gate);
  if (activation == nullptr || activation->getInput(0) != x || factors.constant != 1) return std::nullopt;
  for (const Gate& row : kGates) {
    if (row.gate != activation->getActivationType()) continue;
    const bool has_parameters = row.gate == ActivationType::kHARD_SIGMOID;
    return Formed{x, row.whole, has_parameters ? activation->getAlpha() : 0.0,
                  has_parameters ? activation->getBeta() : 0.0};
  }
  return std::nullopt;
}

// x * tanh(softplus(x)).
std::optional<Formed> form_mish(const Factors& factors, ITensor* x, ITensor* gate) {
  const auto* tanh = activation_of(gate);
  if (tanh == nullptr || tanh->getActivationType() != ActivationType::kTANH || factors.constant != 1)
    return std::nullopt;
  const auto* softplus = activation_of(tanh->getInput(0));
  const bool fits = softplus != nullptr && softplus->getActivationType() == ActivationType::kSOFTPLUS &&
                    softplus->getAlpha() == 1.0 && softplus->getBeta() == 1.0 && softplus->getInput(0) == x;
  return fits ? std::optional<Formed>(Formed{x, ActivationType::kMISH}) : std::nullopt;
}

// clip(x + b, 0, m) * c with c * m = 1 is hard_sigmoid(x) with alpha c and beta b * c.
std::optional<Formed> read_clip(double constant, const ITensor* clipped) {
  const auto* clip = activation_of(clipped);
  if (clip == nullptr || clip->getActivationType() != ActivationType::kCLIP || clip->getAlpha() != 0.0) {
    return std::nullopt;
  }
  const auto sum = read_shift(*clip->getInput(0));
  if (!sum || !is_near(constant * clip->getBeta(), 1, *clipped)) return std::nullopt;
  return Formed{sum->tensor, ActivationType::kHARD_SIGMOID, parameter_for(*clipped, constant),
                parameter_for(*clipped, sum->shift * constant)};
}

// c * x * clip(x + b, 0, m).
std::optional<Formed> form_hard_swish(const Factors& factors, ITensor* x, ITensor* gate) {
  auto formed = read_clip(factors.constant, gate);
  if (!formed || formed->x != x) return std::nullopt;
  formed->type = ActivationType::kHARD_SWISH;
  return formed;
}

// ---- gelu -----------------------------------------------------------------------------------------------------------

// erf(x / sqrt 2).
bool is_erf_of(const ITensor& tensor, const ITensor* x) {
  const auto* erf = network::layer_cast<network::IUnaryLayer>(static_cast<const network::ILayer*>(tensor.producer()));
  if (erf == nullptr || erf->getOperation() != network::UnaryOperation::kERF) return false;
  const Factors inner = read_factors(*erf->getInput(0));
  return inner.tensors == std::vector<ITensor*>{const_cast<ITensor*>(x)} &&
         is_near(inner.constant, std::sqrt(0.5), tensor);
}

// 0.044715 * x^power.
bool is_cubic_term(ITensor& tensor, const ITensor* x, int32_t power) {
  const Factors factors = read_factors(tensor);
  if (!is_near(factors.constant, 0.044715, tensor)) return false;
  int32_t found = 0;
  for (ITensor* factor : factors.tensors) {
    const int32_t exponent = read_power(*factor, x);
    if (exponent == 0) return false;
    found += exponent;
  }
  return found == power;
}

// x + 0.044715 * x^3.
bool is_cubic(const ITensor& tensor, const ITensor* x) {
  const auto* sum = plain_sum(tensor);
  if (sum == nullptr) return false;
  return (sum->getInput(0) == x && is_cubic_term(*sum->getInput(1), x, 3)) ||
         (sum->getInput(1) == x && is_cubic_term(*sum->getInput(0), x, 3));
}

// 1 + 0.044715 * x^2, a factor of x.
bool is_square(const ITensor& tensor, const ITensor* x) {
  const auto sum = read_shift(tensor);
  return sum && sum->shift == 1 && is_cubic_term(*sum->tensor, x, 2);
}

// tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)).
bool is_tanh_of_cubic(const ITensor& tensor, const ITensor* x) {
  const auto* tanh = activation_of(&tensor);
  if (tanh == nullptr || tanh->getActivationType() != ActivationType::kTANH) return false;
  const Factors inner = read_factors(*tanh->getInput(0));
  if (!is_near(inner.constant, std::sqrt(2 / M_PI), tensor)) return false;
  if (inner.tensors.size() == 1) return is_cubic(*inner.tensors[0], x);
  if (inner.tensors.size() != 2) return false;
  return (inner.tensors[0] == x && is_square(*inner.tensors[1], x)) ||
         (inner.tensors[1] == x && is_square(*inner.tensors[0], x));
}

// 0.5 * x * (1 + erf(...)) or 0.5 * x * (1 + tanh(...)).
std::optional<Formed> form_gelu(const Factors& factors, ITensor* x, ITensor* gate) {
  const auto sum = read_shift(*gate);
  if (!sum || sum->shift != 1 || !is_near(factors.constant, 0.5, *gate)) return std::nullopt;
  if (is_erf_of(*sum->tensor, x)) return Formed{x, ActivationType::kGELU_ERF};
  if (is_tanh_of_cubic(*sum->tensor, x)) return Formed{x, ActivationType::kGELU_TANH};
  return std::nullopt;
}

using Former = std::optional<Formed> (*)(const Factors& factors, ITensor* x, ITensor* gate);
constexpr Former kFormers[] = {form_gated, form_mish, form_hard_swish, form_gelu};

std::optional<Formed> form_product(const Factors& factors) {
  if (factors.tensors.size() == 1) return read_clip(factors.constant, factors.tensors[0]);
  if (factors.tensors.size() != 2) return std::nullopt;
  for (const Former former : kFormers) {
    for (const size_t first : {size_t{0}, size_t{1}}) {
      if (auto formed = former(factors, factors.tensors[first], factors.tensors[1 - first])) return formed;
    }
  }
  return std::nullopt;
}

// Before: a spelled-out activation: x * sigmoid(x), x * hard_sigmoid(x), clip(x + 3, 0, 6) / 6, x * clip(x + 3, 0, 6) /
// 6, x * tanh(softplus(x)), 0.5 * x * (1 + erf(x / sqrt 2)), 0.5 * x * (1 + tanh(...)), factors in any order. After:
// one activation layer.
class FormActivations final : public Pass {
 public:
  const char* name() const override { return "form-activations"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    // Backwards, so that a whole product comes before its parts.
    const auto layers = layer_snapshot(network);
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
      if (!alive(network, *layer)) continue;
      auto* product = network::layer_cast<IElementWiseLayer>(*layer);
      if (product != nullptr) form(rewriter, *product);
    }
    return rewriter.changed();
  }

 private:
  static void form(network::Rewriter& rewriter, IElementWiseLayer& product) {
    ITensor& output = *product.getOutput(0);
    if (!is_product(product) || !network::is_floating_point(output.getType())) return;
    const auto formed = form_product(read_factors(output, /*is_root=*/true));
    if (!formed || formed->x->getDimensions() != output.getDimensions()) return;
    auto* whole = rewriter.insert_before<IActivationLayer>(product, {formed->x}, formed->type);
    whole->setAlpha(formed->alpha);
    whole->setBeta(formed->beta);
    rewriter.replace_all_uses(output, *whole->getOutput(0));
    rewriter.erase_if_dead(product);
  }
};

}  // namespace

std::unique_ptr<Pass> make_form_activations() { return std::make_unique<FormActivations>(); }

}  // namespace torch_tensorrt::optimizer
