#pragma once

#include <memory>

#include "options.h"
#include "torch_tensorrt/ptq.h"

namespace torchtrtc {

// The calibrator of the flags --calibration-data and --calibration-cache-file; null without them.
std::unique_ptr<torch_tensorrt::ptq::Calibrator> make_calibrator(const Options& options);

}  // namespace torchtrtc
