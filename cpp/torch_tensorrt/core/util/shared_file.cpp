#include "torch_tensorrt/core/util/shared_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::util {
namespace {

// As many as the operating system follows.
constexpr int32_t kMaxLinks = 40;
constexpr mode_t kNewFileMode = 0666;  // less what the umask takes away
constexpr int32_t kMaxNames = 100;
constexpr mode_t kPermissions = 07777;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

// Where the link leads to, also when there is no file yet.
std::filesystem::path without_links(std::filesystem::path path) {
  std::error_code error;
  for (int32_t links = 0; links < kMaxLinks && std::filesystem::is_symlink(path, error); ++links) {
    const auto next = std::filesystem::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / next;
  }
  return path;
}

// Makes a file beside that one, with a name that nobody else uses. Not mkstemp, which leaves the umask out.
int open_beside(const std::string& path, std::string* name) {
  static std::atomic<uint64_t> count{0};
  int file = -1;
  for (int32_t attempt = 0; attempt < kMaxNames; ++attempt) {
    *name = fmt::format("{}.{}.{}", path, getpid(), count++);
    file = open(name->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kNewFileMode);
    if (file >= 0 || errno != EEXIST) break;
  }
  return file;
}

bool write_all(int file, const std::string& content) {
  for (size_t written = 0; written < content.size();) {
    const ssize_t count = write(file, content.data() + written, content.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    written += static_cast<size_t>(count);
  }
  return true;
}

// The mode after the owner, whose change may take bits of it away. That the owner stays another is no failure.
bool be_like(int file, const struct stat& old) {
  const bool same = fchown(file, old.st_uid, old.st_gid) == 0 || fchown(file, static_cast<uid_t>(-1), old.st_gid) == 0;
  static_cast<void>(same);
  return fchmod(file, old.st_mode & kPermissions) == 0;
}

// With the mode of the old one, where there is one.
bool write_file(int number, const std::string& content, const struct stat* old) {
  Descriptor file(number);
  if (old != nullptr && !be_like(number, *old)) return false;
  return write_all(number, content) && file.close();
}

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
  const std::string target = without_links(path).string();
  struct stat old {};
  const bool is_there = stat(target.c_str(), &old) == 0;
  if (!is_there && errno != ENOENT) return Decision::no(std::strerror(errno));
  if (is_there && !S_ISREG(old.st_mode)) return Decision::no("it is not a regular file");
  // A file that may not be written to is not replaced either, though its folder would allow that.
  if (is_there && faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) != 0) return Decision::no(std::strerror(errno));
  std::string fresh;
  const int file = open_beside(target, &fresh);
  if (file < 0) return Decision::no(std::strerror(errno));
  const bool written = write_file(file, content, is_there ? &old : nullptr);
  if (written && std::rename(fresh.c_str(), target.c_str()) == 0) return Decision::yes();
  const int error = errno;
  unlink(fresh.c_str());
  return Decision::no(std::strerror(error));
}

}  // namespace torch_tensorrt::core::util
