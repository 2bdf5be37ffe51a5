#include "torch_tensorrt/core/engine/run/schedule.h"

#include <algorithm>
#include <cstring>

#include "torch_tensorrt/core/engine/run/views.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

using Kind = Storage::Kind;

template <typename T>
void write_as(const network::ShapeValue& value, void* to) {
  auto* elements = static_cast<T*>(to);
  for (size_t i = 0; i < value.elements.size(); ++i) elements[i] = static_cast<T>(value.elements[i]);
}

template <typename T>
void write_reals(const network::ShapeValue& value, void* to) {
  auto* elements = static_cast<T*>(to);
  for (size_t i = 0; i < value.elements.size(); ++i) {
    elements[i] = static_cast<T>(network::to_real(value.elements[i]));
  }
}

struct ValueWriter {
  network::DataType type;
  void (*write)(const network::ShapeValue&, void*);
};
constexpr ValueWriter kValueWriters[] = {
    {network::DataType::kINT64, write_as<int64_t>},    {network::DataType::kINT32, write_as<int32_t>},
    {network::DataType::kINT8, write_as<int8_t>},      {network::DataType::kUINT8, write_as<uint8_t>},
    {network::DataType::kBOOL, write_as<bool>},        {network::DataType::kFLOAT, write_reals<float>},
    {network::DataType::kDOUBLE, write_reals<double>}, {network::DataType::kINT16, write_as<int16_t>},
};

const ValueWriter* find_value_writer(const network::InferredTensor& tensor) {
  if (!tensor.value || !tensor.value->is_known()) return nullptr;
  const auto same = [&](const ValueWriter& row) { return row.type == tensor.type.dtype; };
  const auto* found = std::find_if(std::begin(kValueWriters), std::end(kValueWriters), same);
  return found == std::end(kValueWriters) ? nullptr : found;
}

}  // namespace

Schedule::Schedule(const network::INetworkDefinition& network, network::InferredTensors tensors, const Runners* runners)
    : network_(network), tensors_(std::move(tensors)), runners_(runners) {
  if (runners != nullptr) find_tensors_for_views(*runners);
  add_inputs();
  for (int32_t i = 0; i < network.getNbLayers(); ++i) add_layer(i);
  for (const network::ITensor* output : network.outputs()) {
    output_dims_.push_back(tensors_.at(output).type.dims);
    if (fills_storage(*output)) storages_[storage_of(*output)].holds_output = true;
  }
  note_reads();
  runners_ = nullptr;
}

namespace {

// The tactic that would run the layer, if none was chosen: a view needs none at the shapes that the builder saw.
const Tactic* runner_of(const network::ILayer& layer, const Tactic* chosen, const DeviceTarget& target) {
  if (chosen != nullptr) return chosen;
  const auto candidates = TacticRegistry::global().candidates(layer, target);
  return candidates.empty() ? nullptr : candidates.front();
}

}  // namespace

void Schedule::find_tensors_for_views(const Runners& runners) {
  std::unordered_set<const network::ITensor*> dense(network_.outputs().begin(), network_.outputs().end());
  for (int32_t i = 0; i < network_.getNbLayers(); ++i) {
    const network::ILayer& layer = *network_.getLayer(i);
    if (layer.getNbInputs() == 0) continue;
    const Tactic* tactic = runner_of(layer, runners.tactics[static_cast<size_t>(i)].tactic, runners.target);
    const bool takes_views = tactic != nullptr && tactic->takes_views(runners.target);
    for (int32_t k = 0; k < layer.getNbInputs(); ++k) {
      if (layer.getInput(k) != nullptr) (takes_views ? for_views_ : dense).insert(layer.getInput(k));
    }
  }
  for (const network::ITensor* tensor : dense) for_views_.erase(tensor);
}

