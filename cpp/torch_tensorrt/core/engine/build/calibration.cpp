#include "torch_tensorrt/core/engine/build/calibration.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "torch_tensorrt/core/engine/build/refit.h"
#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

constexpr const char* kFormat = "torch_tensorrt int8 calibration";
constexpr int kVersion = 2;

}  // namespace

const char* calibration_name(CalibrationAlgorithm algorithm) {
  switch (algorithm) {
    case CalibrationAlgorithm::kLEGACY:
      return "legacy";
    case CalibrationAlgorithm::kENTROPY:
      return "entropy";
    case CalibrationAlgorithm::kENTROPY_2:
      return "entropy_2";
    case CalibrationAlgorithm::kMINMAX:
      return "minmax";
  }
  return "unknown";
}

// ---- histogram -----------------------------------------------------------------------------------------------------

void Histogram::widen(float largest) {
  if (width_ == 0) {
    // The smallest normal number keeps the width from being 0.
    width_ = std::max(largest / static_cast<float>(kBins), std::numeric_limits<float>::min());
    bins_.assign(kBins, 0);
  }
  while (largest > width_ * static_cast<float>(kBins)) {
    for (size_t i = 0; i < kBins / 2; ++i) bins_[i] = bins_[2 * i] + bins_[2 * i + 1];
    std::fill(bins_.begin() + kBins / 2, bins_.end(), 0);
    width_ *= 2;
  }
  largest_ = std::max(largest_, largest);
}

void Histogram::add(const float* values, int64_t count) {
  float largest = 0;
  for (int64_t i = 0; i < count; ++i) {
    const float magnitude = std::abs(values[i]);
    if (magnitude <= std::numeric_limits<float>::max()) largest = std::max(largest, magnitude);
  }
  if (largest > 0) widen(largest);
  const float per_width = width_ > 0 ? 1.0F / width_ : 0;
  for (int64_t i = 0; i < count; ++i) {
    const float magnitude = std::abs(values[i]);
    if (!(magnitude <= std::numeric_limits<float>::max())) {
      ++not_finite_;
    } else if (magnitude == 0) {
      ++zeros_;
    } else {
      is_signed_ = is_signed_ || values[i] < 0;
      ++bins_[std::min(static_cast<size_t>(magnitude * per_width), kBins - 1)];
    }
  }
}

// Up to the largest magnitude.
size_t Histogram::bins_in_use() const {
  const auto used = static_cast<size_t>(largest_ / width_) + 1;
  return std::min(used, kBins);
}

float Histogram::percentile() const {
  constexpr double kPart = 0.9999;
  double total = static_cast<double>(zeros_);
  for (const int64_t count : bins_) total += static_cast<double>(count);
  auto below = static_cast<double>(zeros_);
  for (size_t i = 0; i < bins_in_use(); ++i) {
    below += static_cast<double>(bins_[i]);
    if (below >= kPart * total) return std::min(width_ * static_cast<float>(i + 1), largest_);
  }
  return largest_;
}

namespace {

// The divergence of the counts below `end`, the others added to the last bin, from the same counts in `levels` groups
// of equal width whose counts are spread over their bins that are not empty.
double divergence(const std::vector<double>& counts, size_t end, size_t levels) {
  double outliers = 0;
  for (size_t i = end; i < counts.size(); ++i) outliers += counts[i];
  std::vector<double> spread(end, 0);
  double spread_total = 0;
  for (size_t level = 0; level < levels; ++level) {
    const size_t from = level * end / levels;
    const size_t to = std::max((level + 1) * end / levels, from);
    double sum = 0;
    size_t filled = 0;
    for (size_t i = from; i < to; ++i) {
      sum += counts[i];
      filled += counts[i] > 0 ? 1 : 0;
    }
    for (size_t i = from; i < to; ++i) {
      if (counts[i] > 0) spread[i] = sum / static_cast<double>(filled);
    }
    spread_total += sum;
  }
  const double total = spread_total + outliers;
  if (spread_total == 0) return std::numeric_limits<double>::infinity();
  double result = 0;
  for (size_t i = 0; i < end; ++i) {
    const double p = (counts[i] + (i + 1 == end ? outliers : 0)) / total;
    if (p == 0) continue;
    // A bin that only outliers fill has no other count: as if it had one of the smallest.
    const double q = spread[i] > 0 ? spread[i] / spread_total : 1.0 / (total * 10);
    result += p * std::log(p / q);
  }
  return result;
}

}  // namespace

float Histogram::least_divergence(bool with_zeros) const {
  constexpr size_t kSteps = 4;  // bins between two candidates
  const size_t levels = is_signed_ ? 128 : 256;
  const size_t used = bins_in_use();
  std::vector<double> counts(used);
  for (size_t i = 0; i < used; ++i) counts[i] = static_cast<double>(bins_[i]);
  if (with_zeros) counts[0] += static_cast<double>(zeros_);
  if (used <= levels) return largest_;
  double least = std::numeric_limits<double>::infinity();
  size_t best = used;
  for (size_t end = levels; end < used + kSteps; end += kSteps) {
    const size_t candidate = std::min(end, used);
    const double loss = divergence(counts, candidate, levels);
    if (loss > least) continue;
    least = loss;
    best = candidate;
  }
  return std::min(width_ * static_cast<float>(best), largest_);
}

