#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "torch_tensorrt/core/engine/run/memory_planner.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"

namespace torch_tensorrt::engine {

// Memory of one tensor, or of several that are views of each other.
struct Storage {
  enum class Kind { kNone /* no elements */, kInput, kOutput, kConstant, kArena, kOwned /* by a kernel */ };
  Kind kind = Kind::kNone;
  int32_t number = -1;          // index of the input or output; step of the kernel that owns it
  const void* data = nullptr;   // of a constant; on the host
  bool is_known_value = false;  // a constant computed from the dims alone
  int64_t bytes = 0;
  int64_t offset = 0;       // in the arena
  int32_t last_step = -1;   // the last step that reads it
  int32_t taken_over = -1;  // storage that this one took its memory from, if a layer runs in place
  bool is_given = false;    // another storage took this one's memory
  bool holds_output = false;
};

// One layer that does work, or a copy to an output that no layer can write.
struct Step {
  int32_t layer = -1;  // -1: a copy
  LayerInstance instance;
  std::vector<int32_t> inputs;         // storages; -1: input not given
  std::vector<int64_t> input_offsets;  // of the first elements, in bytes
  std::vector<int32_t> outputs;
  int64_t workspace_offset = 0;
  int64_t workspace_bytes = 0;
  bool owns_output = false;       // its kernel keeps output 0
  std::vector<int32_t> releases;  // steps whose kernels then release their outputs
};

// Needs of a step's kernel.
struct StepNeeds {
  int64_t workspace_bytes = 0;
  int32_t in_place_input = -1;
  bool can_own_output = false;
};

// How the layers of a network run: one choice for each layer.
struct Runners {
  const std::vector<ChosenTactic>& tactics;
  const DeviceTarget& target;
};

// The steps of a run, in order, with their memory, for one set of input dims. Layers have no step if their output is a
// view of their input, is known without running (shape computations), or has no elements.
class Schedule {
 public:
  // `tensors` must be concrete: throws Error naming the layer whose output is not. The network must outlive this. With
  // `runners`, tensors whose readers take views may have strides of their own; without, all are dense.
  Schedule(const network::INetworkDefinition& network, network::InferredTensors tensors,
           const Runners* runners = nullptr);

  std::vector<Step>& steps() { return steps_; }
  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<network::Dims>& output_dims() const { return output_dims_; }
  // The storage itself, or the storage that it has taken over.
  const Storage& storage(int32_t number) const;

  // Gives a step, and no other reader, other memory for the elements of a constant.
  void replace_constant(Step& step, int32_t input, const void* elements);
  // Places all storages once the kernels are chosen, and adds the copy steps. `needs` has one entry for each step.
  void plan_memory(const std::vector<StepNeeds>& needs);
  int64_t arena_bytes() const { return memory_.arena_bytes; }
  int64_t arena_lower_bound_bytes() const { return memory_.lower_bound_bytes; }
  // After plan_memory.
  MemoryOverTime memory() const;

 private:
  // Memory of a tensor.
  struct Place {
    int32_t storage = -1;
    int64_t offset = 0;                    // of its first element, in bytes
    std::optional<network::Dims> strides;  // of a view
  };

  TensorDesc desc_of(const network::ITensor& tensor) const;
  int32_t storage_of(const network::ITensor& tensor) const { return places_.at(&tensor).storage; }
  void find_tensors_for_views(const Runners& runners);
  int32_t add_storage(Storage storage);
  void add_inputs();
  void add_layer(int32_t index);
  bool add_without_step(const network::ILayer& layer, const TensorDesc& output);
  bool add_view(const network::ILayer& layer);
  const void* constant_of(const network::ITensor& tensor) const;
  int32_t add_known_value(const network::InferredTensor& tensor);
  LayerInstance make_instance(const network::ILayer& layer) const;
  void note_reads();
  bool fills_storage(const network::ITensor& tensor) const;
  void take_over(int32_t step, int32_t input);
  void place_outputs();
  void leave_to_kernels(const std::vector<StepNeeds>& needs);
  void place_in_arena(const std::vector<StepNeeds>& needs);
  int32_t resolve(int32_t number) const;

  const network::INetworkDefinition& network_;
  network::InferredTensors tensors_;
  std::vector<Storage> storages_;
  std::unordered_map<const network::ITensor*, Place> places_;
  std::unordered_set<const network::ITensor*> for_views_;  // all their readers take views
  const Runners* runners_;                                 // while the steps are made
  std::vector<Step> steps_;
  std::vector<network::Dims> output_dims_;
  std::vector<std::shared_ptr<void>> known_values_;
  MemoryPlan memory_;
};

}  // namespace torch_tensorrt::engine
