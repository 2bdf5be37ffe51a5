#include "torch_tensorrt/core/util/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::util {
namespace {

constexpr int32_t kMaxLinks = 40;      // the operating system's limit
constexpr mode_t kNewFileMode = 0666;  // before the umask
constexpr int32_t kMaxNames = 100;
constexpr mode_t kPermissions = 07777;

struct Target {
  std::string path;
  bool is_open_file = false;  // a link like /proc/self/fd/1, to an open file instead of a path
};

Target follow_links(std::filesystem::path path) {
  std::error_code error;
  for (int32_t links = 0; links < kMaxLinks && std::filesystem::is_symlink(path, error); ++links) {
    const auto folder = std::filesystem::canonical(path.has_parent_path() ? path.parent_path() : ".", error);
    if (!error && folder.string().rfind("/proc/", 0) == 0) return {path.string(), /*is_open_file=*/true};
    const auto next = std::filesystem::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / next;
  }
  return {path.string()};
}

// "FOLDER/NAME.PID.COUNT"; a long name is cut to the limit of file systems.
std::string name_beside(const std::filesystem::path& path) {
  static std::atomic<uint64_t> count{0};
  const std::string ending = fmt::format(".{}.{}", getpid(), count++);
  const std::string name = path.filename().string();
  return (path.parent_path() / (name.substr(0, NAME_MAX - ending.size()) + ending)).string();
}

// Whether a file may be writable although its folder takes no new files, or does not allow replacing this one.
bool is_refusal(int error) {
  constexpr std::array kRefusals = {EACCES, EPERM, EROFS, EBUSY, EXDEV, ENAMETOOLONG};
  return std::find(kRefusals.begin(), kRefusals.end(), error) != kRefusals.end();
}

bool write_all(int file, const char* bytes, size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(file, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    count -= static_cast<size_t>(written);
  }
  return true;
}

// Some file systems, and everything but regular files, have nothing to sync.
bool sync(int file) { return fsync(file) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS; }

void sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int file = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  fsync(file);
  close(file);
}

bool copy_all(int from, int to) {
  std::array<char, 1 << 16> block;
  while (true) {
    const ssize_t count = read(from, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0;
    if (!write_all(to, block.data(), static_cast<size_t>(count))) return false;
  }
}

}  // namespace

std::string path_behind_links(const std::string& path) { return follow_links(path).path; }

OutputFile::OutputFile(const std::string& path, Fallback fallback) : fallback_(fallback) {
  Target target = follow_links(path);
  target_ = std::move(target.path);
  struct stat old {};
  const bool is_there = stat(target_.c_str(), &old) == 0;
  if (!is_there && errno != ENOENT) error_ = errno;
  if (is_there) old_ = old;
  if (error_ != 0) return;
  if (target.is_open_file || (is_there && !S_ISREG(old.st_mode))) {
    open_in_place();
  } else {
    open_target();
  }
}

OutputFile::~OutputFile() { discard(); }

void OutputFile::open_target() {
  // A read-only file must not be replaced either, although its folder would allow that.
  if (old_ && faccessat(AT_FDCWD, target_.c_str(), W_OK, AT_EACCESS) != 0) {
    error_ = errno;
    return;
  }
  open_beside();
  if (file_ < 0 && fallback_ == Fallback::kInPlace && is_refusal(error_) && (old_ || error_ == ENAMETOOLONG)) {
    LOG_WARNING(target_ << " is written in place, because no new file can be made in its folder ("
                        << std::strerror(error_) << "): if writing stops halfway, its old content is lost");
    error_ = 0;
    open_in_place();
  }
  if (file_ >= 0 && !fresh_.empty() && !match_old_file()) error_ = errno;
}

// mkstemp would ignore the umask.
void OutputFile::open_beside() {
  for (int32_t attempt = 0; attempt < kMaxNames; ++attempt) {
    const std::string name = name_beside(target_);
    unfinished_.remember(name);  // before the file is there: a signal may arrive as soon as it is
    file_ = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kNewFileMode);
    if (file_ >= 0) {
      fresh_ = name;
      return;
    }
    const int reason = errno;
    unfinished_.forget();
    errno = reason;
    if (reason != EEXIST) break;
  }
  error_ = errno;
}

void OutputFile::open_in_place() {
  file_ = open(target_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kNewFileMode);
  if (file_ < 0) error_ = errno;
}

