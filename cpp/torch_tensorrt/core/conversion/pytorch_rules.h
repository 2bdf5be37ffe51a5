#pragma once

// Rules in which versions of PyTorch differ. Each asks the PyTorch that runs, once. Thread-safe.
namespace torch_tensorrt::core::conversion {

// Whether clamp of integers takes bounds that their dtype cannot hold: those that limit nothing have no effect, the
// others are errors. Otherwise such a bound is an error or wraps around.
bool clamp_takes_bounds_of_any_size();
// Whether clamp with one bound, which is NaN, gives NaN. Otherwise such a bound has no effect.
bool clamp_gives_nan_for_one_bound();
// Whether softshrink of halves rounds lambda to the dtype. Otherwise it computes in f32.
bool softshrink_rounds_lambda();

}  // namespace torch_tensorrt::core::conversion
