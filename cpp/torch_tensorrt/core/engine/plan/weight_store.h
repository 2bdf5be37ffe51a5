#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace torch_tensorrt::engine {

// A block of weights in some memory layout. "plain" is the network's row-major order; anything else is a layout that is
// publicly defined (a oneDNN format tag such as "OIhw16i16o"), so that a machine that wants another can always repack.
struct WeightBlock {
  std::string layout;
  int64_t bytes = 0;
  std::shared_ptr<const void> data;  // 64-byte aligned unless plain
};

// The weights of one engine by key ("3/kernel": index of the layer, role), in the layouts that its tactics want.
// Filled while building, saved in the plan, read by every context. Thread-safe; a block never moves once it is made.
class WeightStore {
 public:
  using Repack = std::function<void(const WeightBlock& from, void* to)>;

  // Makes a block known (the network's own memory, or a part of a plan).
  void put(const std::string& key, WeightBlock block);
  // The block in the wanted layout, made by `repack` from the layout that is there on first ask (the result is kept).
  // Throws Error when the key is unknown.
  // The key of a layer's weights is weight_key(layer_index(layer), name of the attribute). A repack function checks
  // that `from.bytes` is what it expects of the layout before it reads.
  const void* get(const std::string& key, const std::string& layout, int64_t bytes, const Repack& repack);
  bool contains(const std::string& key) const;
  // The block that blocks() would give; without data when the key is unknown.
  WeightBlock find(const std::string& key) const;
  // The layout that get() was asked for last, empty when it never was.
  std::string asked_layout(const std::string& key) const;
  // Lets go of every layout of every key (of one key) but those that get() has been asked for (or the plain one if
  // none was).
  void drop_unused();
  void drop_unused(const std::string& key);
  void erase(const std::string& key);
  // What a plan has to save, in the order of the keys: one block a key, the last one asked for.
  std::vector<std::pair<std::string, WeightBlock>> blocks() const;
  int64_t total_bytes() const;
  // The copy on a device of elements of this engine that lie at `host`, made by `make` on first ask.
  const void* on_device(const void* host, const std::function<std::shared_ptr<void>()>& make);

 private:
  struct Layout {
    WeightBlock block;
    bool asked = false;
  };
  struct Entry {
    std::vector<Layout> layouts;
    int32_t last_asked = -1;
    const WeightBlock& to_save() const;
    void drop_unused();
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  std::unordered_map<const void*, std::shared_ptr<void>> on_device_;
};

// Key of one role ("kernel", "bias", "input1") of the layer at a place of the network.
std::string weight_key(int32_t layer_index, const char* role);
// 64-byte aligned memory that frees itself.
std::shared_ptr<void> allocate_aligned(int64_t bytes);

}  // namespace torch_tensorrt::engine
