#pragma once

#include <cstdint>

#include "ATen/core/Tensor.h"

namespace torch_tensorrt::core::runtime {

// What torchvision's operator of this name gives: regions of feature maps, each resampled to the same size by averages
// of bilinear samples. A kernel of our own runs float tensors on a CPU, without gradients. All else needs torchvision.
//   input           N x C x H x W; channels_last is the fastest memory format
//   rois            K x 5: the number of the map, and left, top, right, bottom in the map's pixels / spatial_scale
//   sampling_ratio  samples of a result's element in each direction; 0 or less: as many as it covers pixels
//   aligned         pixels have their centers at half coordinates
//   result          K x C x pooled_height x pooled_width, contiguous
// Throws Error for other shapes, dtypes or devices, and for a number of a map that is not there.
at::Tensor roi_align(const at::Tensor& input, const at::Tensor& rois, double spatial_scale, int64_t pooled_height,
                     int64_t pooled_width, int64_t sampling_ratio, bool aligned);

}  // namespace torch_tensorrt::core::runtime
