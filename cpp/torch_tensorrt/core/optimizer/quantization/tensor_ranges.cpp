#include "torch_tensorrt/core/optimizer/quantization/tensor_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "torch_tensorrt/core/network/enum_names.h"

namespace torch_tensorrt::optimizer {

using network::DataType;
using network::ILayer;
using network::ITensor;
using network::LayerType;

bool operator==(const TensorScale& a, const TensorScale& b) {
  return a.scale == b.scale && a.zero == b.zero && a.type == b.type;
}

TensorScale scale_of(const TensorRange& range) {
  const float amax = range.amax > 0 ? range.amax : 1.0F;
  if (range.is_signed) return {amax / 127.0F, 0, DataType::kINT8};
  return {amax / 255.0F, 0, DataType::kUINT8};
}

std::vector<float> channel_divisors(const TensorRange& range) {
  constexpr float kLeastPart = 1.0F / 16;
  constexpr float kAlike = 2;
  if (range.channels.empty()) return {};
  std::vector<float> sorted = range.channels;
  std::sort(sorted.begin(), sorted.end());
  const float largest = sorted.back();
  const bool are_alike = largest <= kAlike * sorted[sorted.size() / 2];
  if (are_alike || !(largest > 0) || !std::isfinite(1 / (largest * kLeastPart))) return {};
  std::vector<float> divisors = range.channels;
  for (float& divisor : divisors) divisor = std::max(divisor, largest * kLeastPart);
  return divisors;
}

std::string given_name(const ITensor& tensor) {
  if (tensor.getName()[0] != '\0') return tensor.getName();
  for (const ILayer* reader : tensor.consumers()) {
    const bool is_copy = reader->getType() == LayerType::kREFORMAT || reader->getType() == LayerType::kCAST;
    if (!is_copy) continue;
    if (std::string name = given_name(*reader->getOutput(0)); !name.empty()) return name;
  }
  return {};
}

TensorKeys tensor_keys(const network::INetworkDefinition& network) {
  TensorKeys keys;
  std::unordered_map<std::string, int> counts;
  for (const auto& layer : network.layers()) {
    const bool is_copy = layer->getType() == LayerType::kREFORMAT;
    // Converters name a layer by its node: "%5 : Tensor = aten::linear(...)".
    const std::string name = layer->getName();
    const std::string node = network::enum_name(layer->getType()) + " " + name.substr(0, name.find(" : "));
    for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
      const ITensor& tensor = *layer->getOutput(i);
      std::string& key = keys[&tensor];
      if (is_copy) {
        key = keys.at(layer->getInput(0));
      } else if (std::string given = given_name(tensor); !given.empty()) {
        key = std::move(given);
      } else {
        const int count = ++counts[node];
        key = count == 1 ? node : fmt::format("{} #{}", node, count);
      }
    }
  }
  return keys;
}

bool passes_elements(const ILayer& layer) {
  if (const auto* pooling = network::layer_cast<network::IPoolingLayer>(&layer)) {
    return pooling->getPoolingType() == network::PoolingType::kMAX;
  }
  const LayerType type = layer.getType();
  return type == LayerType::kREFORMAT || type == LayerType::kCONCATENATION || type == LayerType::kSHUFFLE;
}

SharedRanges::SharedRanges(const network::INetworkDefinition& network, const TensorRanges& ranges) {
  const TensorKeys keys = tensor_keys(network);
  for (const auto& layer : network.layers()) note(*layer, keys, ranges);
  // Concatenations give their range back to their operands.
  for (auto layer = network.layers().rbegin(); layer != network.layers().rend(); ++layer) give_back(**layer);
}

const TensorRange* SharedRanges::find(const ITensor& tensor) const {
  const auto found = ranges_.find(&tensor);
  return found == ranges_.end() ? nullptr : &found->second;
}

void SharedRanges::note(const ILayer& layer, const TensorKeys& keys, const TensorRanges& ranges) {
  for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
    const ITensor& tensor = *layer.getOutput(i);
    const auto found = ranges.find(keys.at(&tensor));
    if (found != ranges.end()) ranges_[&tensor] = found->second;
  }
  if (!passes_elements(layer)) return;
  TensorRange merged;
  if (!merge_inputs(layer, merged)) return;
  ranges_[layer.getOutput(0)] = merged;
}

bool SharedRanges::merge_inputs(const ILayer& layer, TensorRange& merged) const {
  merged = {0, false};
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor* input = layer.getInput(i);
    if (input == nullptr || !network::is_floating_point(input->getType())) continue;
    const TensorRange* range = find(*input);
    if (range == nullptr) return false;
    merged.amax = std::max(merged.amax, range->amax);
    merged.is_signed = merged.is_signed || range->is_signed;
  }
  return merged.amax > 0;
}

void SharedRanges::give_back(const ILayer& layer) {
  if (!passes_elements(layer)) return;
  const TensorRange* range = find(*layer.getOutput(0));
  if (range == nullptr) return;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const auto found = ranges_.find(layer.getInput(i));
    if (found == ranges_.end()) continue;
    found->second.amax = std::max(found->second.amax, range->amax);
    found->second.is_signed = found->second.is_signed || range->is_signed;
  }
}

}  // namespace torch_tensorrt::optimizer
