#include "torch_tensorrt/core/backends/tensorrt/run/timing_cache_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

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

// Readers see the old file or the new one, never a part.
bool replace_file(const std::string& path, const void* data, size_t bytes) {
  const std::string fresh = path + "." + std::to_string(getpid());
  std::ofstream stream(fresh, std::ios::binary);
  stream.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  stream.close();
  const bool done = stream.good() && std::rename(fresh.c_str(), path.c_str()) == 0;
  if (!done) std::remove(fresh.c_str());
  return done;
}

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
  const Turn turn(path_);
  auto all = parse(config_, read_file(path_));
  if (all != nullptr && !all->combine(*used, /*ignoreMismatch=*/false)) all = nullptr;
  const std::unique_ptr<nvinfer1::IHostMemory> bytes(all != nullptr ? all->serialize() : used->serialize());
  if (bytes == nullptr || !replace_file(path_, bytes->data(), bytes->size())) {
    LOG_WARNING("the timing cache of TensorRT could not be written to " << path_);
  }
}

}  // namespace torch_tensorrt::backends::tensorrt
