#pragma once

#include <string>

namespace torch_tensorrt::core::util {

// Remembers the path of a file that this process has begun to write, so that a signal handler can remove it.
class UnfinishedFile {
 public:
  UnfinishedFile() = default;
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;
  ~UnfinishedFile() { forget(); }

  void remember(const std::string& path);
  // Call this once the file is finished or removed.
  void forget();

 private:
  int slot_ = -1;
};

// Makes the signals that end a process (SIGINT, SIGTERM, SIGHUP and the like) remove the unfinished files first. Leaves
// signals alone that are ignored or have a handler. For programs; a library must not set handlers.
void remove_unfinished_files_on_signals();

}  // namespace torch_tensorrt::core::util
