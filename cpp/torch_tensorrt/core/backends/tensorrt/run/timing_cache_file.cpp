#include "torch_tensorrt/core/backends/tensorrt/run/timing_cache_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>

#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/shared_file.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

// Empty where there is none. Throws Error where it cannot be read.
std::string read_file(const std::string& path) { return core::util::read_shared_file(path).value_or(std::string()); }

// Only one at a time reads, adds to and replaces a file: of this process's threads by a mutex, of all processes by a
// lock on the folder, where its file system has such locks.
class Turn {
 public:
  explicit Turn(const std::string& path) : lock_(mutex()) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    folder_ = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_ >= 0) flock(folder_, LOCK_EX);
  }
  ~Turn() {
    if (folder_ >= 0) close(folder_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }

  std::lock_guard<std::mutex> lock_;
  int folder_ = -1;
};

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
  } catch (const Error& error) {  // it was readable before the build
    LOG_WARNING("the timing cache of TensorRT cannot be written to " << path_ << ": " << error.msg());
  }
}

void TimingCacheFile::add_to_file(const nvinfer1::ITimingCache& used) {
  const Turn turn(path_);
  auto all = parse(config_, read_file(path_));
  if (all != nullptr && !all->combine(used, /*ignoreMismatch=*/false)) all = nullptr;
  const std::unique_ptr<nvinfer1::IHostMemory> bytes(all != nullptr ? all->serialize() : used.serialize());
  if (bytes == nullptr) TORCHTRT_THROW_ERROR("TensorRT does not serialize it");
  const std::string content(static_cast<const char*>(bytes->data()), bytes->size());
  const Decision written = core::util::replace_shared_file(path_, content);
  if (!written) TORCHTRT_THROW_ERROR(written.reason());
}

}  // namespace torch_tensorrt::backends::tensorrt
