#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::backends::tensorrt {

// CUDA graphs of one piece of work, one for each set of addresses. PyTorch's allocator gives the same few blocks again
// and again; addresses that come only once are not worth a recording.
class GraphCache {
 public:
  GraphCache() = default;
  ~GraphCache();
  GraphCache(const GraphCache&) = delete;
  GraphCache& operator=(const GraphCache&) = delete;

  // Launches the graph of the addresses if there is one, records it first when they come for the second time, and
  // otherwise just enqueues. `enqueue(stream)` puts the work on the given stream. Work that cannot be recorded (because
  // TensorRT waits for the device within it) is enqueued from then on, with one warning.
  template <typename Enqueue>
  void run(const std::vector<const void*>& addresses, void* stream, Enqueue enqueue) {
    if (!is_recordable_) return enqueue(stream);
    Entry* entry = find(addresses);
    if (entry == nullptr) {
      enqueue(stream);
      remember(addresses);
    } else if (entry->graph != nullptr || record(*entry, enqueue)) {
      launch(*entry, stream);
    } else {
      enqueue(stream);
    }
  }
  bool empty() const { return entries_.empty(); }
  void clear();

 private:
  struct Entry {
    std::vector<const void*> addresses;
    void* graph = nullptr;  // null: the addresses came once
    int64_t last_use = 0;
  };
  static constexpr size_t kMaxEntries = 8;

  // False if the work cannot be recorded; all entries are then gone.
  template <typename Enqueue>
  bool record(Entry& entry, Enqueue enqueue) {
    begin_recording();
    try {
      enqueue(recording_stream_);
      entry.graph = end_recording();
      return true;
    } catch (const Error& error) {
      give_up(error);
      return false;
    } catch (...) {
      abandon_recording();
      throw;
    }
  }
  Entry* find(const std::vector<const void*>& addresses);
  void remember(const std::vector<const void*>& addresses);
  void begin_recording();
  void* end_recording() const;
  void abandon_recording() const noexcept;
  void give_up(const Error& error);
  void launch(Entry& entry, void* stream);

  std::vector<Entry> entries_;
  void* recording_stream_ = nullptr;
  bool is_recordable_ = true;
  int64_t uses_ = 0;
};

}  // namespace torch_tensorrt::backends::tensorrt
