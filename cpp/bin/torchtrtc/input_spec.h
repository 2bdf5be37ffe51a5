#pragma once

#include <string>

#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {

// An input specification of the command line:
//   "(N,C,H,W)"                 one shape; "()" is a scalar
//   "[(MIN..);(OPT..);(MAX..)]" a range of shapes
// then optionally "@dtype" (float, half, char, int, long, double, bool and their usual other spellings),
// then optionally "%format" (linear, nchw, chw, contiguous, nhwc, hwc, channels_last).
// Throws Error quoting the specification and what is wrong with it.
torch_tensorrt::Input parse_input_spec(const std::string& text);

// Throws Error listing the accepted spellings.
torch_tensorrt::DataType parse_dtype(const std::string& text);
torch_tensorrt::DataType parse_precision(const std::string& text);

}  // namespace torchtrtc
