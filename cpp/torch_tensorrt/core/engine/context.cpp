#include "torch_tensorrt/core/engine/context.h"

#include <algorithm>

#include "torch_tensorrt/core/engine/engine_state.h"
#include "torch_tensorrt/core/engine/specialisation.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

bool is_between(const network::Dims& low, const network::Dims& dims, const network::Dims& high) {
  if (dims.nbDims != low.nbDims || dims.nbDims != high.nbDims) return false;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] < low.d[i] || dims.d[i] > high.d[i]) return false;
  }
  return true;
}

bool fits(const network::Profile& profile, const std::vector<IoTensor>& inputs,
          const std::vector<network::Dims>& dims) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto range = profile.find(inputs[i].name);
    const network::Dims& low = range == profile.end() ? inputs[i].min : range->second.min;
    const network::Dims& high = range == profile.end() ? inputs[i].max : range->second.max;
    if (!is_between(low, dims[i], high)) return false;
  }
  return true;
}

[[noreturn]] void throw_misfit(const IoTensor& input, const network::Dims& dims) {
  if (dims.nbDims != input.dims.nbDims) {
    TORCHTRT_THROW_ERROR("input \"" << input.name << "\" has dims " << network::to_string(dims) << " of rank "
                                    << dims.nbDims << ", the engine was built for rank " << input.dims.nbDims << " ("
                                    << network::to_string(input.dims) << ")");
  }
  if (input.dims.is_static()) {
    TORCHTRT_THROW_ERROR("input \"" << input.name << "\" has dims " << network::to_string(dims)
                                    << ", the engine was built for " << network::to_string(input.dims)
                                    << "; build it with min_shape, opt_shape and max_shape to run other shapes");
  }
  TORCHTRT_THROW_ERROR("input \"" << input.name << "\" has dims " << network::to_string(dims)
                                  << ", the engine was built for " << network::to_string(input.min) << " to "
                                  << network::to_string(input.max) << "; build it for a range that includes them");
}

void check_dims(const Engine& engine, const std::vector<network::Dims>& dims) {
  const std::vector<IoTensor>& inputs = engine.inputs();
  if (dims.size() != inputs.size()) {
    TORCHTRT_THROW_ERROR("got " << dims.size() << " inputs, engine \"" << engine.name() << "\" has " << inputs.size());
  }
  const auto& profiles = engine.plan().network->profiles();
  const auto fits_it = [&](const network::Profile& profile) { return fits(profile, inputs, dims); };
  if (profiles.empty() ? fits({}, inputs, dims) : std::any_of(profiles.begin(), profiles.end(), fits_it)) return;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!is_between(inputs[i].min, dims[i], inputs[i].max)) throw_misfit(inputs[i], dims[i]);
  }
  TORCHTRT_THROW_ERROR("the dims of the inputs each fit some profile of engine \"" << engine.name()
                                                                                   << "\", but no profile fits all");
}

}  // namespace

struct Context::State {
  struct Entry {
    std::unique_ptr<Specialisation> specialisation;
    uint64_t last_used = 0;
  };

  Specialisation& current_or_throw() {
    if (current == nullptr) {
      TORCHTRT_THROW_ERROR("the dims of the inputs are not set; call set_input_dims before run");
    }
    return *current;
  }
  void read_values(const std::vector<network::Dims>& dims, const int64_t* const* shape_values);
  Specialisation* find(const std::vector<network::Dims>& dims);
  Specialisation* make(const std::vector<network::Dims>& dims);
  void grow_arena(int64_t bytes);

  std::shared_ptr<const Engine> engine;
  size_t max_entries = 1;
  std::vector<Entry> entries;
  uint64_t clock = 0;
  Specialisation* current = nullptr;
  ShapeValues values;  // of the call at hand; kept so that its memory is used again
  std::shared_ptr<void> arena;
  int64_t arena_bytes = 0;
};

void Context::State::read_values(const std::vector<network::Dims>& dims, const int64_t* const* shape_values) {
  if (shape_values == nullptr) {
    values.clear();
    return;
  }
  values.resize(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    if (shape_values[i] == nullptr) {
      values[i].reset();
      continue;
    }
    const int64_t count = dims[i].volume();
    if (count < 0 || count > network::ShapeValue::kMaxElements) {
      TORCHTRT_THROW_ERROR("input \"" << engine->inputs()[i].name << "\" has " << count
                                      << " elements, a shape has at most " << network::ShapeValue::kMaxElements);
    }
    if (!values[i]) values[i].emplace();
    values[i]->elements.assign(shape_values[i], shape_values[i] + count);
  }
}

Specialisation* Context::State::find(const std::vector<network::Dims>& dims) {
  for (Entry& entry : entries) {
    if (!entry.specialisation->is_for(dims, values)) continue;
    entry.last_used = ++clock;
    return entry.specialisation.get();
  }
  return nullptr;
}

Specialisation* Context::State::make(const std::vector<network::Dims>& dims) {
  const EngineState& state = *engine->state_;
  auto made = std::make_unique<Specialisation>(state.plan, state.tactics, dims, values);
  grow_arena(made->arena_bytes());
  if (entries.size() >= max_entries) {
    const auto older = [](const Entry& a, const Entry& b) { return a.last_used < b.last_used; };
    entries.erase(std::min_element(entries.begin(), entries.end(), older));
  }
  entries.push_back({std::move(made), ++clock});
  return entries.back().specialisation.get();
}

void Context::State::grow_arena(int64_t bytes) {
  if (arena != nullptr && bytes <= arena_bytes) return;
  arena.reset();
  arena_bytes = 0;
  current = nullptr;
  arena = allocate_aligned(bytes);
  arena_bytes = bytes;
}

Context::Context(std::shared_ptr<const Engine> engine, int32_t max_specialisations)
    : state_(std::make_unique<State>()) {
  state_->engine = std::move(engine);
  state_->max_entries = static_cast<size_t>(std::max(max_specialisations, 1));
}

Context::~Context() = default;

const std::vector<network::Dims>& Context::set_input_dims(const std::vector<network::Dims>& dims,
                                                          const int64_t* const* shape_values) {
  State& state = *state_;
  state.current = nullptr;  // nothing stale is left to run when this throws
  if (dims.size() == state.engine->inputs().size()) {
    state.read_values(dims, shape_values);
    if (Specialisation* known = state.find(dims)) {
      state.current = known;
      return known->output_dims();
    }
  }
  check_dims(*state.engine, dims);
  state.current = state.make(dims);
  return state.current->output_dims();
}

void Context::run(const void* const* inputs, void* const* outputs) {
  state_->current_or_throw().run(static_cast<char*>(state_->arena.get()), inputs, outputs);
}

std::vector<double> Context::profile(const void* const* inputs, void* const* outputs) {
  return state_->current_or_throw().profile(static_cast<char*>(state_->arena.get()), inputs, outputs);
}

int64_t Context::arena_bytes() const { return state_->current_or_throw().arena_bytes(); }

int64_t Context::arena_lower_bound_bytes() const { return state_->current_or_throw().arena_lower_bound_bytes(); }

int32_t Context::specialisation_count() const { return static_cast<int32_t>(state_->entries.size()); }

}  // namespace torch_tensorrt::engine
