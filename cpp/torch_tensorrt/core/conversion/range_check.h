#pragma once

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

namespace torch_tensorrt::core::conversion {

// Infers the network at three points of the ranges of each profile: all inputs at their opt shape, at their smallest
// and at their largest. Throws Error where the opt shapes do not fit, and warns where an end does not: the shapes
// between may fit, and a call with some that do not is an error then. Both quote the dims of the dynamic inputs and the
// layer (with the user's line) that does not fit.
void check_ranges(const ConversionCtx& ctx);

}  // namespace torch_tensorrt::core::conversion
