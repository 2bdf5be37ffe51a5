#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/backend/executable.h"
#include "torch_tensorrt/core/engine/plan/plan.h"

namespace torch_tensorrt::engine {

class Context;
struct EngineState;

struct LoadOptions {
  std::optional<int32_t> gpu;  // index of the GPU to run on instead of the one that the plan names
  // Whether to build the engine anew from the plan's portable network, with the backend "auto", when the backend that
  // built it is not here or refuses it. Takes as long as a build. Plans of our own backend are never built anew.
  bool rebuild = false;
};

// A plan ready to run. Immutable; any number of threads may use it at once, each with a context of its own.
class Engine {
 public:
  // Takes a plan, or bytes that some backend recognises as its own. Throws Error as parse_plan does, and when the
  // backend, its version or the device that the plan is for are not here.
  static std::shared_ptr<Engine> load(std::shared_ptr<const std::string> bytes, const LoadOptions& options = {});
  ~Engine();

  const std::string& name() const;
  const std::vector<IoTensor>& inputs() const;
  const std::vector<IoTensor>& outputs() const;
  const DeviceTarget& target() const;
  // Its network is null when the bytes were a backend's own.
  const Plan& plan() const;
  const std::string& bytes() const;
  const Executable& executable() const;

  // Stays prepared for as many combinations of input shapes as given, or as the plan says.
  std::unique_ptr<Context> create_context(std::optional<int32_t> max_specialisations = std::nullopt) const;

  // A context from the engine's pool, given back when the lease ends; the engine must outlive the lease. No lock is
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
  // `stream` is the one that the call will be enqueued on. A call on a GPU may still run when its lease has ended, so a
  // context goes to the next call on the same stream, which runs after it, and to no other. `recording` is not 0 where
  // a CUDA graph is being recorded from the stream (cuda::recording_of): the graph uses the context's memory whenever
  // it is launched, so that the context is that recording's from then on and lives as long as the engine. It takes one
  // that has run before where there is one, as the first run of a context may do what cannot be recorded; work that is
  // under way must have ended when a recording begins, as torch.cuda.graph sees to.
  Lease acquire_context(void* stream = nullptr, uint64_t recording = 0) const;

  // One JSON object: producer, backend, method (of the module, where the plan says), target, inputs, outputs, layers
  // (name, kind, fused, tactic, formats, precision, source, microseconds; of another backend what it tells), notes,
  // weight bytes, arena bytes and lower bound at the opt shapes.
  std::string inspect_json() const;

 private:
  explicit Engine(std::unique_ptr<EngineState> state);
  std::unique_ptr<EngineState> state_;
};

}  // namespace torch_tensorrt::engine
