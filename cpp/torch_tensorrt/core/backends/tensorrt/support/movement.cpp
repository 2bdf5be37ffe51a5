#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/prepare/host_values.h"
#include "torch_tensorrt/core/backends/tensorrt/support.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers that move elements or change their dtype.
namespace torch_tensorrt::backends::tensorrt {

using network::DataType;
using network::GatherMode;
using network::ILayer;

Decision supports_always(const ILayer& /*layer*/) { return Decision::yes(); }

// TensorRT needs the range of values that decide on shapes.
Decision supports_input(const ILayer& layer) {
  const network::INetworkDefinition& network = *layer.network();
  const network::ITensor& input = *layer.getOutput(0);
  const auto place = std::find(network.inputs().begin(), network.inputs().end(), &input) - network.inputs().begin();
  if (!network::is_integral(input.getType()) || !network::find_shape_inputs(network)[static_cast<size_t>(place)]) {
    return Decision::yes();
  }
  for (const network::Profile& profile : network.profiles()) {
    const auto range = profile.find(input.getName());
    if (range == profile.end()) continue;
    for (const auto* values : {&range->second.min_values, &range->second.opt_values, &range->second.max_values}) {
      profile_values(input, *values);  // throws if values are missing
    }
    return Decision::yes();
  }
  profile_values(input, {});
  return Decision::yes();
}

Decision supports_constant(const ILayer& layer) {
  const auto& constant = static_cast<const network::IConstantLayer&>(layer);
  if (constant.getWeights().count == 0)
    return Decision::no("it has no elements, TensorRT's constants need at least one");
  // TensorRT 10.6 was seen to end the process while building such a network.
  if (layer.network()->getNbInputs() == 0)
    return Decision::no("its network has no inputs, TensorRT needs at least one");
  return Decision::yes();
}

Decision supports_slice(const ILayer& layer) {
  const auto& slice = static_cast<const network::ISliceLayer&>(layer);
  if (slice.getInput(0)->getDimensions().nbDims == 0) return Decision::no("TensorRT cannot slice scalars");
  return Decision::yes();
}

Decision supports_gather(const ILayer& layer) {
  const auto& gather = static_cast<const network::IGatherLayer&>(layer);
  const int32_t shared = gather.getNbElementWiseDims();
  if (gather.getMode() == GatherMode::kDEFAULT && shared > 1) {
    return Decision::no(str("data and indices share ", shared, " dimensions, TensorRT's gather lets them share 1"));
  }
  return Decision::yes();
}

Decision supports_scatter(const ILayer& layer) {
  const auto& scatter = static_cast<const network::IScatterLayer&>(layer);
  if (scatter.getReduction() == network::ScatterReduction::kNONE) return Decision::yes();
  return Decision::no("updates are combined by " + network::enum_name(scatter.getReduction()) +
                      ", TensorRT's scatter only replaces");
}

Decision supports_cast(const ILayer& layer) {
  if (layer.getOutput(0)->getType() != DataType::kUINT8) return Decision::yes();
  for (const ILayer* consumer : layer.getOutput(0)->consumers()) {
    if (consumer->getType() != network::LayerType::kCAST) {
      return Decision::no("its output is u8 and read by " + network::describe(*consumer) +
                          "; TensorRT takes u8 only as input or output of an engine");
    }
  }
  return Decision::yes();
}

}  // namespace torch_tensorrt::backends::tensorrt
