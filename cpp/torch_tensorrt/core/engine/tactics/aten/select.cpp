#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"

namespace torch_tensorrt::engine::aten {
namespace {

Compute make(Request& request) {
  return [condition = request.input(0), a = request.input(1), b = request.input(2), out = request.output()]() mutable {
    at::where_out(out, condition, a, b);
  };
}

}  // namespace

const Row kSelectRow = {"aten.select", network::LayerType::kSELECT, any_dtype, make};

}  // namespace torch_tensorrt::engine::aten