TensorDesc Schedule::desc_of(const network::ITensor& tensor) const {
  const network::TensorType& type = tensors_.at(&tensor).type;
  if (!type.dims.is_static()) {
    TORCHTRT_THROW_ERROR(network::describe(*tensor.producer())
                         << ": its output has dims " << network::to_string(type.dims)
                         << " where those of all inputs are known; dims that depend on data are not supported");
  }
  TensorDesc desc{type.dtype, type.dims, tensor.format()};
  const auto place = places_.find(&tensor);
  if (place != places_.end()) desc.view_strides = place->second.strides;
  return desc;
}

int32_t Schedule::add_storage(Storage storage) {
  storages_.push_back(storage);
  return static_cast<int32_t>(storages_.size()) - 1;
}

void Schedule::add_inputs() {
  for (int32_t i = 0; i < network_.getNbInputs(); ++i) {
    Storage storage;
    storage.bytes = desc_of(*network_.getInput(i)).bytes();
    storage.kind = Kind::kInput;
    storage.number = i;
    places_[network_.getInput(i)].storage = add_storage(storage);
  }
}

int32_t Schedule::add_known_value(const network::InferredTensor& tensor) {
  Storage storage;
  storage.kind = Kind::kConstant;
  storage.bytes = TensorDesc{tensor.type.dtype, tensor.type.dims}.bytes();
  known_values_.push_back(allocate_aligned(storage.bytes));
  find_value_writer(tensor)->write(*tensor.value, known_values_.back().get());
  storage.data = known_values_.back().get();
  storage.is_known_value = true;
  return add_storage(storage);
}

// True when the layer does no work.
bool Schedule::add_without_step(const network::ILayer& layer, const TensorDesc& output) {
  Place& place = places_[layer.getOutput(0)];
  if (const auto* constant = network::layer_cast<network::IConstantLayer>(&layer)) {
    Storage storage;
    storage.kind = Kind::kConstant;
    storage.bytes = output.bytes();
    storage.data = constant->getWeights().values;
    place.storage = add_storage(storage);
    return true;
  }
  if (output.dims.volume() == 0) {
    place.storage = add_storage(Storage{});
    return true;
  }
  const network::InferredTensor& inferred = tensors_.at(layer.getOutput(0));
  if (output.format == network::TensorFormat::kLINEAR && find_value_writer(inferred) != nullptr) {
    place.storage = add_known_value(inferred);
    return true;
  }
  const network::ITensor* input = layer.getInput(0);
  if (input == nullptr) return false;
  if (!is_view(layer, desc_of(*input), output)) return add_view(layer);
  place = places_.at(input);
  place.strides.reset();
  return true;
}

// Returns true if the output is a view with strides of its own and all its readers take that.
bool Schedule::add_view(const network::ILayer& layer) {
  const network::ITensor& output = *layer.getOutput(0);
  if (for_views_.count(&output) == 0) return false;
  const auto view = find_view(make_instance(layer));
  if (!view) return false;
  Place place = places_.at(layer.getInput(0));
  place.offset += view->offset_bytes;
  place.strides = view->strides;
  places_[&output] = place;
  return true;
}

void Schedule::add_layer(int32_t index) {
  const network::ILayer& layer = *network_.getLayer(index);
  if (layer.getType() == network::LayerType::kINPUT) return;
  if (layer.getNbOutputs() == 1 && add_without_step(layer, desc_of(*layer.getOutput(0)))) return;
  Step step;
  step.layer = index;
  step.instance = make_instance(layer);
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const network::ITensor* input = layer.getInput(i);
    step.inputs.push_back(input == nullptr ? -1 : storage_of(*input));
    step.input_offsets.push_back(input == nullptr ? 0 : places_.at(input).offset);
  }
  if (for_views_.count(layer.getOutput(0)) != 0) {
    const ChosenTactic& chosen = runners_->tactics[static_cast<size_t>(index)];
    if (chosen.tactic != nullptr) {
      const Candidate runner = candidate_for(step.instance, chosen, runners_->target);
      if (runner.tactic == chosen.tactic) step.instance.outputs[0].view_strides = runner.implementation.output_strides;
    }
  }
  for (size_t i = 0; i < step.instance.outputs.size(); ++i) {
    Storage storage;
    storage.kind = Kind::kArena;
    storage.bytes = step.instance.outputs[i].bytes();
    step.outputs.push_back(add_storage(storage));
    places_[layer.getOutput(static_cast<int32_t>(i))] = {step.outputs.back(), 0, step.instance.outputs[i].view_strides};
  }
  steps_.push_back(std::move(step));
}

