#include "torch_tensorrt/core/util/shared_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

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

}  // namespace

SharedFileTurn::SharedFileTurn(const std::string& path) {
  static std::mutex of_process;
  lock_ = std::unique_lock(of_process);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  folder_ = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ >= 0) flock(folder_, LOCK_EX);
}

SharedFileTurn::~SharedFileTurn() {
  if (folder_ >= 0) ::close(folder_);
}

std::optional<std::string> read_shared_file(const std::string& path) {
  const auto fail = [&](const char* reason) { TORCHTRT_THROW_ERROR("cannot read " << path << ": " << reason); };
  // Not to wait for the other end of a pipe.
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
