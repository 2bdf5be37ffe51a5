#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "torch_tensorrt/core/engine/tactics/tactic.h"

// One oneDNN primitive as a kernel.
namespace torch_tensorrt::engine::onednn {

// The CPU engine of the process; immutable.
const dnnl::engine& cpu_engine();

// Collects the memory that a primitive reads and writes, then makes the kernel. The primitive needs a user scratchpad.
class KernelBuilder {
 public:
  // The layer's input (output) of that index; bound at each run.
  void input(int argument, const dnnl::memory::desc& desc, int32_t index);
  void output(int argument, const dnnl::memory::desc& desc, int32_t index = 0);
  // Memory at a fixed address. `owner` keeps it alive; empty if something else does.
  void fixed(int argument, const dnnl::memory::desc& desc, const void* data, std::shared_ptr<const void> owner = {});
  std::unique_ptr<Kernel> build(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad);

  enum class Source { kInput, kOutput, kWorkspace };
  struct Binding {
    Source source;
    int32_t index;
    size_t memory;  // index in the memories
  };

 private:
  size_t add(int argument, const dnnl::memory::desc& desc, void* data);

  std::vector<std::pair<int, dnnl::memory>> memories_;
  std::vector<Binding> bindings_;
  std::vector<std::shared_ptr<const void>> owners_;
};

// Attributes common to all primitives here: the scratchpad is the engine's workspace.
dnnl::primitive_attr attributes();

}  // namespace torch_tensorrt::engine::onednn
