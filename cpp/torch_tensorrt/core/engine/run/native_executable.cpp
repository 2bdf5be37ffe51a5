#include "torch_tensorrt/core/engine/run/native_executable.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/build/network_choice.h"
#include "torch_tensorrt/core/engine/plan/inspect.h"
#include "torch_tensorrt/core/engine/plan/json.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/run/native_context.h"
#include "torch_tensorrt/core/network/attributes.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

void note_other_machine(const Plan& plan) {
  const DeviceTarget here = describe_target();
  if (here.isa == plan.target.isa) return;
  LOG_INFO("engine \"" << plan.name << "\" was built for " << plan.target.isa << " and runs on " << here.isa
                       << "; it may be slower than one built here");
}

const Tactic& find_tactic(const network::ILayer& layer, const std::string& name, const DeviceTarget& target) {
  const Tactic* tactic = TacticRegistry::global().find(name);
  if (tactic == nullptr) {
    TORCHTRT_THROW_ERROR(
        network::describe(layer)
        << " needs the tactic " << name
        << ", which is not in this process. Load the library that has it, or build the engine again here");
  }
  const Decision decision = tactic->supports(layer, target);
  if (!decision) {
    TORCHTRT_THROW_ERROR(network::describe(layer) << " needs the tactic " << name
                                                  << ", which does not run on this machine: " << decision.reason()
                                                  << ". Build the engine again here");
  }
  return *tactic;
}

std::vector<ChosenTactic> find_tactics(const Plan& plan) {
  std::vector<ChosenTactic> tactics;
  for (size_t i = 0; i < plan.choices.size(); ++i) {
    const std::string& name = plan.choices[i].tactic;
    const network::ILayer& layer = *plan.network->getLayer(static_cast<int32_t>(i));
    tactics.emplace_back();
    if (!name.empty()) tactics.back() = {&find_tactic(layer, name, plan.target), plan.choices[i].config};
  }
  return tactics;
}

IoTensor describe_output(const network::ITensor& tensor) {
  const network::Dims dims = tensor.getDimensions();
  return {tensor.getName(), tensor.getType(), dims, dims, dims, dims, tensor.format()};
}

// The smallest and the largest dims of all profiles; opt dims and elements are those of the first profile.
IoTensor describe_input(const network::ITensor& tensor, const std::vector<network::Profile>& profiles, bool is_shape) {
  IoTensor input = describe_output(tensor);
  input.argument = tensor.producer()->getName();
  input.is_shape = is_shape;
  bool is_first = true;
  for (const network::Profile& profile : profiles) {
    const auto found = profile.find(input.name);
    if (found == profile.end()) continue;
    const network::ProfileRange& range = found->second;
    if (is_first) {
      input.min = range.min;
      input.opt = range.opt;
      input.max = range.max;
      input.is_shape = is_shape || !range.opt_values.empty();
      input.min_values = range.min_values;
      input.max_values = range.max_values;
    }
    is_first = false;
    for (int32_t i = 0; i < input.dims.nbDims; ++i) {
      input.min.d[i] = std::min(input.min.d[i], range.min.d[i]);
      input.max.d[i] = std::max(input.max.d[i], range.max.d[i]);
    }
  }
  return input;
}

// Weights of at most this many elements are written with their values.
constexpr int64_t kMostValues = 16;

// Writes all attributes of a layer but its weights, under the names of the text form.
class AttributeJson final : public network::AttributeVisitor {
 public:
  explicit AttributeJson(JsonWriter& json) : json_(json) {}

  void visit(const char* name, bool& value) override { json_.field(name, value); }
  void visit(const char* name, int64_t& value) override { json_.field(name, value); }
  void visit(const char* name, double& value) override { json_.field(name, value); }
  void visit(const char* name, std::optional<double>& value) override {
    if (value) json_.field(name, *value);
  }
  void visit(const char* name, std::string& value) override { json_.field(name, value); }
  void visit(const char* name, network::Dims& value) override { write_dims(json_, name, value); }
  void visit(const char* name, std::vector<int64_t>& value) override { write_list(name, value); }
  void visit(const char* name, std::vector<double>& value) override { write_list(name, value); }
  void visit(const char*, network::Weights&) override {}
  void visit(const char* name, network::Epilogue& value) override {
    json_.key(name).begin_array();
    for (const network::EpilogueOp& op : value) {
      json_.begin_object().field("name", network::op_name(op)).field("alpha", op.alpha).field("beta", op.beta);
      if (op.reads_input()) json_.field("operand", op.input).field("swapped", op.swapped);
      json_.end_object();
    }
    json_.end_array();
  }
  void visit_enum(const char* name, int32_t& value, const network::EnumTable& table) override {
    const char* text = table.find_name(value);
    json_.field(name, text == nullptr ? "unknown" : text);
  }

 private:
  template <typename T>
  void write_list(const char* name, const std::vector<T>& values) {
    json_.key(name).begin_array();
    for (const T value : values) json_.value(value);
    json_.end_array();
  }

  JsonWriter& json_;
};

// Writes the layers with their tensors; `opt` are the dims at the opt shapes, if these tell them.
class LayerWriter {
 public:
  LayerWriter(JsonWriter& json, const Plan& plan) : json_(json), plan_(plan), numbers_(*plan.network) {
    try {
      shapes_ = infer_at_opt(*plan.network);
    } catch (const Error&) {  // the opt dims are not enough to know the shapes inside
    }
  }