float Histogram::amax(CalibrationAlgorithm algorithm) const {
  if (largest_ == 0) return 0;
  switch (algorithm) {
    case CalibrationAlgorithm::kLEGACY:
      return percentile();
    case CalibrationAlgorithm::kENTROPY:
      return least_divergence(/*with_zeros=*/true);
    case CalibrationAlgorithm::kENTROPY_2:
      return least_divergence(/*with_zeros=*/false);
    case CalibrationAlgorithm::kMINMAX:
      return largest_;
  }
  return largest_;
}

void ChannelRanges::add(const float* values, int64_t count, int64_t channels) {
  if (count == 0) return;
  const auto size = static_cast<size_t>(channels);
  differ_ = differ_ || (!largest_.empty() && largest_.size() != size);
  largest_.resize(differ_ ? 0 : size, 0.0F);
  if (differ_) return;
  float* const largest = largest_.data();
  for (const float* row = values; row < values + count; row += channels) {
    for (size_t i = 0; i < size; ++i) largest[i] = std::max(largest[i], std::abs(row[i]));
  }
}

namespace {

bool is_input_of_product(const network::ITensor& tensor) {
  const auto& readers = tensor.consumers();
  return std::any_of(readers.begin(), readers.end(), [&](const network::ILayer* reader) {
    const auto* product = network::layer_cast<network::IMatrixMultiplyLayer>(reader);
    return product != nullptr && product->getInput(0) == &tensor &&
           product->getOperation(0) == network::MatrixOperation::kNONE &&
           product->getInput(1)->producer()->getType() == network::LayerType::kCONSTANT;
  });
}

// "0.5 12.25 1e-05": six digits are more than enough for 8 bits.
std::string text_of(const std::vector<float>& numbers) {
  std::string text;
  for (const float number : numbers) text += fmt::format("{}{:.6g}", text.empty() ? "" : " ", number);
  return text;
}

// Empty if the text is no such list.
std::vector<float> numbers_of(const std::string& text) {
  std::vector<float> numbers;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at < end) {
    float number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || !(number >= 0) || !std::isfinite(number)) return {};
    numbers.push_back(number);
    at = next;
    if (at < end && *at++ != ' ') return {};
  }
  return numbers;
}

}  // namespace

// ---- tables --------------------------------------------------------------------------------------------------------

void Calibration::observe(const Plan& plan, const network::ITensor& tensor, const TensorDesc& desc, const void* data) {
  Observed& engine = engines_[plan.name];
  engine.key = plan.network_key;
  if (engine.network != plan.network) {
    engine.network = plan.network;
    engine.keys = optimizer::tensor_keys(*plan.network);
  }
  const bool is_copy = tensor.producer()->getType() == network::LayerType::kREFORMAT;
  if (is_copy || desc.dtype != network::DataType::kFLOAT) return;
  const auto* values = static_cast<const float*>(data);
  const std::string& key = engine.keys.at(&tensor);
  engine.tensors[key].add(values, desc.dims.volume());
  const bool has_channels = desc.dims.nbDims >= 2 && desc.format == network::TensorFormat::kLINEAR;
  if (has_channels && is_input_of_product(tensor)) {
    engine.channels[key].add(values, desc.dims.volume(), desc.dims.d[desc.dims.nbDims - 1]);
  }
}

namespace {

void warn_of_not_finite(const std::string& engine, const std::map<std::string, Histogram>& tensors) {
  constexpr size_t kMostNames = 5;
  std::string names;
  size_t count = 0;
  for (const auto& [tensor, histogram] : tensors) {
    if (histogram.not_finite() == 0) continue;
    if (++count <= kMostNames) names += fmt::format("\n  {}: {} numbers", tensor, histogram.not_finite());
  }
  if (count == 0) return;
  if (count > kMostNames) names += fmt::format("\n  and {} more", count - kMostNames);
  LOG_WARNING("on the calibration data, "
              << count << " tensors of the engine \"" << engine << "\" have infinities or "
              << "NaN. They get no range, so layers that read them stay in floats:" << names);
}

}  // namespace

