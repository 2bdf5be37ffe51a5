#include "torch_tensorrt/core/engine/run/memory_planner.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

using Order = std::vector<int32_t>;

// A request with its size rounded up to the alignment.
struct Buffer {
  int64_t bytes;
  int32_t first;
  int32_t last;
};

bool live_together(const Buffer& a, const Buffer& b) { return a.first <= b.last && b.first <= a.last; }

std::vector<Buffer> aligned_buffers(const std::vector<BufferRequest>& requests, int64_t alignment) {
  std::vector<Buffer> buffers;
  buffers.reserve(requests.size());
  for (const BufferRequest& request : requests) {
    TORCHTRT_CHECK(request.bytes >= 0 && request.bytes <= std::numeric_limits<int64_t>::max() - alignment &&
                       request.first <= request.last,
                   "a buffer of " << request.bytes << " bytes that lives from step " << request.first << " to "
                                  << request.last << " cannot be planned");
    buffers.push_back({(request.bytes + alignment - 1) / alignment * alignment, request.first, request.last});
  }
  return buffers;
}

// The step at which the most bytes live, and their number.
struct Peak {
  int32_t step = 0;
  int64_t bytes = 0;
};
Peak find_peak(const std::vector<Buffer>& buffers) {
  struct Change {
    int32_t step;
    int64_t bytes;
  };
  std::vector<Change> changes;
  for (const Buffer& buffer : buffers) {
    changes.push_back({buffer.first, buffer.bytes});
    changes.push_back({buffer.last + 1, -buffer.bytes});
  }
  // Within one step, handle deaths before births.
  std::sort(changes.begin(), changes.end(),
            [](const Change& a, const Change& b) { return a.step != b.step ? a.step < b.step : a.bytes < b.bytes; });
  Peak peak;
  int64_t live = 0;
  for (const Change& change : changes) {
    TORCHTRT_CHECK(change.bytes <= std::numeric_limits<int64_t>::max() - live,
                   "the tensors that live at once have more bytes than fit in 64 bits");
    live += change.bytes;
    if (live > peak.bytes) peak = {change.step, live};
  }
  return peak;
}

// Places the buffers one after another, each into the smallest gap between those that live with it.
class Placement {
 public:
  explicit Placement(const std::vector<Buffer>& buffers) : buffers_(buffers), offsets_(buffers.size(), 0) {}

  // Stops and returns false as soon as the arena would reach `limit`.
  bool run(const Order& order, int64_t limit) {
    arena_bytes_ = 0;
    placed_.clear();
    for (const int32_t index : order) {
      const int64_t offset = best_offset(buffers_[index]);
      const int64_t end = offset + buffers_[index].bytes;
      if (end >= limit) return false;
      offsets_[index] = offset;
      arena_bytes_ = std::max(arena_bytes_, end);
      const auto later = [&](int32_t a, int32_t b) { return offsets_[a] < offsets_[b]; };
      placed_.insert(std::upper_bound(placed_.begin(), placed_.end(), index, later), index);
    }
    return true;
  }

  const std::vector<int64_t>& offsets() const { return offsets_; }
  int64_t arena_bytes() const { return arena_bytes_; }

 private:
  int64_t best_offset(const Buffer& buffer) const {
    int64_t best = -1;
    int64_t best_gap = std::numeric_limits<int64_t>::max();
    int64_t free_from = 0;
    for (const int32_t other : placed_) {
      if (!live_together(buffer, buffers_[other])) continue;
      const int64_t gap = offsets_[other] - free_from;
      if (gap >= buffer.bytes && gap < best_gap) {
        best = free_from;
        best_gap = gap;
      }
      free_from = std::max(free_from, offsets_[other] + buffers_[other].bytes);
    }
    return best >= 0 ? best : free_from;
  }

  const std::vector<Buffer>& buffers_;
  std::vector<int64_t> offsets_;
  std::vector<int32_t> placed_;  // by offset
  int64_t arena_bytes_ = 0;
};

template <typename Key>
Order order_by(const std::vector<Buffer>& buffers, Key key) {
  Order order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return key(buffers[a]) > key(buffers[b]); });
  return order;
}

std::vector<Order> greedy_orders(const std::vector<Buffer>& buffers, const Peak& peak) {
  const auto length = [](const Buffer& b) { return static_cast<double>(b.last) - b.first + 1; };
  const auto bytes = [](const Buffer& b) { return static_cast<double>(b.bytes); };
  const auto at_peak = [&](const Buffer& b) { return b.first <= peak.step && peak.step <= b.last; };
  return {
      order_by(buffers, bytes),
      order_by(buffers, [&](const Buffer& b) { return bytes(b) * length(b); }),
      order_by(buffers, [&](const Buffer& b) { return std::make_pair(at_peak(b), bytes(b)); }),
      order_by(buffers, [&](const Buffer& b) { return std::make_pair(at_peak(b), length(b)); }),
      order_by(buffers, [&](const Buffer& b) { return std::make_pair(length(b), bytes(b)); }),
      order_by(buffers, [&](const Buffer& b) { return std::make_pair(-b.first, b.bytes); }),
  };
}

// Places again, starting with the buffers that stuck out highest, at most this many times.
constexpr int32_t kMaxRepairs = 64;

}  // namespace

MemoryPlan plan_memory(const std::vector<BufferRequest>& requests, int64_t alignment) {
  const std::vector<Buffer> buffers = aligned_buffers(requests, alignment);
  const Peak peak = find_peak(buffers);
  MemoryPlan plan;
  plan.lower_bound_bytes = peak.bytes;
  plan.arena_bytes = std::numeric_limits<int64_t>::max();
  Placement placement(buffers);
  Order best;
  const auto try_order = [&](const Order& order) {
    if (plan.arena_bytes == peak.bytes || !placement.run(order, plan.arena_bytes)) return false;
    plan.arena_bytes = placement.arena_bytes();
    plan.offsets = placement.offsets();
    best = order;
    return true;
  };
  for (const Order& order : greedy_orders(buffers, peak)) try_order(order);
  for (int32_t i = 0; i < kMaxRepairs && plan.arena_bytes > peak.bytes; ++i) {
    Order repaired = best;
    std::stable_partition(repaired.begin(), repaired.end(), [&](int32_t index) {
      return plan.offsets[index] + buffers[index].bytes == plan.arena_bytes;
    });
    if (!try_order(repaired)) break;
  }
  return plan;
}

}  // namespace torch_tensorrt::engine
