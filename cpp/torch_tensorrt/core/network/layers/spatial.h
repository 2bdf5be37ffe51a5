#pragma once

#include <optional>

#include "torch_tensorrt/core/network/layer.h"

// Arithmetic of sliding windows, for convolutions and pooling. Not for use elsewhere.
namespace torch_tensorrt::network {

// One entry for each spatial dimension, with defaults filled in.
struct Window {
  Dims size;
  Dims stride;
  Dims dilation;
  Dims pre_padding;
  Dims post_padding;
  PaddingMode mode = PaddingMode::kEXPLICIT_ROUND_DOWN;
};

// Throws Error if the number of entries or a value is wrong. Convolutions and pooling need paddings of at least 0.
void check_window(const Window& window, int64_t smallest_padding);

// Paddings for the last dimensions of `input`, which must be known if the mode is kSAME_*.
void resolve_padding(const Window& window, const Dims& input, Dims* pre, Dims* post);
// The same for a transposed convolution, whose input is the result of the window.
void resolve_transposed_padding(const Window& window, Dims* pre, Dims* post);

// Output sizes of the window over the last dimensions of `input`, one for each spatial dimension; -1 stays -1.
// Throws Error if the window does not fit into the padded input.
Dims window_output(const Window& window, const Dims& input);
Dims transposed_output(const Window& window, const Dims& input);

// Effect on spatial dimension `i`, for ILayer::window_effect().
std::optional<WindowEffect> effect_of(const Window& window, int32_t i, bool is_inverse);

// Checks the memory that a layer needs beside its tensors: the padded input, or the output before its paddings are cut.
// Throws Error if it is out of all proportion to the tensors (all dims, in order; unknown ones are skipped): no model
// has such paddings, steps and dilations, but a damaged file may.
void check_padded_input(const Window& window, const Dims& input, const Dims& output);
void check_uncut_output(const Window& window, const Dims& input, const Dims& output);

}  // namespace torch_tensorrt::network
