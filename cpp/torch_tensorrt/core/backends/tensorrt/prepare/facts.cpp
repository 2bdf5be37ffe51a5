#include "torch_tensorrt/core/backends/tensorrt/prepare/facts.h"

#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::DataType;
using network::Dims;
using network::ILayer;
using network::ITensor;
using network::LayerType;

template <typename T>
std::optional<int64_t> single_value(const network::Weights& weights) {
  const auto* values = static_cast<const T*>(weights.values);
  for (int64_t i = 1; i < weights.count; ++i) {
    if (values[i] != values[0]) return std::nullopt;
  }
  return static_cast<int64_t>(values[0]);
}

Dims largest_dims(const network::ITensor& input, const network::Profile& profile) {
  const auto range = profile.find(input.getName());
  return range == profile.end() ? input.getDimensions() : range->second.max;
}

// The size at the largest dims of one profile; if data decides, an upper bound.
std::optional<int64_t> largest_size(const network::INetworkDefinition& network, const network::Profile& profile,
                                    const network::ITensor& tensor, int32_t axis) {
  std::vector<Dims> dims;
  for (const network::ITensor* input : network.inputs()) dims.push_back(largest_dims(*input, profile));
  try {
    const int64_t size = network::infer_all(network, dims).at(&tensor).type.dims.d[axis];
    if (size >= 0) return size;
  } catch (const Error&) {  // the inputs' largest dims do not fit together
  }
  const double bound = network::ValueRanges(profile).of_dim(tensor, axis).high;
  return std::isinf(bound) ? std::nullopt : std::optional<int64_t>(static_cast<int64_t>(bound));
}

// Dimensions of size 1 that stand behind others.
std::vector<int32_t> inner_units(const std::vector<int64_t>& dims) {
  std::vector<int32_t> units;
  bool is_behind = false;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1 && is_behind) units.push_back(static_cast<int32_t>(i));
    is_behind = is_behind || dims[i] != 1;
  }
  return units;
}

bool is_element_wise(LayerType type) {
  static const std::unordered_set<LayerType> kTypes = {
      LayerType::kACTIVATION, LayerType::kCAST,   LayerType::kELEMENTWISE, LayerType::kIDENTITY,
      LayerType::kSCALE,      LayerType::kSELECT, LayerType::kUNARY};
  return kTypes.count(type) != 0;
}

// A running result is computed from copies of the tensor, moved by powers of two.
bool has_moved_copies(const ILayer& layer) {
  const auto* slice = network::layer_cast<network::ISliceLayer>(&layer);
  if (slice != nullptr) return slice->getMode() != network::SampleMode::kSTRICT_BOUNDS;
  return layer.getType() == LayerType::kCUMULATIVE;
}

struct Search {
  std::unordered_set<const ILayer*> constant;  // computed from constants alone
  std::unordered_set<const ILayer*> found;

  void visit(const ILayer& layer) {
    bool all_constant = layer.getType() != LayerType::kINPUT;
    bool all_known = true;
    bool any_found = false;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      const ITensor* input = layer.getInput(i);
      if (input == nullptr || constant.count(input->producer()) != 0) continue;
      all_constant = false;
      const bool is_found = found.count(input->producer()) != 0;
      any_found = any_found || is_found || (layer.getType() == LayerType::kCAST && is_integral(input->getType()));
      all_known = all_known && (is_found || !is_floating_point(input->getType()));
    }
    if (all_constant) {
      constant.insert(&layer);
      return;
    }
    if (any_found && all_known && is_floating_point(layer.getOutput(0)->getType())) found.insert(&layer);
  }
};

}  // namespace

std::optional<int64_t> constant_integer(const network::ITensor* tensor) {
  const auto* constant = tensor == nullptr ? nullptr : network::layer_cast<network::IConstantLayer>(tensor->producer());
  if (constant == nullptr || constant->getWeights().count == 0) return std::nullopt;
  if (constant->getWeights().type == DataType::kINT32) return single_value<int32_t>(constant->getWeights());
  if (constant->getWeights().type == DataType::kINT64) return single_value<int64_t>(constant->getWeights());
  return std::nullopt;
}

std::optional<int64_t> largest_size(const ILayer& layer, int32_t axis) {
  const network::ITensor& tensor = *layer.getInput(0);
  if (const int64_t size = tensor.getDimensions().d[axis]; size >= 0) return size;
  std::vector<network::Profile> profiles = layer.network()->profiles();
  if (profiles.empty()) profiles.emplace_back();
  std::optional<int64_t> largest;
  for (const network::Profile& profile : profiles) {
    const std::optional<int64_t> size = largest_size(*layer.network(), profile, tensor, axis);
    if (!size) return std::nullopt;
    largest = std::max(largest.value_or(0), *size);
  }
  return largest;
}

std::optional<int64_t> input_channels(const network::ConvolutionBase& layer) {
  if (const int64_t known = layer.getInput(0)->getDimensions().d[1]; known >= 0) return known;
  const network::Weights* kernel = &layer.getKernelWeights();
  if (kernel->count == 0 && layer.own_input_count() > 1 && layer.getInput(1) != nullptr) {
    const auto* constant = network::layer_cast<network::IConstantLayer>(layer.getInput(1)->producer());
    if (constant == nullptr) return std::nullopt;
    kernel = &constant->getWeights();
  }
  // Both kinds of kernel have maps * channels / groups windows.
  const int64_t windows = layer.getNbOutputMaps() * layer.getKernelSizeNd().volume();
  return windows == 0 ? std::nullopt : std::optional<int64_t>(kernel->count * layer.getNbGroups() / windows);
}

std::unordered_set<const ILayer*> layers_on_whole_numbers(const network::INetworkDefinition& network) {
  Search search;
  for (const auto& layer : network.layers()) search.visit(*layer);
  return std::move(search.found);
}

bool follows_moved_copy(const network::ILayer& layer) {
  std::unordered_set<const ILayer*> seen;
  std::vector<const ILayer*> next = {layer.getInput(0)->producer()};
  while (!next.empty()) {
    const ILayer& source = *next.back();
    next.pop_back();
    if (has_moved_copies(source)) return true;
    if (!is_element_wise(source.getType()) || !seen.insert(&source).second) continue;
    for (int32_t i = 0; i < source.getNbInputs(); ++i) {
      if (source.getInput(i) != nullptr) next.push_back(source.getInput(i)->producer());
    }
  }
  return false;
}

bool transposes_wrongly(const std::vector<int64_t>& dims) { return dims.size() >= 5 && !inner_units(dims).empty(); }

UnitTranspose without_units(const std::vector<int64_t>& dims, const network::Permutation& order) {
  UnitTranspose result;
  result.units = inner_units(dims);
  for (size_t i = 0; i < dims.size(); ++i) {
    const int32_t axis = order.order[i];
    const auto next = std::lower_bound(result.units.begin(), result.units.end(), axis);
    if (next != result.units.end() && *next == axis) {
      result.added.push_back(static_cast<int32_t>(i));
    } else {
      result.order.push_back(axis - static_cast<int32_t>(next - result.units.begin()));
    }
  }
  return result;
}

}  // namespace torch_tensorrt::backends::tensorrt
