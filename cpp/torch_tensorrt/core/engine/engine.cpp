#include "torch_tensorrt/core/engine/engine.h"

#include "torch_tensorrt/core/engine/context.h"
#include "torch_tensorrt/core/engine/engine_state.h"
#include "torch_tensorrt/core/engine/network_weights.h"
#include "torch_tensorrt/core/engine/producer.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

void check_device(const Plan& plan) {
  if (plan.target.kind == DeviceTarget::Kind::kCPU) return;
  TORCHTRT_THROW_ERROR("engine \"" << plan.name << "\" was built for CUDA device " << plan.target.index << " ("
                                   << plan.target.isa << "), which this library (" << producer_text()
                                   << ") cannot run on; build it for \"cpu\"");
}

void note_other_machine(const Plan& plan) {
  const DeviceTarget here = describe_target({});
  if (here.isa == plan.target.isa) return;
  LOG_INFO("engine \"" << plan.name << "\" was built for " << plan.target.isa << " and runs on " << here.isa
                       << "; it may be slower than one built here");
}

const Tactic& find_tactic(const network::ILayer& layer, const std::string& name, const DeviceTarget& target) {
  const Tactic* tactic = TacticRegistry::global().find(name);
  if (tactic == nullptr) {
    TORCHTRT_THROW_ERROR(network::describe(layer)
                         << " was built to run by tactic " << name << ", which this process does not have. "
                         << "Load the library that brings it, or build the engine again here");
  }
  const Decision decision = tactic->supports(layer, target);
  if (!decision) {
    TORCHTRT_THROW_ERROR(network::describe(layer) << " was built to run by tactic " << name << ", which here does not: "
                                                  << decision.reason() << ". Build the engine again here");
  }
  return *tactic;
}

std::vector<const Tactic*> find_tactics(const Plan& plan) {
  std::vector<const Tactic*> tactics;
  for (size_t i = 0; i < plan.choices.size(); ++i) {
    const std::string& name = plan.choices[i].tactic;
    const network::ILayer& layer = *plan.network->getLayer(static_cast<int32_t>(i));
    tactics.push_back(name.empty() ? nullptr : &find_tactic(layer, name, plan.target));
  }
  return tactics;
}

IoTensor describe_output(const network::ITensor& tensor) {
  const network::Dims dims = tensor.getDimensions();
  return {tensor.getName(), tensor.getType(), dims, dims, dims, dims, tensor.format()};
}

IoTensor describe_input(const network::ITensor& tensor, const std::vector<network::Profile>& profiles) {
  IoTensor input = describe_output(tensor);
  if (input.dims.is_static() || profiles.empty()) return input;
  const auto range = profiles.front().find(input.name);
  if (range == profiles.front().end()) return input;
  input.min = range->second.min;
  input.opt = range->second.opt;
  input.max = range->second.max;
  return input;
}

}  // namespace

Engine::Engine(std::unique_ptr<EngineState> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

std::shared_ptr<Engine> Engine::load(std::shared_ptr<const std::string> plan_bytes) {
  auto state = std::make_unique<EngineState>();
  state->bytes = plan_bytes;
  state->plan = parse_plan(std::move(plan_bytes));
  check_device(state->plan);
  WeightPutter(state->plan.network, *state->plan.weights).put_constant_inputs();
  note_other_machine(state->plan);
  state->tactics = find_tactics(state->plan);
  const network::INetworkDefinition& network = *state->plan.network;
  for (const auto* input : network.inputs()) state->inputs.push_back(describe_input(*input, network.profiles()));
  for (const auto* output : network.outputs()) state->outputs.push_back(describe_output(*output));
  return std::shared_ptr<Engine>(new Engine(std::move(state)));
}

const std::string& Engine::name() const { return state_->plan.name; }
const std::vector<IoTensor>& Engine::inputs() const { return state_->inputs; }
const std::vector<IoTensor>& Engine::outputs() const { return state_->outputs; }
const Plan& Engine::plan() const { return state_->plan; }
const std::string& Engine::bytes() const { return *state_->bytes; }

std::unique_ptr<Context> Engine::create_context(int32_t max_specialisations) const {
  return std::make_unique<Context>(shared_from_this(), max_specialisations);
}

Engine::Lease Engine::acquire_context() const {
  {
    const std::lock_guard lock(state_->pool_mutex);
    if (!state_->pool.empty()) {
      auto context = std::move(state_->pool.back());
      state_->pool.pop_back();
      return {*this, std::move(context)};
    }
  }
  // The pool is the engine's, so its contexts must not keep the engine alive.
  const std::shared_ptr<const Engine> borrowed(std::shared_ptr<const Engine>(), this);
  return {*this, std::make_unique<Context>(borrowed, kPooledSpecialisations)};
}

Engine::Lease::Lease(const Engine& engine, std::unique_ptr<Context> context)
    : engine_(&engine), context_(std::move(context)) {}

Engine::Lease::Lease(Lease&&) noexcept = default;

Engine::Lease::~Lease() {
  if (context_ == nullptr) return;
  const std::lock_guard lock(engine_->state_->pool_mutex);
  engine_->state_->pool.push_back(std::move(context_));
}

}  // namespace torch_tensorrt::engine
