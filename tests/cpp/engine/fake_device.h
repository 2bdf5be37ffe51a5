#pragma once

#include "fakes/fake_cuda.h"
#include "torch_tensorrt/core/engine/cuda/device_access.h"

// A GPU for tests: the fake driver, whose memory is the host's, and access to it without PyTorch.
namespace torch_tensorrt::engine::testing {

// State of the fake driver, with its counts set back. This program opens it in place of the machine's.
FakeCuda* fake_driver();

// There is a GPU while this exists. Only one may exist at a time.
class FakeGpu {
 public:
  FakeGpu();
  ~FakeGpu();
  FakeGpu(const FakeGpu&) = delete;
  FakeGpu& operator=(const FakeGpu&) = delete;

  FakeCuda& driver;
  int live_blocks = 0;    // of DeviceAccess::allocate
  int live_memories = 0;  // of DeviceAccess::make_graph_memory
  int served = 0;         // recordings that were given graph memory
  bool gives_graph_memory = true;
  void* stream = nullptr;  // the current one
};

}  // namespace torch_tensorrt::engine::testing