std::string Calibration::table(CalibrationAlgorithm algorithm) const {
  if (engines_.empty()) LOG_WARNING("the calibration data ran in no engine: nothing will compute in int8");
  nlohmann::ordered_json engines = nlohmann::ordered_json::object();
  for (const auto& [name, observed] : engines_) {
    nlohmann::ordered_json tensors = nlohmann::ordered_json::object();
    warn_of_not_finite(name, observed.tensors);
    for (const auto& [tensor, histogram] : observed.tensors) {
      const float amax = histogram.amax(algorithm);
      if (amax > 0 && histogram.not_finite() == 0) {
        tensors[tensor] = {{"amax", amax}, {"signed", histogram.is_signed()}};
        if (histogram.largest() > amax) tensors[tensor]["largest"] = histogram.largest();
        const auto channels = observed.channels.find(tensor);
        if (channels != observed.channels.end() && !channels->second.largest().empty()) {
          tensors[tensor]["channels"] = text_of(channels->second.largest());
        }
      }
    }
    engines[name] = {{"network", fmt::format("{:016x}", observed.key)}, {"tensors", std::move(tensors)}};
  }
  const nlohmann::ordered_json table = {{"format", kFormat},
                                        {"version", kVersion},
                                        {"algorithm", calibration_name(algorithm)},
                                        {"engines", std::move(engines)}};
  return table.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

uint64_t network_key(const network::INetworkDefinition& network) {
  std::vector<uint64_t> words = layer_signatures(network);
  for (const auto& layer : network.layers()) words.push_back(network::hash_layer(*layer, /*with_weight_values=*/true));
  return checksum({reinterpret_cast<const char*>(words.data()), words.size() * sizeof(uint64_t)});
}

namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw CalibrationRefused("the calibration table " + reason + "; calibrate again");
}

bool says_format(const nlohmann::json& table) {
  return table.is_object() && table.value("format", nlohmann::json()) == kFormat;
}

nlohmann::json parse_table(const std::string& text) {
  nlohmann::json table = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!says_format(table)) {
    refuse(str("does not say that it is a \"", kFormat, "\""));
  }
  if (table.value("version", nlohmann::json()) != kVersion) {
    refuse(str("has version ", table.value("version", nlohmann::json()).dump(), ", this library reads ", kVersion));
  }
  return table;
}

// The name without the number that tells the engines of a method apart.
std::string method_of(const std::string& engine) {
  const size_t end = engine.find_last_not_of("0123456789");
  return engine.substr(0, end + 1);
}

// Whether the table may be that of the module although the engine is not in it: calibration ran other engines of the
// method, but not this one (in a branch, for example), or none at all.
bool may_not_have_run(const nlohmann::json& engines, const std::string& engine) {
  if (engines.empty()) return true;
  return std::any_of(engines.items().begin(), engines.items().end(),
                     [&](const auto& item) { return method_of(item.key()) == method_of(engine); });
}

}  // namespace

bool is_calibration_table(const std::string& text) {
  return says_format(nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false));
}

void require_calibration_place(const std::string& path) {
  namespace fs = std::filesystem;
  const auto folder = fs::path(path).has_parent_path() ? fs::path(path).parent_path() : fs::path(".");
  const auto require = [&](bool is_right, const std::string& reason) {
    if (!is_right) TORCHTRT_THROW_ERROR("cannot write the calibration file " << path << ": " << reason);
  };
  std::error_code ignored;  // an unreadable path counts as missing
  const auto status = fs::status(path, ignored);
  require(fs::is_directory(folder, ignored), "there is no folder " + folder.string());
  require(!fs::is_directory(status), "it is a folder");
  require(access(fs::exists(status) ? path.c_str() : folder.c_str(), W_OK) == 0, "permission denied");
  if (!fs::is_regular_file(status)) return;
  std::ifstream file(path, std::ios::binary);
  TORCHTRT_CHECK(file, "cannot read the calibration file " << path);
  std::ostringstream text;
  text << file.rdbuf();
  TORCHTRT_CHECK(text.str().empty() || is_calibration_table(text.str()),
                 path << " is not a calibration file and would be overwritten; name another file");
}

optimizer::TensorRanges read_calibration(const std::string& text, const std::string& engine, uint64_t key) {
  const nlohmann::json table = parse_table(text);
  try {
    const auto& engines = table.at("engines");
    const auto found = engines.find(engine);
    if (found == engines.end()) {
      if (!may_not_have_run(engines, engine)) refuse("has no engine \"" + engine + "\"");
      LOG_WARNING("the calibration data never ran in the engine \"" << engine << "\", which stays in floats");
      return {};
    }
    if (found->at("network").get<std::string>() != fmt::format("{:016x}", key)) {
      refuse("of engine \"" + engine + "\" was made with another network or other weights");
    }
    optimizer::TensorRanges ranges;
    for (const auto& [name, range] : found->at("tensors").items()) {
      const auto amax = range.at("amax").get<float>();
      if (!(amax > 0) || !std::isfinite(amax)) refuse("has the range " + range.dump() + " for tensor " + name);
      ranges[name] = {amax, range.at("signed").get<bool>(), range.value("largest", amax)};
      const auto channels = range.value("channels", std::string());
      ranges[name].channels = numbers_of(channels);
      if (ranges[name].channels.empty() != channels.empty()) {
        refuse("has the channels \"" + channels.substr(0, 80) + "\" for tensor " + name);
      }
    }
    return ranges;
  } catch (const nlohmann::json::exception& error) {
    refuse(str("is damaged: ", error.what()));
  }
}

}  // namespace torch_tensorrt::engine
