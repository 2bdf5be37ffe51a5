#include "calibration.h"

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/util/Exception.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  TORCHTRT_CHECK(file, "cannot read " << path);
  return bytes.str();
}

std::vector<torch::jit::IValue> load_batch(const std::string& path) {
  const std::string bytes = read_file(path);
  torch::jit::IValue value;
  try {
    value = torch::jit::pickle_load({bytes.begin(), bytes.end()});
  } catch (const std::exception& error) {
    TORCHTRT_THROW_ERROR("--calibration-data "
                         << path << " is no file of torch.save: " << torch_tensorrt::GetExceptionString(error));
  }
  if (value.isTensor()) return {value};
  TORCHTRT_CHECK(value.isTuple() || value.isList(), "--calibration-data "
                                                        << path << " holds a " << value.tagKind()
                                                        << ", must be a tensor or a tuple of tensors");
  if (value.isTuple()) return value.toTupleRef().elements();
  return value.toListRef().vec();
}

torch_tensorrt::ptq::CalibrationAlgo calibration_algorithm(const std::string& name) {
  using torch_tensorrt::ptq::CalibrationAlgo;
  if (name == "legacy") return CalibrationAlgo::kLEGACY_CALIBRATION;
  if (name == "entropy") return CalibrationAlgo::kENTROPY_CALIBRATION;
  return name == "minmax" ? CalibrationAlgo::kMINMAX_CALIBRATION : CalibrationAlgo::kENTROPY_CALIBRATION_2;
}

}  // namespace

std::unique_ptr<torch_tensorrt::ptq::Calibrator> make_calibrator(const Options& options) {
  using torch_tensorrt::ptq::Calibrator;
  if (options.calibration_data.empty()) {
    if (options.calibration_cache.empty()) return nullptr;
    return std::make_unique<Calibrator>(options.calibration_cache);
  }
  auto next = [paths = options.calibration_data, place = size_t{0}]() mutable -> std::optional<Calibrator::Batch> {
    if (place == paths.size()) return std::nullopt;
    return load_batch(paths[place++]);
  };
  return std::make_unique<Calibrator>(calibration_algorithm(options.calibration_algorithm), std::move(next),
                                      options.calibration_cache, /*use_cache=*/false);
}

}  // namespace torchtrtc
