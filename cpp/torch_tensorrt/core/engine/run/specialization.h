#pragma once

#include <memory>
#include <vector>

#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/engine/run/schedule.h"
#include "torch_tensorrt/core/engine/run/tensor_observer.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

// Elements of inputs that are used as shapes, one entry for each input; empty when there are none.
using ShapeValues = std::vector<std::optional<network::ShapeValue>>;

// An engine prepared for one set of input dims: kernels, memory plan, and the flat list of a call's steps.
class Specialization {
 public:
  // `chosen` has one entry for each layer.
  Specialization(const Plan& plan, const std::vector<ChosenTactic>& chosen, const std::vector<network::Dims>& dims,
                 const ShapeValues& values);

  bool is_for(const std::vector<network::Dims>& dims, const ShapeValues& values) const;
  const std::vector<network::Dims>& output_dims() const { return schedule_.output_dims(); }
  int64_t arena_bytes() const { return schedule_.arena_bytes(); }
  int64_t arena_lower_bound_bytes() const { return schedule_.arena_lower_bound_bytes(); }
  MemoryOverTime memory() const { return schedule_.memory(); }

  // Runs in the given arena of at least arena_bytes().
  void run(char* arena, const void* const* inputs, void* const* outputs);
  // The same; the observer sees the tensors.
  void run_observed(const Plan& plan, TensorObserver& observer, char* arena, const void* const* inputs,
                    void* const* outputs);
  // The same; returns the microseconds of each layer.
  std::vector<double> profile(char* arena, const void* const* inputs, void* const* outputs);

 private:
  // An entry of pointers_ that depends on the arena or on the call.
  struct Patch {
    size_t place;
    int64_t value;       // offset in the arena; index of an input or output
    int64_t offset = 0;  // in bytes, from the start of an input, an output, or an output that a kernel owns
  };

  // A step of a call. Its pointer tables are parts of pointers_.
  struct Call {
    Kernel* kernel = nullptr;  // null: a copy
    int32_t layer = -1;
    int64_t copy_bytes = 0;
    size_t inputs = 0;  // places in pointers_
    size_t outputs = 0;
    size_t workspace = 0;
    std::vector<Patch> owned;       // entries that point to the output that the kernel owns
    std::vector<Kernel*> releases;  // their outputs are read no more
  };
  static Schedule make_schedule(const Plan& plan, const std::vector<ChosenTactic>& chosen,
                                const std::vector<network::Dims>& dims, const ShapeValues& values);
  void prepare_kernels(const Plan& plan, const std::vector<ChosenTactic>& chosen);
  void unpack_weights(Step& step, const PackingTactic& packed_by);
  void lay_out_calls();
  void add_pointer(int32_t storage, int64_t offset);
  void bind(char* arena, const void* const* inputs, void* const* outputs);
  void run_call(const Call& call);
  template <typename Around>
  void run_all(Around around);
  void run_copy(const Call& call) const;
  const void* on_target(const Storage& constant);
  [[noreturn]] void rethrow_named(const Call& call) const;

  const network::INetworkDefinition& network_;
  DeviceTarget target_;
  WeightStore& weights_;
  std::vector<network::Dims> dims_;
  ShapeValues values_;
  Schedule schedule_;
  std::vector<std::unique_ptr<Kernel>> kernels_;
  std::vector<Call> calls_;
  std::vector<void*> pointers_;
  std::vector<Patch> arena_patches_;
  std::vector<Patch> input_patches_;
  std::vector<Patch> output_patches_;
  std::vector<std::shared_ptr<void>> uploaded_;  // known shape values, if the layers run on a GPU
  char* bound_arena_ = nullptr;                  // an arena is never null
  void* stream_ = nullptr;                       // of the current call; null on a CPU
};

}  // namespace torch_tensorrt::engine
