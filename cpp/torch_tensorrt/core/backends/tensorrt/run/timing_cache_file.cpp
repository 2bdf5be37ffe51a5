#include "torch_tensorrt/core/backends/tensorrt/run/timing_cache_file.h"

#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/shared_file.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

// Empty if there is no file. Throws Error if it cannot be read.
std::string read_file(const std::string& path) { return core::util::read_shared_file(path).value_or(std::string()); }

std::unique_ptr<nvinfer1::ITimingCache> parse(nvinfer1::IBuilderConfig& config, const std::string& bytes) {
  return std::unique_ptr<nvinfer1::ITimingCache>(config.createTimingCache(bytes.data(), bytes.size()));
}

}  // namespace

TimingCacheFile::TimingCacheFile(const std::string& path, nvinfer1::IBuilderConfig& config)
    : path_(path.empty() ? path : path + ".tensorrt"), config_(config) {
  const std::string bytes = path_.empty() ? std::string() : read_file(path_);
  cache_ = parse(config, bytes);
  bool taken = cache_ != nullptr && config.setTimingCache(*cache_, /*ignoreMismatch=*/false);
  if (taken || bytes.empty()) return;
  LOG_WARNING("TensorRT does not take the timing cache " << path_ << ", which is of another version or device, or is "
                                                         << "damaged; it will be replaced");
  cache_ = parse(config, {});
  if (cache_ != nullptr) config.setTimingCache(*cache_, /*ignoreMismatch=*/false);
}

void TimingCacheFile::save() {
  const nvinfer1::ITimingCache* used = config_.getTimingCache();
  if (path_.empty() || used == nullptr) return;
  try {
    add_to_file(*used);
  } catch (const Error& error) {  // although it was readable before the build
    LOG_WARNING("the timing cache of TensorRT cannot be written to " << path_ << ": " << error.msg());
  }
}

void TimingCacheFile::add_to_file(const nvinfer1::ITimingCache& used) {
  const core::util::SharedFileTurn turn(path_);
  if (!turn.granted()) TORCHTRT_THROW_ERROR(turn.granted().reason());
  auto all = parse(config_, read_file(path_));
  if (all != nullptr && !all->combine(used, /*ignoreMismatch=*/false)) all = nullptr;
  const std::unique_ptr<nvinfer1::IHostMemory> bytes(all != nullptr ? all->serialize() : used.serialize());
  if (bytes == nullptr) TORCHTRT_THROW_ERROR("TensorRT does not serialize it");
  const std::string content(static_cast<const char*>(bytes->data()), bytes->size());
  const Decision written = core::util::replace_shared_file(path_, content);
  if (!written) TORCHTRT_THROW_ERROR(written.reason());
}

}  // namespace torch_tensorrt::backends::tensorrt
