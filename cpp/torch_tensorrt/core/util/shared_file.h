#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "torch_tensorrt/core/util/decision.h"

// Files that several processes read and replace.
namespace torch_tensorrt::core::util {

// Returns the file's content, or nothing if there is no file. Throws Error with the operating system's reason if the
// file cannot be read, and for anything but a regular file.
std::optional<std::string> read_shared_file(const std::string& path);

// Readers see the old content or the new one, never a part. A replaced file keeps its mode and, if the process may set
// them, its owner and group; a new file has the umask's mode. For a symbolic link, the file behind it is replaced. The
// reason of a no is the operating system's; the file is then unchanged.
Decision replace_shared_file(const std::string& path, const std::string& content);

// How long to wait for others. A turn normally takes milliseconds; a longer holder was stopped, or hangs.
struct Patience {
  std::chrono::milliseconds until_notice{2'000};  // then a warning names the lock
  std::chrono::milliseconds limit{30'000};
};

// At most one granted turn for each folder exists at a time: take one to read a file, add to it and replace it. A
// mutex excludes other threads of this process, a lock on the folder other processes, if its file system has such
// locks.
class SharedFileTurn {
 public:
  explicit SharedFileTurn(const std::string& path, const Patience& patience = {});
  ~SharedFileTurn();
  SharedFileTurn(const SharedFileTurn&) = delete;
  SharedFileTurn& operator=(const SharedFileTurn&) = delete;

  // No, with the reason, if others have held the turn beyond the limit.
  const Decision& granted() const { return granted_; }

 private:
  std::unique_lock<std::timed_mutex> lock_;
  int folder_ = -1;
  Decision granted_ = Decision::yes();
};

}  // namespace torch_tensorrt::core::util
