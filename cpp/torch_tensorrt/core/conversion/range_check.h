#pragma once

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

namespace torch_tensorrt::core::conversion {

// Infers the network at the ends of the ranges of each profile, all inputs at their smallest and all at their largest.
// Throws Error quoting the end, the dims of the dynamic inputs there, and the layer (with the user's line) that does
// not fit.
void check_range_ends(const ConversionCtx& ctx);

}  // namespace torch_tensorrt::core::conversion
