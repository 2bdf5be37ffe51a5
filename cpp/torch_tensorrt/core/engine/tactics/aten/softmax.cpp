#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"

namespace torch_tensorrt::engine::aten {
namespace {

Compute make(Request& request) {
  const auto& layer = request.layer<network::ISoftMaxLayer>();
  const int64_t axis = __builtin_ctz(layer.getAxes());
  // PyTorch's kernels for the last dimension write row-major whatever the strides of `out` are (seen in 2.11).
  if (!request.output().is_contiguous()) {
    return [x = request.input(0), out = request.output(), axis, log = layer.getLog()]() mutable {
      out.copy_(log ? at::log_softmax(x, axis) : at::softmax(x, axis));
    };
  }
  return [x = request.input(0), out = request.output(), axis, log = layer.getLog()]() mutable {
    if (log) {
      at::_log_softmax_out(out, x, axis, /*half_to_float=*/false);
    } else {
      at::_softmax_out(out, x, axis, /*half_to_float=*/false);
    }
  };
}

}  // namespace

const Row kSoftMaxRow = {"aten.softmax", network::LayerType::kSOFTMAX, float_input, make};

}  // namespace torch_tensorrt::engine::aten
