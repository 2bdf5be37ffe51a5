#include "torch_tensorrt/core/util/unfinished_files.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <csignal>
#include <cstring>
#include <filesystem>

namespace torch_tensorrt::core::util {
namespace {

// A signal handler may neither allocate nor lock, so the paths lie in slots of a fixed size.
struct Slot {
  std::atomic<bool> is_taken{false};
  std::atomic<pid_t> owner{0};  // 0 while the path is incomplete; a forked child must not remove its parent's files
  char path[PATH_MAX] = {};
};

constexpr int kSlots = 16;
std::array<Slot, kSlots> slots;

static_assert(std::atomic<pid_t>::is_always_lock_free);

// The handler has been reset to the default action by then.
extern "C" void remove_unfinished_files_and_end(int signal) {
  for (Slot& slot : slots) {
    if (slot.owner.load() == getpid()) unlink(slot.path);
  }
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

void remove_unfinished_files_on_signals() {
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
