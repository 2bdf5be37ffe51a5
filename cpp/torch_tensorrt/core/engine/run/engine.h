#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/backend/executable.h"
#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/engine/run/context.h"

namespace torch_tensorrt::engine {

// Contexts between two calls. Thread-safe; each function takes one lock. Engine::acquire_context explains streams and
// recordings.
class ContextPool {
 public:
  // Keeps at most this many contexts, not counting those of recordings, which are all kept.
  static constexpr size_t kLimit = 16;

  ContextPool() { free_.reserve(kLimit); }

  // Null when none fits. Makes room for the context's return, so that put() needs no memory.
  std::unique_ptr<Context> take(void* stream, uint64_t recording);
  void put(std::unique_ptr<Context> context, void* stream, uint64_t recording) noexcept;
  // Destroys the contexts between two calls, except those of recordings.
  void clear();

 private:
  struct Entry {
    std::unique_ptr<Context> context;
    void* stream = nullptr;  // of the context's last call
    uint64_t recording = 0;
  };
  using Entries = std::vector<Entry>;  // ordered by time of put(), the latest last
  template <typename Fits>
  static std::unique_ptr<Context> take_last(Entries& entries, Fits fits);

  std::mutex mutex_;
  Entries free_;
  Entries recorded_;
  size_t lent_to_recordings_ = 0;
};

struct EngineState;

struct LoadOptions {
  std::optional<int32_t> gpu;  // index of the GPU to run on instead of the plan's
  // Whether to rebuild the engine from the plan's portable network, with the backend "auto", if its own backend is not
  // here or refuses the plan. Takes as long as a build. Plans of our own backend are never rebuilt.
  bool rebuild = false;
};

// A plan ready to run. Immutable; any number of threads may use it at once, each with a context of its own.
class Engine {
 public:
  // Takes a plan, or bytes that some backend recognizes as its own. Throws Error as parse_plan does, and if the plan's
  // backend, its version or its device is not here. Keeps the bytes of a plan in pieces: engines of the process share
  // large blocks of weights that are equal (WeightPool).
  static std::shared_ptr<Engine> load(std::shared_ptr<const std::string> bytes, const LoadOptions& options = {});
  ~Engine();

  const std::string& name() const;
  const std::vector<IoTensor>& inputs() const;
  const std::vector<IoTensor>& outputs() const;
  const DeviceTarget& target() const;
  // The plan's network is null if the bytes were a backend's own.
  const Plan& plan() const;
  // A copy of the bytes that the engine was loaded from.
  std::string bytes() const;
  // Their number.
  int64_t size() const;
  const Executable& executable() const;

  // The context keeps as many specializations as given, or as the plan says.
  std::unique_ptr<Context> create_context(std::optional<int32_t> max_specializations = std::nullopt) const;

  // Borrows a context from the engine's pool and returns it at the end. The engine must outlive the lease. No lock is
  // held during a call.
  class Lease {
   public:
    Lease(const Engine& engine, std::unique_ptr<Context> context, void* stream, uint64_t recording);
    ~Lease();
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) = delete;
    Context* operator->() const { return context_.get(); }
    Context& operator*() const { return *context_; }

   private:
    const Engine* engine_;
    std::unique_ptr<Context> context_;
    void* stream_;
    uint64_t recording_;
  };
  // `stream` is the stream of the coming call. A call on a GPU may still run after its lease has ended, so the context
  // is lent again only to calls on the same stream, which run after it. `recording` is not 0 while a CUDA graph is
  // being recorded from the stream (cuda::Driver::recording_of). The graph uses the context's memory at every launch,
  // so the context then belongs to that recording and lives as long as the engine. Recordings prefer a context that has
  // run before, as a first run may do things that cannot be recorded; all enqueued work must have ended when a
  // recording begins, as torch.cuda.graph ensures.
  Lease acquire_context(void* stream = nullptr, uint64_t recording = 0) const;
  // Destroys the contexts between two calls, with their arenas, specializations and CUDA graphs. Later calls make new
  // ones.
  void release_contexts() const;

  // One JSON object: producer, backend, method (of the module, if recorded), target, inputs, outputs, layers (name,
  // kind, fused, tactic, formats, precision, source, the user's module, microseconds; for other backends what they
  // report), settings, the passes and the layers before them, notes, weight bytes, arena bytes, lower bound and memory
  // over time at the opt shapes.
  std::string inspect_json() const;

 private:
  explicit Engine(std::unique_ptr<EngineState> state);
  std::unique_ptr<EngineState> state_;
};

}  // namespace torch_tensorrt::engine
