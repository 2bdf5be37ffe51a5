#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/plan.h"

namespace torch_tensorrt::engine {

class Context;
struct EngineState;

// An input or output of an engine.
struct IoTensor {
  std::string name;
  network::DataType dtype;
  network::Dims dims;  // -1 where dynamic
  network::Dims min;   // inputs; equal to dims where static
  network::Dims opt;
  network::Dims max;
  network::TensorFormat format;
};

// A plan ready to run. Immutable; any number of threads may use it at once, each with a context of its own.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  // Throws Error as parse_plan does, and when a tactic of the plan is unknown here or the device is not there.
  static std::shared_ptr<Engine> load(std::shared_ptr<const std::string> plan_bytes);
  ~Engine();

  const std::string& name() const;
  const std::vector<IoTensor>& inputs() const;
  const std::vector<IoTensor>& outputs() const;
  const Plan& plan() const;
  const std::string& bytes() const;

  static constexpr int32_t kPooledSpecialisations = 8;
  std::unique_ptr<Context> create_context(int32_t max_specialisations = kPooledSpecialisations) const;

  // A context from the engine's pool, given back when the lease ends; the engine must outlive the lease. At most one
  // lock, never held during a call.
  class Lease {
   public:
    Lease(const Engine& engine, std::unique_ptr<Context> context);
    ~Lease();
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) = delete;
    Context* operator->() const { return context_.get(); }
    Context& operator*() const { return *context_; }

   private:
    const Engine* engine_;
    std::unique_ptr<Context> context_;
  };
  Lease acquire_context() const;

  // One JSON object: producer, target, inputs, outputs, layers (name, kind, fused, tactic, formats, precision, source,
  // microseconds), notes, weight bytes, arena bytes and lower bound at the opt shapes.
  std::string inspect_json() const;

 private:
  explicit Engine(std::unique_ptr<EngineState> state);
  std::unique_ptr<EngineState> state_;
  friend class Context;
};

}  // namespace torch_tensorrt::engine
