#include "torch_tensorrt/core/backends/tensorrt/prepare/facts.h"
#include "torch_tensorrt/core/backends/tensorrt/support.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers that combine the elements along an axis.
namespace torch_tensorrt::backends::tensorrt {

using network::DataType;
using network::Dims;
using network::ILayer;

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
  const auto& normalization = static_cast<const network::INormalizationLayer&>(layer);
  if (!normalization.getRms() && follows_moved_copy(layer)) {
    return Decision::no(
        "its input is computed from a running result or from padding, TensorRT normalizes that wrongly");
  }
  return Decision::yes();
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
