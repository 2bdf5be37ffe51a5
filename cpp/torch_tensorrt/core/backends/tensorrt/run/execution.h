#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/backends/tensorrt/run/device_blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/run/engine.h"

namespace torch_tensorrt::backends::tensorrt {

// Gives memory on the device for outputs whose dims only the run knows.
class OutputMemory {
 public:
  virtual ~OutputMemory() = default;
  // At least `bytes` for output `index`; called during the run, perhaps again with more.
  virtual void* allocate(int32_t index, int64_t bytes) = 0;
  virtual void set_dims(int32_t index, const network::Dims& dims) = 0;
};

// Runs a TensorRT engine, one call at a time. All shapes share one block of memory for activations, as large as the
// largest of them needs; it only grows, and a block once used stays where it is, so that recorded graphs stay right.
class Execution {
 public:
  // `max_slots`: for how many sets of dims recorded graphs are kept.
  explicit Execution(std::shared_ptr<const VendorEngine> engine, int32_t max_slots = 8);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // Dims of the outputs for these dims of the inputs, -1 where they depend on data. Takes the first profile that they
  // fit, the one at work before others. `shape_values`, when not null, has one entry an input: the elements of inputs
  // that are read on the host, else null. Throws Error quoting the ranges.
  const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                   const int64_t* const* shape_values);

  struct RunOptions {
    void* stream = nullptr;
    OutputMemory* memory = nullptr;  // for outputs whose dims depend on data
    bool use_graph = false;          // such outputs are run without
  };
  // Enqueues at the dims set last and does not wait, also on the default stream. Pointers to device memory in the
  // engine's order.
  void run(const void* const* inputs, void* const* outputs, const RunOptions& options);
  // Runs once, waits, and gives TensorRT's layers with the milliseconds of each.
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
  std::vector<std::vector<int64_t>> values_;  // of those inputs, as they were given last; empty where there are none
  std::vector<std::unique_ptr<Slot>> slots_;
  Slot* current_ = nullptr;
  std::vector<std::unique_ptr<Allocator>> allocators_;  // one an output
  std::vector<const void*> addresses_;
  DeviceBlocks blocks_;
  void* side_stream_ = nullptr;  // both made when a call first comes on the default stream
  void* side_event_ = nullptr;
  void* scratch_ = nullptr;  // what pointers to empty tensors point to
  int64_t uses_ = 0;
};

}  // namespace torch_tensorrt::backends::tensorrt
