#include "torch_tensorrt/ptq.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "torch_tensorrt/core/engine/build/calibration.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::ptq {
namespace {

std::string read_cache(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  TORCHTRT_CHECK(file, "cannot read the calibration file " << path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Observes the engines of this thread while it lives.
class Observation {
 public:
  Observation() { engine::set_tensor_observer(&calibration_); }
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;
  ~Observation() { engine::set_tensor_observer(nullptr); }
  const engine::Calibration& calibration() const { return calibration_; }

 private:
  engine::Calibration calibration_;
};

}  // namespace

Calibrator::Calibrator(CalibrationAlgo algorithm, std::function<std::optional<Batch>()> next,
                       std::string cache_file_path, bool use_cache)
    : algorithm_(algorithm),
      next_(std::move(next)),
      cache_file_path_(std::move(cache_file_path)),
      reads_file_(use_cache) {
  TORCHTRT_CHECK(!use_cache || !cache_file_path_.empty(), "use_cache needs the path of a calibration file");
}

Calibrator::Calibrator(std::string cache_file_path)
    : algorithm_(CalibrationAlgo::kENTROPY_CALIBRATION_2),
      cache_file_path_(std::move(cache_file_path)),
      reads_file_(true) {}

std::string Calibrator::calibrate(const std::function<torch::jit::Module()>& compile_in_float) {
  const bool has_file = !cache_file_path_.empty() && std::filesystem::is_regular_file(cache_file_path_);
  if (reads_file_ && (has_file || !next_)) return read_cache(cache_file_path_);
  if (!cache_file_path_.empty()) engine::require_calibration_place(cache_file_path_);
  const core::util::Watch watch("calibrating");
  return core::util::watched(watch, [&] { return calibrate_with_batches(compile_in_float()); });
}

std::string Calibrator::calibrate_with_batches(torch::jit::Module compiled) {
  const at::NoGradGuard no_grad;
  const Observation observation;
  int64_t count = 0;
  core::util::report("running batches");
  while (const auto batch = next_()) {
    ++count;
    core::util::tick();
    Batch copies;  // the module may write its arguments
    for (const auto& value : *batch) copies.push_back(value.deepcopy());
    try {
      compiled.forward(std::move(copies));
    } catch (const std::exception& error) {
      TORCHTRT_THROW_ERROR(
          "batch " << count << " of the calibration data does not run in the module: " << GetExceptionString(error));
    }
  }
  TORCHTRT_CHECK(count > 0, "there are no batches to calibrate with");
  const std::string table = observation.calibration().table(static_cast<engine::CalibrationAlgorithm>(algorithm_));
  if (!cache_file_path_.empty()) core::util::write_file(cache_file_path_, table + "\n");
  return table;
}

}  // namespace torch_tensorrt::ptq
