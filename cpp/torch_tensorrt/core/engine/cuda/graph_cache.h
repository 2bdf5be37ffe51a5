#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::engine::cuda {

// Borrows a stream to record graphs on that the caller's stream will launch, because a default stream cannot be
// recorded. Each stream has one such partner for the life of the process: libraries keep a workspace for each stream
// that they meet, which all graphs recorded on it share. Only one stream then launches those graphs, one after another.
class RecordingStream {
 public:
  RecordingStream(int32_t device, const void* launched_on);
  ~RecordingStream();
  RecordingStream(const RecordingStream&) = delete;
  RecordingStream& operator=(const RecordingStream&) = delete;
  // Null while another thread records for the same stream.
  void* handle() const { return handle_; }

 private:
  void* handle_ = nullptr;
  void* partner_ = nullptr;
};

// CUDA graphs of one piece of work on one device, one for each set of addresses. PyTorch's allocator gives the same few
// blocks again and again; addresses that come only once are not worth a recording.
class GraphCache {
 public:
  explicit GraphCache(int32_t device) : device_(device) {}
  ~GraphCache() { clear(); }
  GraphCache(const GraphCache&) = delete;
  GraphCache& operator=(const GraphCache&) = delete;

  // Launches the graph of the addresses if there is one, records it first when they come for the second time, and
  // otherwise just enqueues. `enqueue(stream)` puts the work on the given stream. Work that cannot be recorded (because
  // it waits for the device, for example) is enqueued from then on, with one warning.
  template <typename Enqueue>
  void run(const std::vector<const void*>& addresses, void* stream, Enqueue enqueue) {
    if (!is_recordable_) return enqueue(stream);
    Entry* entry = find(addresses);
    if (entry == nullptr) {
      enqueue(stream);
      remember(addresses);
    } else if (entry->graph != nullptr || record(*entry, stream, enqueue)) {
      launch(*entry, stream);
    } else {
      enqueue(stream);
    }
  }
  bool empty() const { return entries_.empty(); }
  // Destroys the graphs. One that still runs is freed when it has ended.
  void clear() noexcept;

 private:
  struct Entry {
    std::vector<const void*> addresses;
    void* graph = nullptr;  // null: the addresses came once
    int64_t last_use = 0;
  };
  static constexpr size_t kMaxEntries = 8;

  // Returns false if there is no graph: another thread is recording, or the work cannot be recorded and all entries are
  // gone.
  template <typename Enqueue>
  bool record(Entry& entry, void* stream, Enqueue enqueue) {
    const RecordingStream recording(device_, stream);
    if (recording.handle() == nullptr) return false;
    begin(recording);
    try {
      enqueue(recording.handle());
      entry.graph = end(recording);
      return true;
    } catch (const Error& error) {
      give_up(recording, error);
      return false;
    } catch (...) {
      abandon(recording);
      throw;
    }
  }
  Entry* find(const std::vector<const void*>& addresses);
  void remember(const std::vector<const void*>& addresses);
  static void begin(const RecordingStream& recording);
  static void* end(const RecordingStream& recording);
  static void abandon(const RecordingStream& recording) noexcept;
  void give_up(const RecordingStream& recording, const Error& error);
  void launch(Entry& entry, void* stream);

  int32_t device_;
  std::vector<Entry> entries_;
  bool is_recordable_ = true;
  int64_t uses_ = 0;
};

}  // namespace torch_tensorrt::engine::cuda