// Sets the mode after the owner, because changing the owner may clear bits of it. Failing to set the owner is no error.
bool OutputFile::match_old_file() const {
  if (!old_) return true;
  const bool same =
      fchown(file_, old_->st_uid, old_->st_gid) == 0 || fchown(file_, static_cast<uid_t>(-1), old_->st_gid) == 0;
  static_cast<void>(same);
  return fchmod(file_, old_->st_mode & kPermissions) == 0;
}

void OutputFile::write(const void* bytes, size_t count) {
  if (error_ == 0 && !write_all(file_, static_cast<const char*>(bytes), count)) error_ = errno;
}

bool OutputFile::close() { return ::close(std::exchange(file_, -1)) == 0; }

Decision OutputFile::commit() {
  const bool done = error_ == 0 && sync(file_) && close() && (fresh_.empty() || replace());
  if (done) {
    unfinished_.forget();
    fresh_.clear();
    return Decision::yes();
  }
  const int error = error_ != 0 ? error_ : errno;
  discard();
  return Decision::no(std::strerror(error));
}

bool OutputFile::replace() {
  if (std::rename(fresh_.c_str(), target_.c_str()) == 0) {
    sync_folder_of(target_);
    return true;
  }
  if (fallback_ == Fallback::kFail || !old_ || !is_refusal(errno)) return false;
  LOG_WARNING(target_ << " is written in place, because it cannot be replaced (" << std::strerror(errno)
                      << "): if writing stops halfway, its old content is lost");
  return copy_into_target();
}

bool OutputFile::copy_into_target() {
  const int from = open(fresh_.c_str(), O_RDONLY | O_CLOEXEC);
  const int to = open(target_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  const bool copied = from >= 0 && to >= 0 && copy_all(from, to) && sync(to);
  const int error = errno;
  if (from >= 0) ::close(from);
  const bool closed = to < 0 || ::close(to) == 0;
  if (!copied) errno = error;
  if (copied && closed) unlink(fresh_.c_str());
  return copied && closed;
}

void OutputFile::discard() {
  if (file_ >= 0) close();
  if (!fresh_.empty()) unlink(fresh_.c_str());
  fresh_.clear();
  unfinished_.forget();
}

void write_file(const std::string& path, const std::string& content) {
  OutputFile file(path);
  file.write(content.data(), content.size());
  const Decision written = file.commit();
  if (!written) TORCHTRT_THROW_ERROR("cannot write " << path << ": " << written.reason());
}

namespace {

// A signal handler can neither allocate nor lock, so the paths lie in slots of a fixed size.
struct Slot {
  std::atomic<bool> is_taken{false};
  std::atomic<pid_t> owner{0};  // 0 while the path is incomplete; a forked child must not remove its parent's files
  char path[PATH_MAX] = {};
};

constexpr int kSlots = 16;
std::array<Slot, kSlots> slots;

static_assert(std::atomic<pid_t>::is_always_lock_free);

std::array<char, 128> last_words = {};

// By then the handler is reset to the default action, so that raise() ends the process.
extern "C" void remove_unfinished_files_and_end(int signal) {
  for (Slot& slot : slots) {
    if (slot.owner.load() == getpid()) unlink(slot.path);
  }
  const ssize_t ignored = ::write(STDERR_FILENO, last_words.data(), std::strlen(last_words.data()));
  static_cast<void>(ignored);
  raise(signal);
}

}  // namespace

void UnfinishedFile::remember(const std::string& path) {
  forget();
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).string();
  if (error || absolute.size() >= PATH_MAX) return;
  for (int i = 0; i < kSlots; ++i) {
    Slot& slot = slots[static_cast<size_t>(i)];
    if (slot.is_taken.exchange(true)) continue;
    std::memcpy(slot.path, absolute.c_str(), absolute.size() + 1);
    slot.owner = getpid();
    slot_ = i;
    return;
  }
}

void UnfinishedFile::forget() {
  if (slot_ < 0) return;
  Slot& slot = slots[static_cast<size_t>(slot_)];
  slot.owner = 0;
  slot.is_taken = false;
  slot_ = -1;
}

void remove_unfinished_files_on_signals(const std::string& message) {
  message.copy(last_words.data(), last_words.size() - 1);
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU}) {
    struct sigaction old {};
    if (sigaction(signal, nullptr, &old) != 0 || old.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = remove_unfinished_files_and_end;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace torch_tensorrt::core::util
