#include "torch_tensorrt/core/backends/tensorrt/support.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/layers/attention.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers made of matrix products.
namespace torch_tensorrt::backends::tensorrt {

using network::DataType;
using network::Dims;
using network::ILayer;

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

}  // namespace torch_tensorrt::backends::tensorrt
