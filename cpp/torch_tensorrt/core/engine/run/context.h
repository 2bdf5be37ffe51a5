#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::engine {

// Gives memory to outputs whose dims only the run can tell.
class OutputAllocator {
 public:
  virtual ~OutputAllocator() = default;
  // Memory of at least `bytes` for the output, on the engine's device. May be called again with more for one run; what
  // was given before is not used any more then.
  virtual void* allocate(int32_t output, int64_t bytes) = 0;
  // The dims that the output turned out to have.
  virtual void set_dims(int32_t output, const network::Dims& dims) = 0;
};

struct RunOptions {
  void* stream = nullptr;                // cudaStream_t on which a CUDA engine is enqueued; of no meaning on a CPU
  OutputAllocator* allocator = nullptr;  // needed when set_input_dims gave an output with -1 in its dims
  // On a GPU: record the run as a CUDA graph once for each shape, and launch that. A backend that cannot ignores it.
  bool use_graph = false;
};

// Time of one layer of a run.
struct LayerTime {
  std::string name;
  double microseconds = 0;
};

// Runs an engine; belongs to one call at a time and owns its arena. Specialises itself to the shapes it meets and keeps
// the last few specialisations; a call with shapes it has met allocates nothing, compiles nothing and takes no lock.
class Context {
 public:
  Context() = default;
  virtual ~Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Dims of the outputs for these dims of the inputs (one entry each), specialising if they are new; -1 where the dims
  // depend on the inputs' elements. `shape_values`, when not null, has one entry an input: the elements (on the host)
  // of inputs that the network uses as shapes, else null.
  // Throws Error quoting the tensor, its dims and the declared range. The reference is good until the next call.
  virtual const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                           const int64_t* const* shape_values = nullptr) = 0;
  // Runs at the dims set last. Pointers in the engine's order, on its device, dense and in the tensors' formats, inputs
  // aligned as the executable says; inputs are not written to. Empty tensors, and outputs left to the allocator, may
  // have null pointers. On a GPU this only enqueues. Throws Error naming the layer.
  virtual void run(const void* const* inputs, void* const* outputs, const RunOptions& options = {}) = 0;
  // Times of the layers that work in one run with the given pointers. Waits for the run.
  virtual std::vector<LayerTime> profile(const void* const* inputs, void* const* outputs,
                                         const RunOptions& options = {}) = 0;

  // Of the current specialisation: memory for activations, and the least that any placing could do with (0 when the
  // backend does not tell).
  virtual int64_t arena_bytes() const = 0;
  virtual int64_t arena_lower_bound_bytes() const = 0;
  virtual int32_t specialisation_count() const = 0;
};

}  // namespace torch_tensorrt::engine
