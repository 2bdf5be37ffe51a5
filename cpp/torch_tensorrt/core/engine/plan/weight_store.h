#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace torch_tensorrt::engine {

// A block of weights in some memory layout: "plain" is the network's row-major order, any other name a publicly defined
// layout (a oneDNN format tag such as "OIhw16i16o"), so that a machine that wants another layout can always repack.
struct WeightBlock {
  std::string layout;
  int64_t bytes = 0;
  std::shared_ptr<const void> data;  // 64-byte aligned unless plain
};

// The weights of one engine in the layouts that its tactics want, by key ("3/kernel": index of the layer, role).
// Filled while building, saved in the plan, read by every context. Thread-safe; a block never moves once it is made.
class WeightStore {
 public:
  using Repack = std::function<void(const WeightBlock& from, void* to)>;

  // Enters a block (the network's own memory, or a part of a plan).
  void put(const std::string& key, WeightBlock block);
  // Returns the block in the wanted layout. On the first ask, `repack` makes it from the layout at hand, and the store
  // keeps the result. Throws Error for an unknown key.
  // The key of a layer's weights is weight_key(layer_index(layer), name of the attribute). A repack function must check
  // that `from.bytes` is the size of the layout before it reads.
  const void* get(const std::string& key, const std::string& layout, int64_t bytes, const Repack& repack);
  bool contains(const std::string& key) const;
  // The block that blocks() would return; without data if the key is unknown.
  WeightBlock find(const std::string& key) const;
  // The layout of the last get(); empty if there was none.
  std::string asked_layout(const std::string& key) const;
  // Frees every layout of every key (of one key) that get() has not been asked for; keeps the plain layout if get() was
  // never asked.
  void drop_unused();
  void drop_unused(const std::string& key);
  void erase(const std::string& key);
  // The blocks that a plan has to save, in the order of the keys: for each key the layout asked for last.
  std::vector<std::pair<std::string, WeightBlock>> blocks() const;
  int64_t total_bytes() const;
  // What a kernel needs instead of the elements at `from` and no plan saves: their copy on the engine's GPU, or their
  // transform. `form` names it; `make` makes it on the first ask. It lives as long as the store.
  const void* derived(const void* from, const std::string& form, const std::function<std::shared_ptr<void>()>& make);
  // Frees it. No kernel that asked for it may run any more.
  void drop_derived();

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
  std::map<std::pair<const void*, std::string>, std::shared_ptr<void>> derived_;
};

// Store key of a role ("kernel", "bias", "input1") of the layer at an index of the network.
std::string weight_key(int32_t layer_index, const char* role);
// 64-byte aligned memory that frees itself.
std::shared_ptr<void> allocate_aligned(int64_t bytes);

}  // namespace torch_tensorrt::engine
