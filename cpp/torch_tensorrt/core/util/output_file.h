#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::core::util {

// Remembers the path of a file that this process is writing, so that a signal handler can remove it.
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

// The path of the file that a write to the path makes or replaces: behind symbolic links, also to a file yet to be
// made.
std::string path_behind_links(const std::string& path);

// Writes a file so that its path always has the whole old or the whole new content, even if the process is killed or
// the disk is full: the content goes to a new file in the same folder, which takes the path once it is complete and on
// the disk. The replacement keeps the old file's mode and, if the process may set them, its owner and group; a new file
// has the umask's mode. Symbolic links stay, and the file behind them is replaced.
//
// Pipes, terminals, devices, and the target of /dev/stdout are written directly.
class OutputFile {
 public:
  // If a file cannot be replaced (its folder takes no new files, or the file is a mount point), write it in place with
  // a warning, or fail.
  enum class Fallback { kInPlace, kFail };

  explicit OutputFile(const std::string& path, Fallback fallback = Fallback::kInPlace);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  // Unless commit() returned yes, the old file stays and the new one is removed.
  ~OutputFile();

  // Never throws, for callers in the middle of something: commit() reports failures.
  void write(const void* bytes, size_t count);
  // Puts the new content in place. A no has the operating system's reason. Call it at most once.
  Decision commit();

 private:
  void open_target();
  void open_beside();
  void open_in_place();
  bool match_old_file() const;
  bool close();
  bool replace();
  bool copy_into_target();
  void discard();

  Fallback fallback_;
  std::string target_;  // the path without symbolic links
  std::string fresh_;   // the new file beside it; empty if the target is written directly
  std::optional<struct stat> old_;
  UnfinishedFile unfinished_;
  int file_ = -1;
  int error_ = 0;  // errno of the first failure
};

// Replaces the file's content through an OutputFile. Throws Error naming the file and the reason.
void write_file(const std::string& path, const std::string& content);

// Makes signals that end a process (SIGINT, SIGTERM, SIGHUP and the like) remove the unfinished files first, and write
// the message (up to 127 bytes) to standard error. Leaves alone signals that are ignored or have a handler. For
// programs; a library must not set handlers.
void remove_unfinished_files_on_signals(const std::string& message = {});

}  // namespace torch_tensorrt::core::util
