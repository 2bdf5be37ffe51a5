#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "torch_tensorrt/core/util/decision.h"

// Files that several processes read and replace.
namespace torch_tensorrt::core::util {

// Nothing where there is no file. Throws Error with the reason of the operating system where there is one that cannot
// be read, and for what is no regular file.
std::optional<std::string> read_shared_file(const std::string& path);

// Readers see the old content or the new one, never a part. A file that is replaced keeps its mode and, where the
// process may set them, its owner and group; a new one has the mode that the umask leaves. Of a symbolic link the file
// that it leads to is replaced. The reason is that of the operating system; the file is then as it was.
Decision replace_shared_file(const std::string& path, const std::string& content);

// How long to wait for others. Who holds a turn needs milliseconds; one that keeps it was stopped, or hangs.
struct Patience {
  std::chrono::milliseconds until_notice{2'000};  // a warning then says what is waited for
  std::chrono::milliseconds limit{30'000};
};

// While one has been granted and lives, no other of the same folder is: for reading a file, adding to it and replacing
// it. Among the threads of this process by a mutex, among processes by a lock on the folder, where its file system has
// such locks.
class SharedFileTurn {
 public:
  explicit SharedFileTurn(const std::string& path, const Patience& patience = {});
  ~SharedFileTurn();
  SharedFileTurn(const SharedFileTurn&) = delete;
  SharedFileTurn& operator=(const SharedFileTurn&) = delete;

  // No, with the reason, where others have not given it up within the limit.
  const Decision& granted() const { return granted_; }

 private:
  std::unique_lock<std::timed_mutex> lock_;
  int folder_ = -1;
  Decision granted_ = Decision::yes();
};

}  // namespace torch_tensorrt::core::util