LayerInstance Schedule::make_instance(const network::ILayer& layer) const {
  LayerInstance instance;
  instance.layer = &layer;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const network::ITensor* input = layer.getInput(i);
    instance.present.push_back(input != nullptr);
    instance.inputs.push_back(input == nullptr ? TensorDesc{} : desc_of(*input));
    instance.constants.push_back(input == nullptr ? nullptr : constant_of(*input));
    instance.values.push_back(input == nullptr ? std::nullopt : tensors_.at(input).value);
  }
  for (int32_t i = 0; i < layer.getNbOutputs(); ++i) instance.outputs.push_back(desc_of(*layer.getOutput(i)));
  return instance;
}

// Elements of a constant that lie densely in order; null for other tensors.
const void* Schedule::constant_of(const network::ITensor& tensor) const {
  const Place& place = places_.at(&tensor);
  return place.offset == 0 && !place.strides ? storages_[place.storage].data : nullptr;
}

void Schedule::replace_constant(Step& step, int32_t input, const void* elements) {
  Storage storage = storages_[step.inputs[static_cast<size_t>(input)]];
  TORCHTRT_ASSERT(storage.kind == Kind::kConstant);
  storage.data = elements;
  step.inputs[static_cast<size_t>(input)] = add_storage(storage);
  step.instance.constants[static_cast<size_t>(input)] = elements;
}

int32_t Schedule::resolve(int32_t number) const {
  while (storages_[number].taken_over >= 0) number = storages_[number].taken_over;
  return number;
}

const Storage& Schedule::storage(int32_t number) const { return storages_[resolve(number)]; }

// An unread output stays live during the step that writes it, and a tensor until outputs are copied from it.
void Schedule::note_reads() {
  for (size_t i = 0; i < steps_.size(); ++i) {
    for (const int32_t output : steps_[i].outputs) storages_[output].last_step = static_cast<int32_t>(i);
    for (const int32_t input : steps_[i].inputs) {
      if (input >= 0) storages_[input].last_step = static_cast<int32_t>(i);
    }
  }
  for (const network::ITensor* output : network_.outputs()) {
    if (!fills_storage(*output)) storages_[storage_of(*output)].last_step = static_cast<int32_t>(steps_.size());
  }
}

// False for a part of another tensor.
bool Schedule::fills_storage(const network::ITensor& tensor) const {
  const Place& place = places_.at(&tensor);
  return place.offset == 0 && storages_[place.storage].bytes == desc_of(tensor).bytes();
}

// Gives the memory of the input to output 0 of the step, if nothing else needs the input any more.
void Schedule::take_over(int32_t step_number, int32_t input) {
  const Step& step = steps_[step_number];
  if (input < 0 || step.inputs[input] < 0) return;
  const int32_t from = resolve(step.inputs[input]);
  Storage& giver = storages_[from];
  Storage& taker = storages_[step.outputs[0]];
  const auto uses = std::count_if(step.inputs.begin(), step.inputs.end(),
                                  [&](int32_t other) { return other >= 0 && resolve(other) == from; });
  if (giver.kind != Kind::kArena || giver.holds_output || giver.last_step != step_number || uses != 1 ||
      giver.bytes != taker.bytes) {
    return;
  }
  taker.taken_over = from;
  giver.is_given = true;
  giver.last_step = taker.last_step;
  giver.holds_output = taker.holds_output;
}

