#pragma once

#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/graph_cache.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/native_executable.h"
#include "torch_tensorrt/core/engine/run/specialization.h"

namespace torch_tensorrt::engine {

// A context of our own engine. Keeps one arena, and specializations (dims of all tensors, memory plan, kernels) with
// the CUDA graphs recorded at these.
class NativeContext final : public Context {
 public:
  NativeContext(std::shared_ptr<const NativeExecutable> executable, int32_t max_specializations);

  const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                   const int64_t* const* shape_values) override;
  void run(const void* const* inputs, void* const* outputs, const RunOptions& options) override;
  std::vector<LayerTime> profile(const void* const* inputs, void* const* outputs, const RunOptions& options) override;
  int64_t arena_bytes() const override { return current_or_throw().specialization->arena_bytes(); }
  int64_t arena_lower_bound_bytes() const override {
    return current_or_throw().specialization->arena_lower_bound_bytes();
  }
  MemoryOverTime memory() const override { return current_or_throw().specialization->memory(); }
  int32_t specialization_count() const override { return static_cast<int32_t>(entries_.size()); }

 private:
  struct Entry {
    std::unique_ptr<Specialization> specialization;
    uint64_t last_used = 0;
    bool is_recorded = false;  // a graph of a caller launches its kernels
    // Made at the first call that asks for graphs. The memory outlives the graphs that use it.
    std::shared_ptr<GraphMemory> graph_memory;
    std::unique_ptr<cuda::GraphCache> graphs;
  };

  const DeviceTarget& target() const { return executable_->plan().target; }
  Entry& current_or_throw() const;
  void read_values(const std::vector<network::Dims>& dims, const int64_t* const* shape_values);
  Entry* find(const std::vector<network::Dims>& dims);
  Entry* make(const std::vector<network::Dims>& dims);
  void make_room();
  void ensure_arena(int64_t bytes);
  char* arena() const { return static_cast<char*>(arena_.get()); }
  void run_on_gpu(Entry& entry, const void* const* inputs, void* const* outputs, const RunOptions& options);
  void run_as_graph(Entry& entry, const void* const* inputs, void* const* outputs, void* stream);
  bool can_record(Entry& entry) const;

  std::shared_ptr<const NativeExecutable> executable_;
  size_t max_entries_ = 1;
  std::vector<std::unique_ptr<Entry>> entries_;
  uint64_t clock_ = 0;
  Entry* current_ = nullptr;
  ShapeValues values_;           // of the current call; kept to reuse its memory
  std::shared_ptr<void> arena_;  // null before the first call, and after an allocation that failed
  int64_t arena_bytes_ = 0;
  bool arena_is_recorded_ = false;                      // a graph of a caller uses it
  std::vector<std::shared_ptr<void>> recorded_arenas_;  // earlier arenas of that kind
  std::vector<const void*> addresses_;                  // of the current call
};

}  // namespace torch_tensorrt::engine
