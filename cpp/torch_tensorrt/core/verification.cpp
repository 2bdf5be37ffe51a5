#include "torch_tensorrt/core/verification.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "torch_tensorrt/core/refit_module.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kDecibels = 10;

// As a vector of doubles; of complex numbers, both parts.
at::Tensor doubles_of(const at::Tensor& tensor, bool is_complex) {
  if (!is_complex) return tensor.to(at::kCPU, at::kDouble).flatten();
  return at::view_as_real(tensor.to(at::kCPU, at::kComplexDouble).resolve_conj()).flatten();
}

at::Tensor finite_or_zero(const at::Tensor& values) { return at::where(at::isfinite(values), values, 0.0); }

}  // namespace

// Infinities and NaN that both have at the same place count as equal, and in no sum. At other places they are errors
// without bound.
void ErrorSums::add(const at::Tensor& expected, const at::Tensor& found) {
  if (expected.numel() == 0) return;
  const bool is_complex = expected.is_complex() || found.is_complex();
  const at::Tensor a = doubles_of(expected, is_complex);
  const at::Tensor b = doubles_of(found, is_complex);
  const at::Tensor same = at::eq(a, b).logical_or(at::isnan(a).logical_and(at::isnan(b)));
  const at::Tensor difference = at::where(same, 0.0, (a - b).abs().nan_to_num(kInfinity, kInfinity));
  const at::Tensor finite_a = finite_or_zero(a);
  const at::Tensor finite_b = finite_or_zero(b);
  noise_ += difference.square().sum().item<double>();
  signal_ += finite_a.square().sum().item<double>();
  found_signal_ += finite_b.square().sum().item<double>();
  product_ += (finite_a * finite_b).sum().item<double>();
  max_abs_ = std::max(max_abs_, difference.max().item<double>());
  largest_ = std::max(largest_, finite_a.abs().max().item<double>());
  elements_ += a.numel();
}

TensorError ErrorSums::error(std::string name, std::string layer, std::string source) const {
  TensorError error;
  error.name = std::move(name);
  error.layer = std::move(layer);
  error.source = std::move(source);
  error.max_abs = max_abs_;
  error.largest = largest_;
  error.elements = elements_;
  const double norms = std::sqrt(signal_ * found_signal_);
  error.relative = max_abs_ == 0 ? 0 : kInfinity;
  if (largest_ > 0) error.relative = max_abs_ / largest_;
  if (noise_ == 0) {
    error.sqnr = kInfinity;
    return error;
  }
  error.cosine = norms > 0 && std::isfinite(noise_) ? product_ / norms : 0;
  error.sqnr = signal_ > 0 ? kDecibels * std::log10(signal_ / noise_) : -kInfinity;
  return error;
}

bool needs_observed_reference(const torch::jit::Module& compiled) {
  for (const auto& attribute : compiled.named_attributes(/*recurse=*/true)) {
    if (attribute.value.type() != c10::getCustomClassType<c10::intrusive_ptr<runtime::TRTEngine>>()) continue;
    const auto& plan = attribute.value.toCustomClass<runtime::TRTEngine>()->engine().plan();
    if (plan.settings && keeps_parameters_apart(*plan.settings)) return true;
  }
  return false;
}

void Verification::add_outputs(const std::vector<at::Tensor>& expected, const std::vector<at::Tensor>& found) {
  TORCHTRT_CHECK(expected.size() == found.size(),
                 "the module returns " << expected.size() << " tensors, the compiled module " << found.size());
  outputs_.resize(std::max(outputs_.size(), expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    TORCHTRT_CHECK(expected[i].sizes() == found[i].sizes(), "output " << i << " has the shape " << expected[i].sizes()
                                                                      << ", that of the compiled module "
                                                                      << found[i].sizes());
    outputs_[i].add(expected[i], found[i]);
  }
}

void Verification::add_layers(const Records& expected, const Records& found) {
  std::map<std::pair<std::string, std::string>, at::Tensor> wanted;
  for (const auto& record : expected) wanted[{record.engine, record.tensor}] = record.value;
  for (const auto& record : found) {
    const std::pair key(record.engine, record.tensor);
    const auto other = wanted.find(key);
    const bool is_named = !record.layer.empty() || !record.source.empty();
    if (other == wanted.end() || other->second.sizes() != record.value.sizes() || !is_named) continue;
    const auto [place, is_new] = places_.try_emplace(key, layers_.size());
    if (is_new) layers_.push_back({{record.engine, record.tensor, record.layer, record.source, {}}, {}});
    layers_[place->second].sums.add(other->second, record.value);
  }
}

std::vector<TensorError> Verification::outputs() const {
  std::vector<TensorError> errors;
  for (size_t i = 0; i < outputs_.size(); ++i) errors.push_back(outputs_[i].error(str("output ", i)));
  return errors;
}

std::vector<TensorError> Verification::layers() const {
  std::vector<TensorError> errors;
  for (const auto& [record, sums] : layers_) errors.push_back(sums.error(record.tensor, record.layer, record.source));
  return errors;
}

}  // namespace torch_tensorrt::core
