#include "torch_tensorrt/core/network/layers/spatial.h"

#include <algorithm>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

bool is_same(PaddingMode mode) { return mode == PaddingMode::kSAME_UPPER || mode == PaddingMode::kSAME_LOWER; }

int64_t dilated_size(const Window& window, int32_t i) { return window.dilation.d[i] * (window.size.d[i] - 1) + 1; }

int64_t round_up(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

// The odd element goes behind for kSAME_UPPER and in front for kSAME_LOWER.
void split_padding(PaddingMode mode, int64_t total, int64_t* pre, int64_t* post) {
  const int64_t half = total / 2;
  *pre = mode == PaddingMode::kSAME_UPPER ? half : total - half;
  *post = total - *pre;
}

int64_t window_output(const Window& window, int64_t input, int32_t i) {
  const int64_t stride = window.stride.d[i];
  if (is_same(window.mode)) {
    return round_up(input, stride);
  }
  const int64_t pre = window.pre_padding.d[i];
  const int64_t padded = input + pre + window.post_padding.d[i];
  const int64_t last = padded - dilated_size(window, i);  // where a window may start at most
  if (last < 0) {
    TORCHTRT_THROW_ERROR("the window of " << dilated_size(window, i) << " elements (" << window.size.d[i]
                                          << ", dilation " << window.dilation.d[i]
                                          << ") is larger than the padded input of " << padded
                                          << " in spatial dimension " << i);
  }
  if (window.mode == PaddingMode::kEXPLICIT_ROUND_DOWN) {
    return last / stride + 1;
  }
  const int64_t output = round_up(last, stride) + 1;
  // PyTorch: the last window must start inside the input or its leading padding.
  return (output - 1) * stride >= input + pre ? output - 1 : output;
}

int64_t transposed_output(const Window& window, int64_t input, int32_t i) {
  const int64_t stride = window.stride.d[i];
  if (is_same(window.mode)) {
    return input * stride;
  }
  const int64_t output =
      (input - 1) * stride - window.pre_padding.d[i] - window.post_padding.d[i] + dilated_size(window, i);
  if (output <= 0) {
    TORCHTRT_THROW_ERROR("the output has " << output << " elements in spatial dimension " << i << " for " << input
                                           << " in the input and paddings " << window.pre_padding.d[i] << " and "
                                           << window.post_padding.d[i] << ", must have at least 1");
  }
  return output;
}

}  // namespace

void check_window(const Window& window, int64_t smallest_padding) {
  const int32_t rank = window.size.nbDims;
  if (rank < 1 || rank > 3) {
    TORCHTRT_THROW_ERROR("the window " << to_string(window.size) << " has " << rank
                                       << " dimensions, must have 1, 2 or 3");
  }
  expect_spatial("window size", window.size, rank, 1);
  expect_spatial("stride", window.stride, rank, 1);
  expect_spatial("dilation", window.dilation, rank, 1);
  expect_spatial("pre-padding", window.pre_padding, rank, 0);
  expect_spatial("post-padding", window.post_padding, rank, smallest_padding);
}

void resolve_padding(const Window& window, const Dims& input, Dims* pre, Dims* post) {
  *pre = window.pre_padding;
  *post = window.post_padding;
  if (!is_same(window.mode)) {
    return;
  }
  const int32_t rank = window.size.nbDims;
  for (int32_t i = 0; i < rank; ++i) {
    const int64_t size = input.d[input.nbDims - rank + i];
    const int64_t output = round_up(size, window.stride.d[i]);
    const int64_t total = std::max<int64_t>(0, (output - 1) * window.stride.d[i] + dilated_size(window, i) - size);
    split_padding(window.mode, total, &pre->d[i], &post->d[i]);
  }
}

void resolve_transposed_padding(const Window& window, Dims* pre, Dims* post) {
  *pre = window.pre_padding;
  *post = window.post_padding;
  if (!is_same(window.mode)) {
    return;
  }
  for (int32_t i = 0; i < window.size.nbDims; ++i) {
    // The output has input * stride elements; a window smaller than the stride leaves some of them empty behind.
    const int64_t total = dilated_size(window, i) - window.stride.d[i];
    if (total >= 0) {
      split_padding(window.mode, total, &pre->d[i], &post->d[i]);
    } else {
      pre->d[i] = 0;
      post->d[i] = total;
    }
  }
}

Dims window_output(const Window& window, const Dims& input) {
  const int32_t rank = window.size.nbDims;
  Dims output = filled({}, rank, -1);
  for (int32_t i = 0; i < rank; ++i) {
    const int64_t size = input.d[input.nbDims - rank + i];
    if (size != -1) {
      output.d[i] = window_output(window, size, i);
    }
  }
  return output;
}

Dims transposed_output(const Window& window, const Dims& input) {
  const int32_t rank = window.size.nbDims;
  Dims output = filled({}, rank, -1);
  for (int32_t i = 0; i < rank; ++i) {
    const int64_t size = input.d[input.nbDims - rank + i];
    if (size != -1) {
      output.d[i] = transposed_output(window, size, i);
    }
  }
  return output;
}

}  // namespace torch_tensorrt::network