// The layer that makes an output writes it in place. An output that is also an input, a constant, another output or a
// part of a tensor is copied at the end.
void Schedule::place_outputs() {
  for (int32_t i = 0; i < network_.getNbOutputs(); ++i) {
    const network::ITensor& output = *network_.getOutput(i);
    const int32_t from = resolve(storage_of(output));
    Storage& storage = storages_[from];
    if (storage.kind == Kind::kNone) continue;
    if (storage.kind == Kind::kArena && fills_storage(output)) {
      storage.kind = Kind::kOutput;
      storage.number = i;
      continue;
    }
    Storage copy;
    copy.kind = Kind::kOutput;
    copy.number = i;
    copy.bytes = desc_of(output).bytes();
    if (copy.bytes == 0) continue;
    Step step;
    step.inputs.push_back(from);
    step.input_offsets.push_back(places_.at(&output).offset);
    step.outputs.push_back(add_storage(copy));
    steps_.push_back(std::move(step));
  }
}

// Results that a kernel can keep need no place in the arena, and no copy to it.
void Schedule::leave_to_kernels(const std::vector<StepNeeds>& needs) {
  for (size_t i = 0; i < needs.size(); ++i) {
    if (!needs[i].can_own_output) continue;
    Storage& storage = storages_[steps_[i].outputs[0]];
    const bool is_copied = storage.last_step == static_cast<int32_t>(needs.size());
    if (storage.kind != Kind::kArena || storage.taken_over >= 0 || storage.is_given || is_copied) continue;
    storage.kind = Kind::kOwned;
    storage.number = static_cast<int32_t>(i);
    steps_[i].owns_output = true;
    steps_[static_cast<size_t>(storage.last_step)].releases.push_back(storage.number);
  }
}

void Schedule::place_in_arena(const std::vector<StepNeeds>& needs) {
  std::vector<BufferRequest> requests;
  std::vector<int64_t*> offsets;
  for (size_t i = 0; i < needs.size(); ++i) {
    const auto step = static_cast<int32_t>(i);
    for (const int32_t output : steps_[i].outputs) {
      Storage& storage = storages_[output];
      if (storage.kind != Kind::kArena || storage.taken_over >= 0) continue;
      requests.push_back({storage.bytes, step, storage.last_step});
      offsets.push_back(&storage.offset);
    }
    if (needs[i].workspace_bytes == 0) continue;
    steps_[i].workspace_bytes = needs[i].workspace_bytes;
    requests.push_back({needs[i].workspace_bytes, step, step});
    offsets.push_back(&steps_[i].workspace_offset);
  }
  memory_ = engine::plan_memory(requests);
  for (size_t i = 0; i < offsets.size(); ++i) *offsets[i] = memory_.offsets[i];
}

MemoryOverTime Schedule::memory() const {
  MemoryOverTime memory;
  for (size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    const auto number = static_cast<int32_t>(i);
    memory.layers.push_back(step.layer);
    for (const int32_t output : step.outputs) {
      const Storage& storage = storages_[output];
      const bool is_owned = storage.kind == Kind::kOwned;
      if (storage.taken_over >= 0 || (storage.kind != Kind::kArena && !is_owned)) continue;
      memory.uses.push_back({step.layer, /*is_workspace=*/false, storage.bytes, is_owned ? -1 : storage.offset, number,
                             storage.last_step});
    }
    if (step.workspace_bytes == 0) continue;
    memory.uses.push_back(
        {step.layer, /*is_workspace=*/true, step.workspace_bytes, step.workspace_offset, number, number});
  }
  return memory;
}

void Schedule::plan_memory(const std::vector<StepNeeds>& needs) {
  TORCHTRT_ASSERT(needs.size() == steps_.size());
  for (size_t i = 0; i < needs.size(); ++i) take_over(static_cast<int32_t>(i), needs[i].in_place_input);
  place_outputs();
  leave_to_kernels(needs);
  place_in_arena(needs);
}

}  // namespace torch_tensorrt::engine
