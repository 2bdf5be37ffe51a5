#pragma once

#include "torch_tensorrt/core/backends/tensorrt/translate/blocks.h"

// TensorRT's windows have two or three dimensions and need a batch.
namespace torch_tensorrt::backends::tensorrt {

// Entries of a window's attribute, with `fill` as second dimension if ours has one.
inline trt::Dims window_dims(const network::Dims& dims, int64_t fill) {
  trt::Dims result = to_trt(dims);
  if (result.nbDims == 1) result.d[result.nbDims++] = fill;
  return result;
}

// Appends a dimension of size 1 if the window has one dimension.
inline trt::ITensor& widen_space(Translator& t, trt::ITensor& x, int32_t spatial_rank) {
  return spatial_rank == 1 ? unsqueeze(t, x, {x.getDimensions().nbDims}) : x;
}
inline trt::ITensor& narrow_space(Translator& t, trt::ITensor& x, int32_t spatial_rank) {
  return spatial_rank == 1 ? squeeze(t, x, {x.getDimensions().nbDims - 1}) : x;
}

}  // namespace torch_tensorrt::backends::tensorrt
