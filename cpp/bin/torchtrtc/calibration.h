#pragma once

#include <memory>
#include <vector>

#include "torch/script.h"

#include "input_spec.h"
#include "options.h"
#include "torch_tensorrt/ptq.h"

namespace torchtrtc {

// The calibrator of the flags --calibration-data and --calibration-cache-file; null without them. Images are stacked to
// batches of the size that the first spec has.
std::unique_ptr<torch_tensorrt::ptq::Calibrator> make_calibrator(const Options& options,
                                                                 const std::vector<InputSpec>& specs,
                                                                 const torch::jit::Module& module);

// Checks before the modules are loaded that the file of --calibration-cache-file holds a calibration, or that a
// calibration can be written to it.
void require_calibration_file(const Options& options);

// Checks without compiling that the calibration data can be read, and that a batch fits the module.
void check_calibration(const Options& options, const std::vector<InputSpec>& specs, const torch::jit::Module& module);

}  // namespace torchtrtc
