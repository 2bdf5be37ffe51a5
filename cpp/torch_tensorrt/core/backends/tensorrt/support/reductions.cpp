#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/backends/tensorrt/support/support.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/layers/attention.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers that combine the elements along an axis.
namespace torch_tensorrt::backends::tensorrt {

using network::DataType;
using network::ILayer;

namespace {

using network::Dims;

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

}  // namespace

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

Decision supports_attention(const ILayer& layer) {
  const auto size_of = [&](int32_t input, int32_t axis) { return layer.getInput(input)->getDimensions().d[axis]; };
  for (const int32_t input : {0, 1, 2}) {
    if (size_of(input, 1) < 0) return Decision::no("its number of heads is known only at run time");
  }
  const bool has_scale = static_cast<const network::IAttentionLayer&>(layer).getScale().has_value();
  if (has_scale || size_of(0, 3) >= 0 || size_of(1, 3) >= 0) return Decision::yes();
  return Decision::no(
      "it has no scale, and the width of its heads, which the default scale needs, is known only at run time");
}

Decision supports_recurrent(const ILayer& layer) {
  const Dims input = layer.getInput(0)->getDimensions();
  if (input.volume() != 0) return Decision::yes();
  return Decision::no("its input " + network::to_string(input) +
                      " has no elements, TensorRT cannot multiply such matrices");
}

Decision supports_reduce(const ILayer& layer) {
  const Dims input = layer.getInput(0)->getDimensions();
  if (input.volume() == 0) {
    return Decision::no("its input " + network::to_string(input) +
                        " has no elements, TensorRT cannot reduce such tensors");
  }
  return Decision::yes();
}

Decision supports_normalization(const ILayer& layer) {
  const Dims input = layer.getInput(0)->getDimensions();
  if (input.volume() == 0) {
    return Decision::no("its input " + network::to_string(input) +
                        " has no elements, TensorRT cannot normalize such tensors");
  }
  return Decision::yes();
}

Decision supports_matrix_multiply(const ILayer& layer) {
  const DataType type = layer.getInput(0)->getType();
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const Dims dims = layer.getInput(i)->getDimensions();
    if (dims.volume() != 0) continue;
    return Decision::no("its input " + network::to_string(dims) +
                        " has no elements, TensorRT cannot multiply such matrices");
  }
  if (network::is_floating_point(type)) return Decision::yes();
  return Decision::no("its inputs are " + network::enum_name(type) + ", TensorRT multiplies only matrices of floats");
}

Decision supports_topk(const ILayer& layer) {
  const auto& topk = static_cast<const network::ITopKLayer&>(layer);
  const int64_t k = topk.getK();
  if (k < 1 || k > kMaxTopK) {
    return Decision::no(str("k is ", k, ", TensorRT's top-k takes 1 to ", kMaxTopK));
  }
  const DataType type = layer.getInput(0)->getType();
  if (!network::is_floating_point(type) && k > 1) {
    return Decision::no("its input is " + network::enum_name(type) +
                        ", TensorRT's top-k takes integers only if k is 1");
  }
  if (topk.getStable() && k > 1) {
    return Decision::no("equal elements must keep their order, which TensorRT's top-k does not promise");
  }
  return Decision::yes();
}

Decision supports_cumulative(const ILayer& layer) {
  const auto& cumulative = static_cast<const network::ICumulativeLayer&>(layer);
  const std::optional<int64_t> size = largest_size(layer, cumulative.getAxis());
  if (!size.has_value()) {
    return Decision::no(str("the size of dimension ", cumulative.getAxis(), ", along which it runs, has no bound"));
  }
  if (*size > kMaxCumulativeSize) {
    return Decision::no(str("it runs over ", *size, " elements, must be at most ", kMaxCumulativeSize));
  }
  return Decision::yes();
}

}  // namespace torch_tensorrt::backends::tensorrt
