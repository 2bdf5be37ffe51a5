#include "calibration.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "data_file.h"
#include "files.h"
#include "torch_tensorrt/core/engine/build/calibration.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torchtrtc {
namespace {

torch_tensorrt::ptq::CalibrationAlgo calibration_algorithm(const std::string& name) {
  using torch_tensorrt::ptq::CalibrationAlgo;
  if (name == "legacy") return CalibrationAlgo::kLEGACY_CALIBRATION;
  if (name == "entropy") return CalibrationAlgo::kENTROPY_CALIBRATION;
  return name == "minmax" ? CalibrationAlgo::kMINMAX_CALIBRATION : CalibrationAlgo::kENTROPY_CALIBRATION_2;
}

// Of the first input at its opt shape.
size_t batch_size(const std::vector<InputSpec>& specs) {
  if (specs.empty() || specs[0].input.opt_shape.empty()) return 1;
  return static_cast<size_t>(std::max<int64_t>(specs[0].input.opt_shape[0], 1));
}

}  // namespace

std::unique_ptr<torch_tensorrt::ptq::Calibrator> make_calibrator(const Options& options,
                                                                 const std::vector<InputSpec>& specs,
                                                                 const torch::jit::Module& module) {
  using torch_tensorrt::ptq::Calibrator;
  if (options.calibration_data.empty()) {
    if (options.calibration_cache.empty()) return nullptr;
    return std::make_unique<Calibrator>(options.calibration_cache);
  }
  auto next = [batches = Batches(options.calibration_data, parse_preprocessing(options.preprocessing),
                                 batch_size(specs), "--calibration-data"),
               method = module.get_method("forward"),
               number = size_t{0}]() mutable -> std::optional<Calibrator::Batch> {
    if (number == batches.size()) return std::nullopt;
    torch_tensorrt::core::util::report("running batches", static_cast<int64_t>(number),
                                       static_cast<int64_t>(batches.size()));
    return batches.read(number++, method);
  };
  return std::make_unique<Calibrator>(
      calibration_algorithm(options.calibration_algorithm.value_or(kCalibrationAlgorithm)), std::move(next),
      options.calibration_cache, /*use_cache=*/false);
}

void require_calibration_file(const Options& options) {
  const std::string& path = options.calibration_cache;
  if (path.empty()) return;
  if (!options.calibration_data.empty()) {
    torch_tensorrt::engine::require_calibration_place(path);
    return;
  }
  std::error_code ignored;
  TORCHTRT_CHECK(std::filesystem::exists(path, ignored),
                 "cannot read the calibration file " << path << ": there is no such file");
  TORCHTRT_CHECK(torch_tensorrt::engine::is_calibration_table(read_file(path)),
                 path << " is not a calibration file; name one that --calibration-data wrote");
}

void check_calibration(const Options& options, const std::vector<InputSpec>& specs, const torch::jit::Module& module) {
  if (options.calibration_data.empty()) return;
  const Batches batches(options.calibration_data, parse_preprocessing(options.preprocessing), batch_size(specs),
                        "--calibration-data");
  if (batches.size() > 0) batches.read(0, module.get_method("forward"));
}

}  // namespace torchtrtc
