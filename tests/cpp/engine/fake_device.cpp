#include "engine/fake_device.h"

#include <dlfcn.h>

#include <cstdlib>

#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::testing {
namespace {

void* open_fake_driver() {
  void* library = dlopen(TORCHTRT_FAKE_CUDA, RTLD_NOW | RTLD_GLOBAL);
  TORCHTRT_CHECK(library != nullptr, dlerror());
  return library;
}

// Before any test runs: opening libcuda.so.1 by name then gives this library.
void* const opened = open_fake_driver();

class Memory final : public GraphMemory {
 public:
  explicit Memory(FakeGpu& gpu) : gpu_(gpu) { ++gpu_.live_memories; }
  ~Memory() override { --gpu_.live_memories; }
  std::shared_ptr<void> serve(void*) override {
    ++gpu_.served;
    return nullptr;
  }

 private:
  FakeGpu& gpu_;
};

class Access final : public DeviceAccess {
 public:
  explicit Access(FakeGpu& gpu) : gpu_(gpu) {}
  Decision available(int32_t device) const override { return cuda::Driver::available(device); }
  // Fails where a copy would.
  std::shared_ptr<void> allocate(int32_t, int64_t bytes) const override {
    int64_t& until_failure = gpu_.driver.until_failure;
    if (until_failure >= 0 && until_failure-- == 0) TORCHTRT_THROW_ERROR("the GPU is out of memory");
    void* memory = std::aligned_alloc(64, (static_cast<size_t>(bytes) / 64 + 1) * 64);
    ++gpu_.live_blocks;
    return std::shared_ptr<void>(memory, [this](void* block) {
      --gpu_.live_blocks;
      std::free(block);
    });
  }
  void* current_stream(int32_t) const override { return gpu_.stream; }
  std::shared_ptr<void> use_stream(int32_t, void* stream) const override {
    void* previous = gpu_.stream;
    gpu_.stream = stream;
    return std::shared_ptr<void>(nullptr, [this, previous](void*) { gpu_.stream = previous; });
  }
  std::shared_ptr<GraphMemory> make_graph_memory(int32_t) const override {
    return gpu_.gives_graph_memory ? std::make_shared<Memory>(gpu_) : nullptr;
  }

 private:
  FakeGpu& gpu_;
};

}  // namespace

FakeCuda* fake_driver() {
  auto* driver = reinterpret_cast<FakeCuda* (*)()>(dlsym(opened, "fake_cuda"))();
  const int streams = driver->streams;  // their handles stay unique
  *driver = {};
  driver->streams = streams;
  return driver;
}

FakeGpu::FakeGpu() : driver(*fake_driver()) { register_cuda_access(std::make_unique<Access>(*this)); }
FakeGpu::~FakeGpu() { register_cuda_access(nullptr); }

}  // namespace torch_tensorrt::engine::testing
