#include "torch_tensorrt/core/network/layers/spatial.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

bool is_same(PaddingMode mode) { return mode == PaddingMode::kSAME_UPPER || mode == PaddingMode::kSAME_LOWER; }

int64_t dilated_size(const Window& window, int32_t i) { return window.dilation.d[i] * (window.size.d[i] - 1) + 1; }

int64_t round_up(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

// Like round_up, but also for negative values.
int64_t round_up_any(int64_t value, int64_t divisor) {
  return value < 0 ? -(-value / divisor) : round_up(value, divisor);
}

// The odd element goes to the end for kSAME_UPPER and to the start for kSAME_LOWER.
void split_padding(PaddingMode mode, int64_t total, int64_t* pre, int64_t* post) {
  const int64_t half = total / 2;
  *pre = mode == PaddingMode::kSAME_UPPER ? half : total - half;
  *post = total - *pre;
}

// Throws Error for paddings out of all proportion to their dimension: no model has them, but a damaged file may, and
// with them an output of any size.
void check_proportion(const char* what, int64_t value, const Window& window, int64_t input, int32_t i) {
  const int64_t most = 1024 + 16 * (input + dilated_size(window, i));
  if (std::abs(value) <= most) {
    return;
  }
  TORCHTRT_THROW_ERROR(what << " of spatial dimension " << i << " is " << value << ", out of proportion to its "
                            << input << " elements and a window of " << dilated_size(window, i) << "; may be at most "
                            << most);
}

int64_t window_output(const Window& window, int64_t input, int32_t i) {
  const int64_t stride = window.stride.d[i];
  if (is_same(window.mode)) {
    return round_up(input, stride);
  }
  check_proportion("the pre-padding", window.pre_padding.d[i], window, input, i);
  check_proportion("the post-padding", window.post_padding.d[i], window, input, i);
  const int64_t pre = window.pre_padding.d[i];
  const int64_t padded = input + pre + window.post_padding.d[i];
  const int64_t last = padded - dilated_size(window, i);  // the last place where a window may start
  const bool rounds_up = window.mode == PaddingMode::kEXPLICIT_ROUND_UP;
  // PyTorch: the last window must start inside the input or its leading padding. It may reach beyond the end, even if
  // it is the only window.
  const int64_t rounded = rounds_up ? round_up_any(last, stride) + 1 : 0;
  const int64_t output = rounded - ((rounded - 1) * stride >= input + pre ? 1 : 0);
  if (rounds_up ? output < 1 : last < 0) {
    TORCHTRT_THROW_ERROR("the window of " << dilated_size(window, i) << " elements (" << window.size.d[i]
                                          << ", dilation " << window.dilation.d[i]
                                          << ") is larger than the padded input of " << padded
                                          << " in spatial dimension " << i);
  }
  return rounds_up ? output : last / stride + 1;
}

int64_t transposed_output(const Window& window, int64_t input, int32_t i) {
  const int64_t stride = window.stride.d[i];
  constexpr int64_t kMostElements = int64_t{1} << 56;
  if (input > kMostElements / stride) {
    TORCHTRT_THROW_ERROR("the output has more than " << kMostElements << " elements in spatial dimension " << i
                                                     << " for " << input << " in the input and a stride of " << stride);
  }
  check_proportion("the stride", stride, window, input, i);
  if (is_same(window.mode)) {
    return input * stride;
  }
  // Paddings may cut off, or add to, the gaps that a large stride leaves between the elements.
  const int64_t room = input * stride;
  check_proportion("the pre-padding", window.pre_padding.d[i], window, room, i);
  check_proportion("the post-padding", window.post_padding.d[i], window, room, i);
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

namespace {

// Always allowed, however small the tensors are.
constexpr double kSmallVolume = 1 << 26;
constexpr double kMostTimesTheTensors = 64;

double volume_of(const Dims& dims) {
  double volume = 1;
  for (int32_t i = 0; i < dims.nbDims; ++i) volume *= static_cast<double>(dims.d[i]);
  return volume;
}

// `sizes` are the sizes of the spatial dimensions; `around` is the tensor with the other dimensions.
void check_proportion(const char* what, const std::vector<double>& sizes, const Dims& around, const Window& window,
                      const Dims& input, const Dims& output) {
  double volume = volume_of(Dims(around.nbDims - window.size.nbDims, around.d));
  for (const double size : sizes) volume *= size;
  const double most = std::max(kSmallVolume, kMostTimesTheTensors * (volume_of(input) + volume_of(output)));
  if (volume <= most) return;
  TORCHTRT_THROW_ERROR(what << " would have " << volume << " elements for an input of " << to_string(input)
                            << " and an output of " << to_string(output) << ", may have " << most << "; the window is "
                            << to_string(window.size) << ", the stride " << to_string(window.stride)
                            << ", the dilation " << to_string(window.dilation) << ", the paddings "
                            << to_string(window.pre_padding) << " and " << to_string(window.post_padding));
}

}  // namespace

void check_padded_input(const Window& window, const Dims& input, const Dims& output) {
  if (is_same(window.mode) || !input.is_static() || !output.is_static()) return;
  std::vector<double> sizes;
  for (int32_t i = 0; i < window.size.nbDims; ++i) {
    const auto size = static_cast<double>(input.d[input.nbDims - window.size.nbDims + i]);
    sizes.push_back(size + static_cast<double>(window.pre_padding.d[i]) +
                    static_cast<double>(window.post_padding.d[i]));
  }
  check_proportion("the padded input", sizes, input, window, input, output);
}

void check_uncut_output(const Window& window, const Dims& input, const Dims& output) {
  if (!input.is_static() || !output.is_static()) return;
  std::vector<double> sizes;
  for (int32_t i = 0; i < window.size.nbDims; ++i) {
    const auto size = static_cast<double>(input.d[input.nbDims - window.size.nbDims + i]);
    sizes.push_back((size - 1) * static_cast<double>(window.stride.d[i]) +
                    static_cast<double>(dilated_size(window, i)));
  }
  check_proportion("the output before its paddings are cut off", sizes, output, window, input, output);
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
    // The output has input * stride elements; a window smaller than the stride leaves some of them empty at the end.
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

std::optional<WindowEffect> effect_of(const Window& window, int32_t i, bool is_inverse) {
  if (window.mode != PaddingMode::kEXPLICIT_ROUND_DOWN) return std::nullopt;
  const int64_t extent = window.dilation.d[i] * (window.size.d[i] - 1) + 1;
  return WindowEffect{is_inverse, window.stride.d[i], window.pre_padding.d[i] + window.post_padding.d[i] - extent};
}

}  // namespace torch_tensorrt::network
