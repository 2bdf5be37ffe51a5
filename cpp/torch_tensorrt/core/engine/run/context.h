#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/run/memory_planner.h"
#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::engine {

// Allocates outputs whose dims only the run can tell.
class OutputAllocator {
 public:
  virtual ~OutputAllocator() = default;
  // Returns memory of at least `bytes` for the output, on the engine's device. May be called again with more bytes in
  // one run; the memory returned before is then unused.
  virtual void* allocate(int32_t output, int64_t bytes) = 0;
  // Tells the dims of the output after the run.
  virtual void set_dims(int32_t output, const network::Dims& dims) = 0;
};

struct RunOptions {
  void* stream = nullptr;                // cudaStream_t on which a CUDA engine is enqueued; of no meaning on a CPU
  OutputAllocator* allocator = nullptr;  // needed if set_input_dims gave an output a dim of -1
  // On a GPU: record the run as a CUDA graph once for each shape and set of addresses, then launch it.
  bool use_graph = false;
  // The caller is recording the stream. Whatever the run uses then lives as long as the context.
  bool is_recorded = false;
};

// Time of one layer of a run.
struct LayerTime {
  std::string name;
  double microseconds = 0;
  int32_t layer = -1;  // its number in the network
};

// Runs an engine; belongs to one call at a time and owns its arena. Specializes itself to the shapes it meets and keeps
// the last few specializations; a call with known shapes allocates nothing, compiles nothing and takes no lock.
class Context {
 public:
  Context() = default;
  virtual ~Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Returns the dims of the outputs for these dims of the inputs (one entry for each), and specializes if they are new.
  // A dim is -1 if it depends on the inputs' elements. `shape_values`, if not null, has one entry for each input: the
  // elements (on the host) if the network uses the input as a shape, else null.
  // Throws Error quoting the tensor, its dims and the declared range. The reference is valid until the next call.
  virtual const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                           const int64_t* const* shape_values = nullptr) = 0;
  // Runs at the dims set last. Pointers are in the engine's order, on its device, dense, in the tensors' formats;
  // inputs are aligned as the executable requires and not written to. Empty tensors, and outputs left to the allocator,
  // may have null pointers. On a GPU this only enqueues. Throws Error naming the layer.
  virtual void run(const void* const* inputs, void* const* outputs, const RunOptions& options = {}) = 0;
  // Measures the layers that work in one run with the given pointers. Waits for the run.
  virtual std::vector<LayerTime> profile(const void* const* inputs, void* const* outputs,
                                         const RunOptions& options = {}) = 0;

  // Bytes of the current specialization: memory for activations, and the lower bound of the arena (0 if the backend
  // does not tell).
  virtual int64_t arena_bytes() const = 0;
  virtual int64_t arena_lower_bound_bytes() const = 0;
  // Its memory over time; empty if the backend does not tell.
  virtual MemoryOverTime memory() const { return {}; }
  virtual int32_t specialization_count() const = 0;
};

}  // namespace torch_tensorrt::engine
