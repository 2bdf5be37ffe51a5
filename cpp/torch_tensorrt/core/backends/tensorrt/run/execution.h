#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/backends/tensorrt/run/engine.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/cuda/memory.h"

namespace torch_tensorrt::backends::tensorrt {

// Allocates device memory for outputs whose dims only the run knows.
class OutputMemory {
 public:
  virtual ~OutputMemory() = default;
  // Returns at least `bytes` for output `index`. Called during the run, perhaps again with more bytes.
  virtual void* allocate(int32_t index, int64_t bytes) = 0;
  virtual void set_dims(int32_t index, const network::Dims& dims) = 0;
};

// Runs a TensorRT engine, one call at a time. All shapes share one block of memory for activations, sized for the
// largest of them. It only grows, and a used block keeps its address, so that recorded graphs stay valid.
class Execution {
 public:
  // Keeps recorded graphs for at most `max_slots` sets of dims.
  explicit Execution(std::shared_ptr<const VendorEngine> engine, int32_t max_slots = 8);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // Returns the dims of the outputs for these dims of the inputs, -1 where they depend on data. Takes the current
  // profile if it fits, else the first that does. `shape_values`, if not null, has one entry for each input: the
  // elements if the input is read on the host, else null. Throws Error quoting the ranges.
  const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                   const int64_t* const* shape_values);

  struct RunOptions {
    void* stream = nullptr;
    OutputMemory* memory = nullptr;  // for outputs whose dims depend on data
    bool use_graph = false;          // not for outputs whose dims depend on data
  };
  // Enqueues a run at the dims set last and does not wait, even on the default stream. Pointers are to device memory,
  // in the engine's order.
  void run(const void* const* inputs, void* const* outputs, const RunOptions& options);
  // Runs once, waits, and returns TensorRT's layers with the milliseconds of each.
  std::vector<std::pair<std::string, double>> profile(const void* const* inputs, void* const* outputs,
                                                      const RunOptions& options);
  // Bytes of activations at the dims set last.
  int64_t activation_bytes() const;
  int32_t slot_count() const { return static_cast<int32_t>(slots_.size()); }

 private:
  class Allocator;
  struct Slot;
  void read_values(const std::vector<network::Dims>& dims, const int64_t* const* shape_values);
  int32_t choose_profile(const std::vector<network::Dims>& dims) const;
  Slot& slot_for(const std::vector<network::Dims>& dims, int32_t profile);
  Slot& add_slot(int32_t profile);
  void set_shapes(Slot& slot, const std::vector<network::Dims>& dims);
  void set_values(Slot& slot, size_t input);
  void set_addresses(const void* const* inputs, void* const* outputs, OutputMemory* memory);
  void enqueue(void* stream);
  void enqueue_at_the_side(void* stream);
  bool depends_on_data() const;
  void give_memory(Slot& slot);
  void* scratch();

  std::shared_ptr<const VendorEngine> engine_;
  int32_t max_slots_;
  bool reads_host_ = false;                   // some inputs decide on shapes
  std::vector<std::vector<int64_t>> values_;  // the latest values of those inputs; empty if there are none
  std::vector<std::unique_ptr<Slot>> slots_;
  Slot* current_ = nullptr;
  std::vector<std::unique_ptr<Allocator>> allocators_;  // one for each output
  std::vector<const void*> addresses_;
  engine::cuda::DeviceBlocks blocks_;
  std::unique_ptr<engine::cuda::Stream> side_stream_;  // both made at the first call on the default stream
  std::unique_ptr<engine::cuda::Event> side_event_;
  void* scratch_ = nullptr;  // target of the pointers to empty tensors
  int64_t uses_ = 0;
};

}  // namespace torch_tensorrt::backends::tensorrt
