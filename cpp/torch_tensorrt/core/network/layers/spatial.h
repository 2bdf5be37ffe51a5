#pragma once

#include "torch_tensorrt/core/network/types.h"

// Arithmetic of sliding windows, for convolutions and pooling. Not for use elsewhere.
namespace torch_tensorrt::network {

// One entry a spatial dimension, defaults filled in.
struct Window {
  Dims size;
  Dims stride;
  Dims dilation;
  Dims pre_padding;
  Dims post_padding;
  PaddingMode mode = PaddingMode::kEXPLICIT_ROUND_DOWN;
};

// Throws Error when an entry count or a value is wrong. Convolutions and pooling need paddings of at least 0.
void check_window(const Window& window, int64_t smallest_padding);

// Paddings for the last dimensions of `input`, which must be known where the mode is kSAME_*.
void resolve_padding(const Window& window, const Dims& input, Dims* pre, Dims* post);
// The same for the inverse, whose input is what the window leaves.
void resolve_transposed_padding(const Window& window, Dims* pre, Dims* post);

// Sizes that the window leaves of the last dimensions of `input`, one a spatial dimension; -1 stays -1.
// Throws Error when the window does not fit into the padded input.
Dims window_output(const Window& window, const Dims& input);
Dims transposed_output(const Window& window, const Dims& input);

// What a layer works in beside its tensors: the padded input, or the output before its paddings are cut off. Throws
// Error where that is out of all proportion to the tensors (all dims, in order; unknown ones are not looked at): no
// model has such paddings, steps and dilations, and a file may have any.
void check_padded_input(const Window& window, const Dims& input, const Dims& output);
void check_uncut_output(const Window& window, const Dims& input, const Dims& output);

}  // namespace torch_tensorrt::network
