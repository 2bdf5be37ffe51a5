#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/backends/tensorrt/run/engine.h"

namespace torch_tensorrt::backends::tensorrt {

// Gives memory on the device for outputs whose dims only the run knows.
class OutputMemory {
 public:
  virtual ~OutputMemory() = default;
  // At least `bytes` for output `index`; called during the run, perhaps again with more.
  virtual void* allocate(int32_t index, int64_t bytes, void* stream) = 0;
  virtual void set_dims(int32_t index, const network::Dims& dims) = 0;
};

// Runs a TensorRT engine, one call at a time. Owns the memory of its activations, which is as large as the shapes that
// it has met need; it only grows, and a block once used stays where it is, so that captured CUDA graphs stay right.
class Execution {
 public:
  explicit Execution(std::shared_ptr<const VendorEngine> engine);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // Dims of the outputs for these dims of the inputs, -1 where they depend on data. Takes the first profile that they
  // fit, the one at work before others. `shape_values`, when not null, has one entry an input: the elements of inputs
  // that are read on the host, else null; they must stay until the run. Throws Error quoting the ranges.
  const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                   const int64_t* const* shape_values);
  // Enqueues on the stream at the dims set last and does not wait. Pointers to device memory in the engine's order. A
  // null output is asked of `memory`, which must be given then and live until the stream has been waited for.
  void run(const void* const* inputs, void* const* outputs, void* stream, OutputMemory* memory);
  // Runs once, waits, and gives TensorRT's layers with the milliseconds of each.
  std::vector<std::pair<std::string, double>> profile(const void* const* inputs, void* const* outputs, void* stream);
  // Bytes of activations at the dims set last.
  int64_t activation_bytes() const { return activation_bytes_; }

 private:
  class Allocator;
  struct Slot;
  Slot& slot(int32_t profile);
  int32_t choose_profile(const std::vector<network::Dims>& dims) const;
  void set_shapes(Slot& slot, const std::vector<network::Dims>& dims, const int64_t* const* shape_values);
  void give_memory(Slot& slot);
  void* allocate(int64_t bytes);
  void* scratch();

  std::shared_ptr<const VendorEngine> engine_;
  std::vector<std::unique_ptr<Slot>> slots_;            // one a profile, made when first used
  std::vector<std::unique_ptr<Allocator>> allocators_;  // one an output
  int32_t current_ = -1;
  std::vector<network::Dims> input_dims_;
  std::vector<network::Dims> output_dims_;
  std::vector<std::vector<int64_t>> host_values_;
  std::vector<void*> blocks_;
  void* largest_ = nullptr;
  int64_t largest_bytes_ = 0;
  int64_t activation_bytes_ = 0;
  void* scratch_ = nullptr;  // what pointers to empty tensors point to
};

}  // namespace torch_tensorrt::backends::tensorrt
