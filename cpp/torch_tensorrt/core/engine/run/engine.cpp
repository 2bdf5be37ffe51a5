#include "torch_tensorrt/core/engine/run/engine.h"

#include <algorithm>

#include "torch_tensorrt/core/engine/backend/backend.h"
#include "torch_tensorrt/core/engine/backend/native_backend.h"
#include "torch_tensorrt/core/engine/build/build_engine.h"
#include "torch_tensorrt/core/engine/build/refit.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {

struct EngineState {
  std::shared_ptr<const EngineBytes> bytes;
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const Executable> executable;
  ContextPool pool;
};

namespace {

// A plan that holds only the bytes of another backend's own engine.
std::shared_ptr<Plan> foreign_plan(const std::shared_ptr<const std::string>& bytes, const LoadOptions& options) {
  for (const Backend* backend : backends()) {
    if (!backend->recognizes(*bytes)) continue;
    auto plan = std::make_shared<Plan>();
    plan->backend = backend->name();
    plan->weights = std::make_shared<WeightStore>();
    // Such bytes do not say which device they are for.
    if (options.gpu) plan->target.device_type = network::DeviceType::kGPU;
    set_payload(*plan, bytes);
    return plan;
  }
  return nullptr;
}

std::shared_ptr<Plan> read_plan(const std::shared_ptr<const std::string>& bytes, const LoadOptions& options,
                                std::shared_ptr<const EngineBytes>& kept) {
  if (!looks_like_plan(*bytes)) {
    kept = std::make_shared<const EngineBytes>(bytes);
    if (auto plan = foreign_plan(bytes, options)) return plan;
  }
  auto loaded = load_plan(*bytes);
  kept = std::move(loaded.bytes);
  auto plan = std::make_shared<Plan>(std::move(loaded.plan));
  if (kept->shared_bytes() > 0) {
    LOG_INFO("the engine \"" << plan->name << "\" shares " << kept->shared_bytes() << " bytes of its "
                             << plan->weight_bytes << " bytes of weights with engines in memory");
  }
  WeightPutter(plan->network, *plan->weights).put_constant_inputs();
  return plan;
}

// The bytes of an engine that a backend of this machine builds from the network in the plan.
std::shared_ptr<const std::string> rebuild(const Plan& plan, const std::string& reason) {
  LOG_WARNING("the engine \"" << plan.name << "\" is built again: " << reason);
  BuildSettings settings = settings_like(plan);
  settings.backend = kAutoBackend;
  settings.device.isa.clear();
  return std::make_shared<const std::string>(build_engine(plan.network->clone(), settings));
}

}  // namespace

Engine::Engine(std::unique_ptr<EngineState> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

std::shared_ptr<Engine> Engine::load(std::shared_ptr<const std::string> bytes, const LoadOptions& options) {
  auto state = std::make_unique<EngineState>();
  const auto plan = read_plan(bytes, options, state->bytes);
  bytes.reset();
  if (options.gpu && !plan->target.is_cpu()) plan->target.gpu_id = *options.gpu;
  state->plan = plan;
  try {
    state->executable = find_backend(plan->backend).load(plan);
  } catch (Error& error) {
    if (plan->network == nullptr || plan->backend == kNativeBackend) throw;
    if (options.rebuild) return load(rebuild(*plan, error.msg()));
    error.AppendMessage(str("The engine \"", plan->name, "\" was built by ", plan->backend, " (", plan->backend_version,
                            "). Compile the module again on this machine, or set ",
                            "TORCHTRT_REBUILD_ENGINES=1 to build the engine again from the network in the file"));
    throw;
  }
  return std::shared_ptr<Engine>(new Engine(std::move(state)));
}

const std::string& Engine::name() const { return state_->plan->name; }
const std::vector<IoTensor>& Engine::inputs() const { return state_->executable->inputs(); }
const std::vector<IoTensor>& Engine::outputs() const { return state_->executable->outputs(); }
const DeviceTarget& Engine::target() const { return state_->plan->target; }
const Plan& Engine::plan() const { return *state_->plan; }
std::string Engine::bytes() const { return state_->bytes->join(); }
int64_t Engine::size() const { return state_->bytes->size(); }
const Executable& Engine::executable() const { return *state_->executable; }

std::unique_ptr<Context> Engine::create_context(std::optional<int32_t> max_specializations) const {
  return state_->executable->create_context(max_specializations.value_or(plan().max_specializations));
}

Engine::Lease Engine::acquire_context(void* stream, uint64_t recording) const {
  auto context = state_->pool.take(stream, recording);
  return {*this, context != nullptr ? std::move(context) : create_context(), stream, recording};
}

void Engine::release_contexts() const { state_->pool.clear(); }

Engine::Lease::Lease(const Engine& engine, std::unique_ptr<Context> context, void* stream, uint64_t recording)
    : engine_(&engine), context_(std::move(context)), stream_(stream), recording_(recording) {}

Engine::Lease::Lease(Lease&&) noexcept = default;

Engine::Lease::~Lease() {
  if (context_ != nullptr) engine_->state_->pool.put(std::move(context_), stream_, recording_);
}

// Takes the context that was put last: its memory is warm.
template <typename Fits>
std::unique_ptr<Context> ContextPool::take_last(Entries& entries, Fits fits) {
  const auto found = std::find_if(entries.rbegin(), entries.rend(), fits);
  if (found == entries.rend()) return nullptr;
  auto context = std::move(found->context);
  entries.erase(std::next(found).base());
  return context;
}

std::unique_ptr<Context> ContextPool::take(void* stream, uint64_t recording) {
  const auto of_stream = [stream](const Entry& entry) { return entry.stream == stream; };
  const std::lock_guard lock(mutex_);
  if (recording == 0) return take_last(free_, of_stream);
  recorded_.reserve(recorded_.size() + lent_to_recordings_ + 1);
  ++lent_to_recordings_;
  const auto own = [&](const Entry& entry) { return of_stream(entry) && entry.recording == recording; };
  if (auto context = take_last(recorded_, own)) return context;
  if (auto context = take_last(free_, of_stream)) return context;
  return take_last(free_, [](const Entry&) { return true; });
}

void ContextPool::put(std::unique_ptr<Context> context, void* stream, uint64_t recording) noexcept {
  std::unique_ptr<Context> oldest;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  if (recording == 0 && free_.size() >= kLimit) {
    oldest = std::move(free_.front().context);
    free_.erase(free_.begin());
  }
  if (recording != 0 && lent_to_recordings_ > 0) --lent_to_recordings_;
  (recording == 0 ? free_ : recorded_).push_back({std::move(context), stream, recording});
}

void ContextPool::clear() {
  Entries released;  // destroyed after the lock is released
  released.reserve(kLimit);
  const std::lock_guard lock(mutex_);
  released.swap(free_);
}

}  // namespace torch_tensorrt::engine
