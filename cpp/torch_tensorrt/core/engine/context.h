#pragma once

#include <memory>
#include <vector>

#include "torch_tensorrt/core/engine/engine.h"

namespace torch_tensorrt::engine {

// Runs an engine; belongs to one call at a time and owns its arena. Specialises itself to the shapes it meets (dims of
// all tensors, memory plan, kernels) and keeps the last few specialisations; a call with shapes it has met allocates
// nothing, compiles nothing and takes no lock.
class Context {
 public:
  Context(std::shared_ptr<const Engine> engine, int32_t max_specialisations);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Dims of the outputs for these dims of the inputs (one entry each), specialising if they are new. `shape_values`,
  // when not null, has one entry an input: the elements of inputs that the network uses as shapes, else null.
  // Throws Error quoting the tensor, its dims and the declared range. The reference is good until the next call.
  const std::vector<network::Dims>& set_input_dims(const std::vector<network::Dims>& dims,
                                                   const int64_t* const* shape_values = nullptr);
  // Runs at the dims set last. Pointers in the engine's order, dense and in the tensors' formats; inputs are not
  // written to. Empty tensors may have null pointers. Throws Error naming the layer.
  void run(const void* const* inputs, void* const* outputs);

  // Of the current specialisation.
  int64_t arena_bytes() const;
  int64_t arena_lower_bound_bytes() const;
  int32_t specialisation_count() const;
  // Microseconds of each layer (in the network's order, 0 where nothing runs) of one run with the given pointers.
  std::vector<double> profile(const void* const* inputs, void* const* outputs);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace torch_tensorrt::engine
