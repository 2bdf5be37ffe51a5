#include <algorithm>

#include "torch_tensorrt/core/engine/tactic.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

constexpr int64_t kChannelBlock = 16;

int64_t checked_multiply(int64_t a, int64_t b, const network::Dims& dims) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    TORCHTRT_THROW_ERROR("a tensor of dims " << network::to_string(dims) << " has more bytes than fit in 64 bits");
  }
  return product;
}

}  // namespace

int64_t TensorDesc::bytes() const {
  int64_t result = network::element_size(dtype);
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    int64_t dim = dims.d[i];
    TORCHTRT_CHECK(dim >= 0, "a tensor of dims " << network::to_string(dims) << " has no size yet");
    if (i == 1 && format == network::TensorFormat::kCHW16) {
      dim = checked_multiply((dim + kChannelBlock - 1) / kChannelBlock, kChannelBlock, dims);
    }
    result = checked_multiply(result, dim, dims);
  }
  return result;
}

network::Dims TensorDesc::strides() const {
  const bool channels_last = format == network::TensorFormat::kHWC;
  TORCHTRT_CHECK(channels_last || format == network::TensorFormat::kLINEAR,
                 "format " << network::enum_name(format) << " has no strides");
  TORCHTRT_CHECK(!channels_last || dims.nbDims >= 3, "format " << network::enum_name(format)
                                                               << " needs rank 3 or more, not dims "
                                                               << network::to_string(dims));
  network::Dims result = dims;
  int64_t step = 1;
  if (channels_last) {
    result.d[1] = 1;
    step = std::max<int64_t>(dims.d[1], 1);
  }
  for (int32_t i = dims.nbDims - 1; i >= 0; --i) {
    if (channels_last && i == 1) continue;
    result.d[i] = step;
    step *= std::max<int64_t>(dims.d[i], 1);
  }
  return result;
}

}  // namespace torch_tensorrt::engine
