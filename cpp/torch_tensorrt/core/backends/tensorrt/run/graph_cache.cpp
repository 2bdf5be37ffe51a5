#include "torch_tensorrt/core/backends/tensorrt/run/graph_cache.h"

#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/run/cuda_driver.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {

GraphCache::~GraphCache() {
  clear();
  if (recording_stream_ != nullptr) CudaDriver::get().destroy_stream(recording_stream_);
}

void GraphCache::clear() {
  for (Entry& entry : entries_) {
    if (entry.graph != nullptr) CudaDriver::get().destroy_graph(entry.graph);
  }
  entries_.clear();
}

GraphCache::Entry* GraphCache::find(const std::vector<const void*>& addresses) {
  for (Entry& entry : entries_) {
    if (entry.addresses == addresses) return &entry;
  }
  return nullptr;
}

void GraphCache::remember(const std::vector<const void*>& addresses) {
  if (entries_.size() == kMaxEntries) {
    const auto oldest = std::min_element(entries_.begin(), entries_.end(),
                                         [](const Entry& a, const Entry& b) { return a.last_use < b.last_use; });
    if (oldest->graph != nullptr) CudaDriver::get().destroy_graph(oldest->graph);
    entries_.erase(oldest);
  }
  entries_.push_back({addresses, nullptr, ++uses_});
}

// The default stream cannot be recorded, so recordings have a stream of their own.
void GraphCache::begin_recording() {
  const CudaDriver& driver = CudaDriver::get();
  if (recording_stream_ == nullptr) recording_stream_ = driver.create_stream();
  driver.begin_capture(recording_stream_);
}

void* GraphCache::end_recording() const { return CudaDriver::get().end_capture(recording_stream_); }

void GraphCache::abandon_recording() const noexcept { CudaDriver::get().abandon_capture(recording_stream_); }

void GraphCache::give_up(const Error& error) {
  abandon_recording();
  is_recordable_ = false;
  clear();
  LOG_WARNING("a run cannot be recorded as a CUDA graph, and goes on without: " << error.msg());
}

void GraphCache::launch(Entry& entry, void* stream) {
  entry.last_use = ++uses_;
  CudaDriver::get().launch(entry.graph, stream);
}

}  // namespace torch_tensorrt::backends::tensorrt
