#include "torch_tensorrt/core/engine/cuda/graph_cache.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::cuda {
namespace {

struct Partner {
  std::unique_ptr<Stream> stream;
  bool is_lent = false;
};

// Never destroyed: contexts may outlive static objects.
struct Partners {
  std::mutex mutex;
  std::map<std::pair<int32_t, const void*>, Partner> of;
};
Partners& partners() {
  static auto* const all = new Partners();
  return *all;
}

}  // namespace

RecordingStream::RecordingStream(int32_t device, const void* launched_on) {
  const std::lock_guard lock(partners().mutex);
  Partner& partner = partners().of[{device, launched_on}];
  if (partner.is_lent) return;
  if (partner.stream == nullptr) {
    const DeviceGuard guard(device);
    partner.stream = std::make_unique<Stream>();
  }
  partner.is_lent = true;
  partner_ = &partner;
  handle_ = partner.stream->handle();
}

RecordingStream::~RecordingStream() {
  if (partner_ == nullptr) return;
  const std::lock_guard lock(partners().mutex);
  static_cast<Partner*>(partner_)->is_lent = false;
}

void GraphCache::clear() noexcept {
  for (Entry& entry : entries_) {
    if (entry.graph != nullptr) Driver::get().destroy_graph(entry.graph);
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
    if (oldest->graph != nullptr) Driver::get().destroy_graph(oldest->graph);
    entries_.erase(oldest);
  }
  entries_.push_back({addresses, nullptr, ++uses_});
}

void GraphCache::begin(const RecordingStream& recording) { Driver::get().begin_capture(recording.handle()); }

void* GraphCache::end(const RecordingStream& recording) { return Driver::get().end_capture(recording.handle()); }

void GraphCache::abandon(const RecordingStream& recording) noexcept {
  Driver::get().abandon_capture(recording.handle());
}

void GraphCache::give_up(const RecordingStream& recording, const Error& error) {
  abandon(recording);
  is_recordable_ = false;
  clear();
  LOG_WARNING("a run cannot be recorded as a CUDA graph, and goes on without: " << error.msg());
}

void GraphCache::launch(Entry& entry, void* stream) {
  entry.last_use = ++uses_;
  Driver::get().launch(entry.graph, stream);
}

}  // namespace torch_tensorrt::engine::cuda
