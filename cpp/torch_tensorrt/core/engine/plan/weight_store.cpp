#include "torch_tensorrt/core/engine/plan/weight_store.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <unordered_set>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

constexpr uintptr_t kAlignment = 64;
constexpr const char* kPlain = "plain";

bool is_aligned(const void* data) { return reinterpret_cast<uintptr_t>(data) % kAlignment == 0; }

std::shared_ptr<const void> aligned_copy(const WeightBlock& block) {
  auto copy = allocate_aligned(block.bytes);
  if (block.bytes > 0) std::memcpy(copy.get(), block.data.get(), static_cast<size_t>(block.bytes));
  return copy;
}

std::shared_ptr<void> heap_memory(size_t bytes) {
  const size_t rounded = (std::max<size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  void* memory = std::aligned_alloc(kAlignment, rounded);
  return memory == nullptr ? nullptr : std::shared_ptr<void>(memory, std::free);
}

// Large blocks are mapped one by one: a heap would keep memory that is freed in its middle, and a build frees weights
// while it makes others. Huge pages save most of the address translation in a pass over weights.
constexpr int64_t kMappedBytes = int64_t{1} << 21;

std::shared_ptr<void> map_memory(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  madvise(memory, bytes, MADV_HUGEPAGE);  // a hint
  return std::shared_ptr<void>(memory, [bytes](void* block) { munmap(block, bytes); });
}

}  // namespace

const WeightBlock& WeightStore::Entry::to_save() const {
  return layouts[last_asked >= 0 ? static_cast<size_t>(last_asked) : 0].block;
}

void WeightStore::Entry::drop_unused() {
  if (last_asked < 0) {
    layouts.resize(1);  // keep only the one from put()
    return;
  }
  std::vector<Layout> kept;
  for (size_t i = 0; i < layouts.size(); ++i) {
    if (!layouts[i].asked) continue;
    if (static_cast<int32_t>(i) == last_asked) last_asked = static_cast<int32_t>(kept.size());
    kept.push_back(std::move(layouts[i]));
  }
  layouts = std::move(kept);
}

void WeightStore::put(const std::string& key, WeightBlock block) {
  TORCHTRT_ASSERT(block.data != nullptr || block.bytes == 0);
  Entry entry;
  entry.layouts.push_back({std::move(block), false});
  const std::lock_guard lock(mutex_);
  entries_[key] = std::move(entry);
}

const void* WeightStore::get(const std::string& key, const std::string& layout, int64_t bytes, const Repack& repack) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  TORCHTRT_CHECK(found != entries_.end(), "the engine has no weights " << key);
  Entry& entry = found->second;
  // Layers with equal weights share one copy in each layout.
  const auto shared_data = [&](std::shared_ptr<const void> made, const std::string& of, int64_t size) {
    for (const auto& [other, known] : entries_) {
      for (const Layout& row : known.layouts) {
        const WeightBlock& block = row.block;
        if (block.layout != of || block.bytes != size || !is_aligned(block.data.get())) continue;
        if (std::memcmp(block.data.get(), made.get(), static_cast<size_t>(size)) == 0) return block.data;
      }
    }
    return made;
  };
  const auto same = [&](const Layout& known) { return known.block.layout == layout; };
  auto place = std::find_if(entry.layouts.begin(), entry.layouts.end(), same);
  if (place == entry.layouts.end()) {
    TORCHTRT_CHECK(repack, "weights " << key << " are kept as " << entry.to_save().layout << ", not as " << layout
                                      << ". Build the engine again");
    auto packed = allocate_aligned(bytes);
    repack(entry.to_save(), packed.get());
    entry.layouts.push_back({WeightBlock{layout, bytes, shared_data(std::move(packed), layout, bytes)}, false});
    place = entry.layouts.end() - 1;
  }
  TORCHTRT_CHECK(place->block.bytes == bytes, "weights " << key << " have " << place->block.bytes << " bytes as "
                                                         << layout << ", expected " << bytes
                                                         << ". Build the engine again");
  // Kernels of packed weights want whole cache lines, but a part of a file may lie at any address. Moving the block is
  // safe: this is the first ask, so that nobody has the old address.
  if (layout != kPlain && !is_aligned(place->block.data.get())) {
    place->block.data = shared_data(aligned_copy(place->block), layout, bytes);
  }
  place->asked = true;
  entry.last_asked = static_cast<int32_t>(place - entry.layouts.begin());
  return place->block.data.get();
}

bool WeightStore::contains(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return entries_.count(key) != 0;
}

WeightBlock WeightStore::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  return found == entries_.end() ? WeightBlock{} : found->second.to_save();
}

std::string WeightStore::asked_layout(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.last_asked < 0) return {};
  return found->second.to_save().layout;
}

void WeightStore::drop_unused() {
  const std::lock_guard lock(mutex_);
  for (auto& [key, entry] : entries_) entry.drop_unused();
}

void WeightStore::drop_unused(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found != entries_.end()) found->second.drop_unused();
}

void WeightStore::erase(const std::string& key) {
  const std::lock_guard lock(mutex_);
  entries_.erase(key);
}

std::vector<std::pair<std::string, WeightBlock>> WeightStore::blocks() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, WeightBlock>> result;
  result.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) result.emplace_back(key, entry.to_save());
  return result;
}

int64_t WeightStore::total_bytes() const {
  const std::lock_guard lock(mutex_);
  int64_t total = 0;
  std::unordered_set<const void*> counted;
  for (const auto& [key, entry] : entries_) {
    const WeightBlock& block = entry.to_save();
    if (counted.insert(block.data.get()).second) total += block.bytes;
  }
  return total;
}

const void* WeightStore::derived(const void* from, const std::string& form,
                                 const std::function<std::shared_ptr<void>()>& make) {
  const std::lock_guard lock(mutex_);
  auto& copy = derived_[{from, form}];
  if (copy == nullptr) copy = make();
  return copy.get();
}

void WeightStore::drop_derived() {
  const std::lock_guard lock(mutex_);
  derived_.clear();
}

std::string weight_key(int32_t layer_index, const char* role) { return std::to_string(layer_index) + "/" + role; }

std::shared_ptr<void> allocate_aligned(int64_t bytes) {
  TORCHTRT_CHECK(bytes >= 0, "cannot allocate " << bytes << " bytes");
  auto memory =
      bytes >= kMappedBytes ? map_memory(static_cast<size_t>(bytes)) : heap_memory(static_cast<size_t>(bytes));
  if (memory == nullptr) TORCHTRT_THROW_ERROR("out of memory: cannot allocate " << bytes << " bytes");
  return memory;
}

}  // namespace torch_tensorrt::engine
