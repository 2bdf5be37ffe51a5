#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/run/tensor_observer.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"
#include "torch_tensorrt/core/util/Exception.h"

// Calibration: the ranges of a network's tensors on example data, from which int8 gets its scales.
namespace torch_tensorrt::engine {

// How the largest magnitude of a tensor follows from the magnitudes that were seen. Names and values are nvinfer1's.
enum class CalibrationAlgorithm : int32_t {
  kLEGACY = 0,     // 99.99 % of them are at most that
  kENTROPY = 1,    // 8-bit integers lose the least information (Kullback-Leibler divergence)
  kENTROPY_2 = 2,  // the same without zeros, which cost nothing
  kMINMAX = 3,     // the largest
};
constexpr int32_t kCalibrationAlgorithmCount = 4;
const char* calibration_name(CalibrationAlgorithm algorithm);  // "entropy_2"

// The largest magnitude at each index of the last dimension.
class ChannelRanges {
 public:
  void add(const float* values, int64_t count, int64_t channels);
  // Empty if tensors with different last dimensions were seen.
  const std::vector<float>& largest() const { return largest_; }

 private:
  std::vector<float> largest_;
  bool differ_ = false;
};

// Counts magnitudes in bins of equal width, which doubles when a larger magnitude comes.
class Histogram {
 public:
  static constexpr size_t kBins = 2048;
  void add(const float* values, int64_t count);
  // 0 if nothing, or only zeros, were seen.
  float amax(CalibrationAlgorithm algorithm) const;
  bool is_signed() const { return is_signed_; }
  float largest() const { return largest_; }
  // Infinities and NaN, which are not counted.
  int64_t not_finite() const { return not_finite_; }

 private:
  void widen(float largest);
  size_t bins_in_use() const;
  float percentile() const;
  float least_divergence(bool with_zeros) const;

  std::vector<int64_t> bins_;
  int64_t zeros_ = 0;
  int64_t not_finite_ = 0;
  float largest_ = 0;
  float width_ = 0;  // of a bin
  bool is_signed_ = false;
};

// Collects histograms while engines run, and writes their ranges as text (JSON): engines by name, each with the key of
// the network that it was built from and the range of each tensor by name.
class Calibration final : public TensorObserver {
 public:
  void observe(const Plan& plan, const network::ITensor& tensor, const TensorDesc& desc, const void* data) override;
  // Warns of tensors without a range, as they held infinities or NaN, and if no engine has run.
  std::string table(CalibrationAlgorithm algorithm) const;

 private:
  struct Observed {
    uint64_t key = 0;
    std::shared_ptr<const network::INetworkDefinition> network;
    optimizer::TensorKeys keys;  // of the network
    std::map<std::string, Histogram> tensors;
    std::map<std::string, ChannelRanges> channels;  // of those that products with a constant matrix read
  };
  std::map<std::string, Observed> engines_;
};

// The same network with the same weights has the same key.
uint64_t network_key(const network::INetworkDefinition& network);

// Whether the text says that it is a calibration table.
bool is_calibration_table(const std::string& text);

// Throws Error if a calibration cannot be written to the path, or if the file holds something else, which would be
// lost.
void require_calibration_place(const std::string& path);

// A calibration that is not that of the module: no other way to compile helps.
class CalibrationRefused : public Error {
 public:
  explicit CalibrationRefused(const std::string& msg) : Error(msg) {}
};

// The ranges of an engine's tensors in a calibration table; none, with a warning, if the data never ran in this engine
// of the module. Throws CalibrationRefused if the text is no table, or was made with another module, network or other
// weights.
optimizer::TensorRanges read_calibration(const std::string& table, const std::string& engine, uint64_t key);

}  // namespace torch_tensorrt::engine
