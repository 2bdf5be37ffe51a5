#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "torch/script.h"

#include "torch_tensorrt/core/compat/nvinfer1.h"
#include "torch_tensorrt/torch_tensorrt.h"

/// Post-training quantization: int8 engines from a module in float32 and example data.
///
///     auto calibrator = torch_tensorrt::ptq::make_int8_calibrator(std::move(dataloader), "net.calibration", true);
///     spec.enabled_precisions.insert(torch::kI8);
///     spec.ptq_calibrator = calibrator;
namespace torch_tensorrt::ptq {

/// How the largest magnitude of a tensor follows from the magnitudes that were seen; larger ones are clipped.
enum class CalibrationAlgo : int32_t {
  kLEGACY_CALIBRATION = 0,     ///< 99.99 % of them are at most that
  kENTROPY_CALIBRATION = 1,    ///< 8-bit integers lose the least information (Kullback-Leibler divergence)
  kENTROPY_CALIBRATION_2 = 2,  ///< the same without zeros, which integers represent exactly
  kMINMAX_CALIBRATION = 3,     ///< the largest
};

/// Calibrates a module, or reads a calibration from a file. Must live until the module is compiled.
class TORCHTRT_API Calibrator {
 public:
  /// The arguments of forward.
  using Batch = std::vector<torch::jit::IValue>;

  /// `next` gives the batches one after the other, and nothing at the end. An empty path: no file. With `use_cache`, a
  /// file that exists replaces the data.
  Calibrator(CalibrationAlgo algorithm, std::function<std::optional<Batch>()> next, std::string cache_file_path,
             bool use_cache);
  /// Reads the file on use.
  explicit Calibrator(std::string cache_file_path);

  /// As CompileSpec::ptq_calibrator takes it.
  operator Calibrator*() { return this; }  // NOLINT(google-explicit-constructor): Torch-TensorRT's converts so

  /// The calibration as text: that of the file, or of the module that the function compiles, run on the data, which
  /// then goes into the file. Throws Error if there is no file or no batch, or a batch does not run.
  std::string calibrate(const std::function<torch::jit::Module()>& compile_in_float);

 private:
  std::string calibrate_with_batches(torch::jit::Module compiled);

  CalibrationAlgo algorithm_;
  std::function<std::optional<Batch>()> next_;
  std::string cache_file_path_;
  bool reads_file_;
};

/// The algorithm of a class of TensorRT.
template <typename Algorithm>
constexpr CalibrationAlgo algorithm_of() {
  if constexpr (std::is_same_v<Algorithm, nvinfer1::IInt8LegacyCalibrator>) return CalibrationAlgo::kLEGACY_CALIBRATION;
  if constexpr (std::is_same_v<Algorithm, nvinfer1::IInt8EntropyCalibrator>) {
    return CalibrationAlgo::kENTROPY_CALIBRATION;
  }
  if constexpr (std::is_same_v<Algorithm, nvinfer1::IInt8MinMaxCalibrator>) return CalibrationAlgo::kMINMAX_CALIBRATION;
  return CalibrationAlgo::kENTROPY_CALIBRATION_2;
}

/// A calibrator of a data loader of the C++ API of PyTorch (`torch::data::make_data_loader`), whose batches are
/// torch::data::Example (the data are the argument) or tensors.
template <typename Algorithm = nvinfer1::IInt8EntropyCalibrator2, typename DataLoaderUniquePtr>
Calibrator make_int8_calibrator(DataLoaderUniquePtr dataloader, const std::string& cache_file_path, bool use_cache) {
  using Loader = typename DataLoaderUniquePtr::element_type;
  struct State {
    std::shared_ptr<Loader> loader;
    std::optional<decltype(std::declval<Loader&>().begin())> place;
  };
  auto state = std::make_shared<State>();
  state->loader = std::shared_ptr<Loader>(std::move(dataloader));
  const auto next = [state]() -> std::optional<Calibrator::Batch> {
    if (!state->place) state->place = state->loader->begin();
    if (*state->place == state->loader->end()) return std::nullopt;
    const auto& batch = **state->place;
    Calibrator::Batch arguments;
    if constexpr (std::is_convertible_v<decltype(batch), at::Tensor>) {
      arguments.emplace_back(batch);
    } else {
      arguments.emplace_back(batch.data);
    }
    ++*state->place;
    return arguments;
  };
  return Calibrator(algorithm_of<Algorithm>(), next, cache_file_path, use_cache);
}

/// A calibrator that reads a file. The file knows its algorithm.
template <typename Algorithm = nvinfer1::IInt8EntropyCalibrator2>
Calibrator make_int8_cache_calibrator(const std::string& cache_file_path) {
  return Calibrator(cache_file_path);
}

}  // namespace torch_tensorrt::ptq
