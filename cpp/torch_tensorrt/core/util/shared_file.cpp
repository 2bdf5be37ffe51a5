#include "torch_tensorrt/core/util/shared_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"

namespace torch_tensorrt::core::util {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

constexpr std::chrono::milliseconds kPollInterval{5};

// Tries repeatedly to get a lock.
class Waiting {
 public:
  Waiting(const std::string& path, const std::string& folder, const Patience& patience)
      : path_(path), folder_(folder), patience_(patience), start_(std::chrono::steady_clock::now()) {}

  // False after the limit has passed.
  template <typename Try>
  bool until(Try try_lock) const {
    bool warned = false;
    while (!try_lock()) {
      const auto waited = std::chrono::steady_clock::now() - start_;
      if (waited >= patience_.limit) return false;
      if (warned || waited < patience_.until_notice) continue;
      warned = true;
      LOG_WARNING("waiting to write " << path_ << ": another thread or process holds the lock of the folder " << folder_
                                      << "; giving up after " << seconds(patience_.limit) << " s");
    }
    return true;
  }

  Decision refusal(const char* holder) const {
    return Decision::no(
        str(holder, " has held the lock of the folder ", folder_, " for more than ", seconds(patience_.limit), " s"));
  }

 private:
  static double seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000; }

  const std::string& path_;
  const std::string& folder_;
  const Patience& patience_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace

SharedFileTurn::SharedFileTurn(const std::string& path, const Patience& patience) {
  static std::timed_mutex of_process;
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  const Waiting waiting(path, folder, patience);
  lock_ = std::unique_lock(of_process, std::defer_lock);
  const auto try_mutex = [&] { return lock_.try_lock_for(kPollInterval); };
  if (!waiting.until(try_mutex)) {
    granted_ = waiting.refusal("another thread of this process");
    return;
  }
  folder_ = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) return;
  const auto try_flock = [&] {
    if (flock(folder_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return true;  // else no such locks exist
    std::this_thread::sleep_for(kPollInterval);
    return false;
  };
  if (!waiting.until(try_flock)) granted_ = waiting.refusal("another process");
}

SharedFileTurn::~SharedFileTurn() {
  if (folder_ >= 0) ::close(folder_);
}

std::optional<std::string> read_shared_file(const std::string& path) {
  const auto fail = [&](const char* reason) { TORCHTRT_THROW_ERROR("cannot read " << path << ": " << reason); };
  // O_NONBLOCK: do not wait for the other end of a pipe.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0 && errno == ENOENT) return std::nullopt;
  struct stat status {};
  if (file.number() < 0 || fstat(file.number(), &status) != 0) fail(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) fail("it is not a regular file");
  std::string content;
  char block[1 << 16];
  for (ssize_t count = 1; count != 0;) {
    count = read(file.number(), block, sizeof(block));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(std::strerror(errno));
    content.append(block, static_cast<size_t>(std::max<ssize_t>(count, 0)));
  }
  return content;
}

Decision replace_shared_file(const std::string& path, const std::string& content) {
  struct stat old {};
  if (stat(path.c_str(), &old) == 0 && !S_ISREG(old.st_mode)) return Decision::no("it is not a regular file");
  OutputFile file(path, OutputFile::Fallback::kFail);
  file.write(content.data(), content.size());
  return file.commit();
}

}  // namespace torch_tensorrt::core::util