  void write(int32_t index);

 private:
  void write_inputs(const network::ILayer& layer);
  void write_outputs(const network::ILayer& layer);
  void begin_tensor(const network::ITensor* tensor);
  void write_attributes(const network::ILayer& layer);
  void write_values(const network::Weights& weights);
  void write_weights(const network::ILayer& layer);

  JsonWriter& json_;
  const Plan& plan_;
  TensorNumbers numbers_;
  network::InferredTensors shapes_;
};

// The caller ends the object.
void LayerWriter::begin_tensor(const network::ITensor* tensor) {
  json_.begin_object().field("name", tensor->getName()).field("dtype", network::enum_name(tensor->getType()));
  json_.field("format", network::enum_name(tensor->format()));
  json_.field("number", numbers_.of(tensor));
  write_dims(json_, "dims", tensor->getDimensions());
  const auto found = shapes_.find(tensor);
  if (!tensor->getDimensions().is_static() && found != shapes_.end()) {
    write_dims(json_, "opt", found->second.type.dims);
  }
}

// Only the inputs that the layer has; `operand` is their place among all.
void LayerWriter::write_inputs(const network::ILayer& layer) {
  json_.key("inputs").begin_array();
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    if (layer.getInput(i) == nullptr) continue;
    begin_tensor(layer.getInput(i));
    json_.field("operand", i).end_object();
  }
  json_.end_array();
}

void LayerWriter::write_outputs(const network::ILayer& layer) {
  json_.key("outputs").begin_array();
  for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
    begin_tensor(layer.getOutput(i));
    json_.end_object();
  }
  json_.end_array();
}

void LayerWriter::write_attributes(const network::ILayer& layer) {
  json_.key("attributes").begin_object();
  AttributeJson visitor(json_);
  network::read_attributes(layer, visitor);
  json_.end_object();
}

// Values of few numbers, such as the scalars of the user's program.
void LayerWriter::write_values(const network::Weights& weights) {
  const bool are_known = weights.values != nullptr && network::has_elements(weights.type);
  if (weights.count > kMostValues || !are_known) return;
  json_.key("values").begin_array();
  for (int64_t i = 0; i < weights.count; ++i) json_.value(network::load_double(weights.type, weights.values, i));
  json_.end_array();
}

void LayerWriter::write_weights(const network::ILayer& layer) {
  json_.key("weights").begin_array();
  for_each_weights(layer, [this](const char* name, const network::Weights& weights) {
    json_.begin_object().field("name", name).field("dtype", network::enum_name(weights.type));
    json_.field("count", weights.count);
    write_values(weights);
    json_.end_object();
  });
  json_.end_array();
}

void LayerWriter::write(int32_t index) {
  const network::ILayer& layer = *plan_.network->getLayer(index);
  const LayerChoice& choice = plan_.choices[static_cast<size_t>(index)];
  const BuiltLayer summary = summarize_layer(layer, choice);
  json_.begin_object().field("name", summary.name).field("kind", summary.kind).field("fused", summary.fused);
  json_.field("tactic", summary.tactic)
      .field("config", summary.config)
      .field("precision", summary.precision)
      .field("format", summary.format);
  json_.field("source", summary.source).field("module", layer.getMetadata());
  json_.field("microseconds", summary.microseconds);
  if (!choice.runner_up.empty()) {
    json_.key("runner_up").begin_object().field("tactic", choice.runner_up);
    json_.field("microseconds", choice.runner_up_microseconds).end_object();
  }
  write_inputs(layer);
  write_outputs(layer);
  write_attributes(layer);
  write_weights(layer);
  json_.end_object();
}

}  // namespace

std::vector<IoTensor> describe_inputs(const network::INetworkDefinition& network) {
  std::vector<IoTensor> inputs;
  const std::vector<bool> is_shape = network::find_shape_inputs(network);
  for (size_t i = 0; i < is_shape.size(); ++i) {
    inputs.push_back(describe_input(*network.inputs()[i], network.profiles(), is_shape[i]));
  }
  return inputs;
}

std::vector<IoTensor> describe_outputs(const network::INetworkDefinition& network) {
  std::vector<IoTensor> outputs;
  for (const auto* output : network.outputs()) outputs.push_back(describe_output(*output));
  return outputs;
}

NativeExecutable::NativeExecutable(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      tactics_(find_tactics(*plan_)),
      inputs_(describe_inputs(*plan_->network)),
      outputs_(describe_outputs(*plan_->network)) {
  note_other_machine(*plan_);
}

std::unique_ptr<Context> NativeExecutable::create_context(int32_t max_specializations) const {
  auto self = std::static_pointer_cast<const NativeExecutable>(shared_from_this());
  return std::make_unique<NativeContext>(std::move(self), max_specializations);
}

void NativeExecutable::inspect(JsonWriter& json) const {
  json.key("layers").begin_array();
  LayerWriter writer(json, *plan_);
  for (int32_t i = 0; i < plan_->network->getNbLayers(); ++i) writer.write(i);
  json.end_array();
  write_explorer_layers(json, *plan_);
}

}  // namespace torch_tensorrt::engine
