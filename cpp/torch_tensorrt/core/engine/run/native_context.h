#pragma once

#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/native_executable.h"
#include "torch_tensorrt/core/engine/run/specialisation.h"

namespace torch_tensorrt::engine {

// A context of our own engine. Keeps one arena, and specializations (dims of all tensors, memory plan, kernels).
class NativeContext final : public Context {
 public:
  NativeContext(std::shared_ptr<const NativeExecutable> executable, int32_t max_specialisations);

  const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                   const int64_t* const* shape_values) override;
  void run(const void* const* inputs, void* const* outputs, const RunOptions& options) override;
  std::vector<LayerTime> profile(const void* const* inputs, void* const* outputs, const RunOptions& options) override;
  int64_t arena_bytes() const override { return current_or_throw().arena_bytes(); }
  int64_t arena_lower_bound_bytes() const override { return current_or_throw().arena_lower_bound_bytes(); }
  int32_t specialisation_count() const override { return static_cast<int32_t>(entries_.size()); }

 private:
  struct Entry {
    std::unique_ptr<Specialisation> specialisation;
    uint64_t last_used = 0;
  };

  Specialisation& current_or_throw() const;
  void read_values(const std::vector<network::Dims>& dims, const int64_t* const* shape_values);
  Specialisation* find(const std::vector<network::Dims>& dims);
  Specialisation* make(const std::vector<network::Dims>& dims);
  void ensure_arena(int64_t bytes);

  std::shared_ptr<const NativeExecutable> executable_;
  size_t max_entries_ = 1;
  std::vector<Entry> entries_;
  uint64_t clock_ = 0;
  Specialisation* current_ = nullptr;
  ShapeValues values_;           // of the current call; kept to reuse its memory
  std::shared_ptr<void> arena_;  // null before the first call, and after an allocation that failed
  int64_t arena_bytes_ = 0;
};

}  // namespace torch_tensorrt::engine
