#include "torch_tensorrt/core/network/verifier.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

using Places = std::unordered_map<const ILayer*, int32_t>;

Places places_of(const INetworkDefinition& network) {
  Places places;
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    const ILayer* layer = network.getLayer(i);
    if (layer->network() != &network) {
      TORCHTRT_THROW_ERROR(describe(*layer)
                           << ": is in the list of this network, but belongs to another network or to none");
    }
    places[layer] = i;
  }
  return places;
}

// ---- edges ---------------------------------------------------------------------------------------------------------

void check_inputs(const ILayer& layer, const Places& places) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor* input = layer.getInput(i);
    if (input == nullptr) {
      continue;
    }
    const auto producer = places.find(input->producer());
    if (producer == places.end()) {
      TORCHTRT_THROW_ERROR(describe(layer) << ": input " << i << " is of a layer that is not in the network");
    }
    if (producer->second >= places.at(&layer)) {
      TORCHTRT_THROW_ERROR(describe(layer)
                           << ": stands at " << places.at(&layer) << " and reads " << describe(*input->producer())
                           << " at " << producer->second << "; a layer reads only layers before it");
    }
  }
}

// Number of uses of the tensor according to the layer's inputs.
int64_t count_inputs(const ILayer& layer, const ITensor& tensor) {
  int64_t count = 0;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    count += layer.getInput(i) == &tensor ? 1 : 0;
  }
  return count;
}

void check_use(const ILayer& reader, const ITensor& tensor) {
  const auto& consumers = tensor.consumers();
  const int64_t said = std::count(consumers.begin(), consumers.end(), &reader);
  const int64_t actual = count_inputs(reader, tensor);
  if (said != actual) {
    TORCHTRT_THROW_ERROR(describe(reader) << ": reads " << describe(*tensor.producer()) << " " << actual
                                          << " times, but is listed " << said << " times among its readers");
  }
}

void check_uses(const ILayer& layer, const Places& places) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    if (layer.getInput(i) != nullptr) {
      check_use(layer, *layer.getInput(i));
    }
  }
  for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
    for (const ILayer* reader : layer.getOutput(i)->consumers()) {
      if (places.count(reader) == 0) {
        TORCHTRT_THROW_ERROR(describe(layer) << ": output " << i << " lists a reader that is not in the network");
      }
      check_use(*reader, *layer.getOutput(i));
    }
  }
}

// ---- names, inputs, outputs ----------------------------------------------------------------------------------------

void check_names(const INetworkDefinition& network) {
  std::unordered_map<std::string, const ILayer*> owners;
  for (const auto& layer : network.layers()) {
    for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
      const std::string name = layer->getOutput(i)->getName();
      if (name.empty()) {
        continue;
      }
      const auto [owner, is_new] = owners.emplace(name, layer.get());
      if (!is_new) {
        TORCHTRT_THROW_ERROR(describe(*layer) << ": its output has the name \"" << name << "\", as that of "
                                              << describe(*owner->second) << "; names must be unique");
      }
    }
  }
}

void check_network_inputs(const INetworkDefinition& network) {
  std::unordered_set<const ITensor*> listed(network.inputs().begin(), network.inputs().end());
  size_t count = 0;
  for (const auto& layer : network.layers()) {
    if (layer->getType() != LayerType::kINPUT) {
      continue;
    }
    ++count;
    if (listed.count(layer->getOutput(0)) == 0) {
      TORCHTRT_THROW_ERROR(describe(*layer) << ": is not listed among the inputs of the network");
    }
  }
  if (count != network.inputs().size()) {
    TORCHTRT_THROW_ERROR("the network lists " << network.inputs().size() << " inputs and has " << count
                                              << " input layers");
  }
}

void check_network_outputs(const INetworkDefinition& network, const Places& places) {
  if (network.outputs().empty()) {
    TORCHTRT_THROW_ERROR("the network has no output; mark at least one tensor (markOutput)");
  }
  std::unordered_set<const ITensor*> listed;
  for (const ITensor* output : network.outputs()) {
    if (places.count(output->producer()) == 0) {
      TORCHTRT_THROW_ERROR("output \"" << output->getName() << "\" is of a layer that is not in the network");
    }
    if (!output->isNetworkOutput() || !listed.insert(output).second) {
      TORCHTRT_THROW_ERROR(describe(*output->producer()) << ": its tensor \"" << output->getName()
                                                         << "\" is listed as an output twice, or not marked as one");
    }
  }
  for (const auto& layer : network.layers()) {
    for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
      if (layer->getOutput(i)->isNetworkOutput() && listed.count(layer->getOutput(i)) == 0) {
        TORCHTRT_THROW_ERROR(describe(*layer) << ": output " << i << " is marked as a network output, but not listed");
      }
    }
  }
}

// ---- attributes ----------------------------------------------------------------------------------------------------

// Checks attributes that inference does not look at.
class AttributeChecker final : public AttributeVisitor {
 public:
  explicit AttributeChecker(const ILayer& layer) : layer_(layer) {}

  void visit(const char* /*name*/, bool& /*value*/) override {}
  void visit(const char* /*name*/, int64_t& /*value*/) override {}
  void visit(const char* /*name*/, double& /*value*/) override {}
  void visit(const char* /*name*/, std::optional<double>& /*value*/) override {}
  void visit(const char* /*name*/, std::string& /*value*/) override {}
  void visit(const char* name, Dims& value) override {
    if (value.nbDims < 0 || value.nbDims > Dims::MAX_DIMS) {
      TORCHTRT_THROW_ERROR(describe(layer_) << ": " << name << " has " << value.nbDims << " dimensions, must have 0 to "
                                            << Dims::MAX_DIMS);
    }
  }
  void visit(const char* /*name*/, std::vector<int64_t>& /*value*/) override {}
  void visit(const char* /*name*/, std::vector<double>& /*value*/) override {}
  void visit(const char* name, Weights& value) override {
    visit_data_type(name, value.type);
    if (value.count < 0 || (value.count > 0 && value.values == nullptr)) {
      TORCHTRT_THROW_ERROR(describe(layer_) << ": " << name << " has " << value.count << " elements and "
                                            << (value.values == nullptr ? "no memory" : "memory"));
    }
  }
  void visit(const char* name, Epilogue& value) override {
    has_epilogue_ = true;
    for (EpilogueOp& op : value) {
      auto kind = static_cast<int32_t>(op.kind);
      if (kind < 0 || kind > static_cast<int32_t>(EpilogueOp::Kind::kQuantize)) {
        TORCHTRT_THROW_ERROR(describe(layer_) << ": " << name << " has an operation of the unknown kind " << kind);
      }
      visit_as_enum(name, op.activation);
      visit_as_enum(name, op.elementwise);
      visit_as_enum(name, op.type);
    }
  }
  void visit_enum(const char* name, int32_t& value, const EnumTable& table) override {
    if (table.find_name(value) == nullptr) {
      TORCHTRT_THROW_ERROR(describe(layer_)
                           << ": " << name << " is " << value << ", which is not a valid " << table.type_name);
    }
  }

  bool has_epilogue() const { return has_epilogue_; }

 private:
  void visit_data_type(const char* name, DataType type) { visit_as_enum(name, type); }

  const ILayer& layer_;
  bool has_epilogue_ = false;
};

// Checks that the epilogue reads every input behind the layer's own.
void check_epilogue_inputs(const ILayer& layer, bool may_have_epilogue) {
  if (!may_have_epilogue && !layer.epilogue().empty()) {
    TORCHTRT_THROW_ERROR(describe(layer) << ": has an epilogue of " << layer.epilogue().size()
                                         << " operations, which layers of its kind cannot have");
  }
  for (int32_t i = layer.own_input_count(); i < layer.getNbInputs(); ++i) {
    const auto& ops = layer.epilogue();
    const bool is_read =
        std::any_of(ops.begin(), ops.end(), [i](const EpilogueOp& op) { return op.reads_input() && op.input == i; });
    if (!is_read) {
      TORCHTRT_THROW_ERROR(describe(layer) << ": input " << i << " of " << layer.getNbInputs()
                                           << " follows an input of the epilogue, but the epilogue does not read it");
    }
  }
}

void check_attributes(const ILayer& layer) {
  AttributeChecker checker(layer);
  read_attributes(layer, checker);
  check_epilogue_inputs(layer, checker.has_epilogue());
}

// ---- types ---------------------------------------------------------------------------------------------------------

std::string text_of(const TensorType& type) { return enum_name(type.dtype) + " " + to_string(type.dims); }

void check_format(const ITensor& tensor, const Dims& dims) {
  if (enum_table<TensorFormat>().find_name(static_cast<int32_t>(tensor.format())) == nullptr ||
      (tensor.format() != TensorFormat::kLINEAR && dims.nbDims < 3)) {
    TORCHTRT_THROW_ERROR(describe(*tensor.producer())
                         << ": its output " << to_string(dims) << " has the format " << enum_name(tensor.format())
                         << ", which needs at least 3 dimensions");
  }
}

// Infers all types anew, and compares them with the cached types of the tensors.
void check_types(const INetworkDefinition& network) {
  std::vector<Dims> dims;
  for (const ITensor* input : network.inputs()) {
    dims.push_back(input->getDimensions());
  }
  for (const auto& [tensor, inferred] : infer_all(network, dims)) {
    const TensorType remembered{tensor->getType(), tensor->getDimensions()};
    if (!(remembered == inferred.type)) {
      TORCHTRT_THROW_ERROR(describe(*tensor->producer()) << ": its output is recorded as " << text_of(remembered)
                                                         << ", but inference gives " << text_of(inferred.type));
    }
    check_format(*tensor, inferred.type.dims);
  }
}

// ---- profiles ------------------------------------------------------------------------------------------------------

void check_range(const ITensor& input, const ProfileRange& range) {
  const Dims dims = input.getDimensions();
  bool fits = range.min.nbDims == dims.nbDims && range.opt.nbDims == dims.nbDims && range.max.nbDims == dims.nbDims;
  for (int32_t i = 0; fits && i < dims.nbDims; ++i) {
    fits = range.min.d[i] >= 0 && range.min.d[i] <= range.opt.d[i] && range.opt.d[i] <= range.max.d[i];
    if (dims.d[i] != -1) {
      fits = fits && range.min.d[i] == dims.d[i] && range.max.d[i] == dims.d[i];
    }
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("the profile of input \""
                         << input.getName() << "\" is min " << to_string(range.min) << ", opt " << to_string(range.opt)
                         << ", max " << to_string(range.max) << ", which does not fit its dims " << to_string(dims)
                         << "; give min <= opt <= max, and the dims where they are fixed");
  }
}

void check_values(const ITensor& input, const ProfileRange& range) {
  const size_t count = range.opt_values.size();
  const bool has_range = !range.min_values.empty() || !range.max_values.empty();
  bool fits = count == 0 || static_cast<int64_t>(count) == range.opt.volume();
  if (has_range) {
    fits = fits && range.min_values.size() == count && range.max_values.size() == count;
    for (size_t i = 0; fits && i < count; ++i) {
      fits = range.min_values[i] <= range.opt_values[i] && range.opt_values[i] <= range.max_values[i];
    }
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("the profile of input \""
                         << input.getName() << "\" has " << range.min_values.size() << ", " << count << " and "
                         << range.max_values.size()
                         << " values for its elements; give one value per element with min <= opt <= max, or none");
  }
}

void check_profile_names(const INetworkDefinition& network, const Profile& profile) {
  for (const auto& [name, range] : profile) {
    const auto& inputs = network.inputs();
    const bool is_input = std::any_of(inputs.begin(), inputs.end(),
                                      [&name = name](const ITensor* input) { return name == input->getName(); });
    if (!is_input) {
      TORCHTRT_THROW_ERROR("a profile has a range for \"" << name << "\", which is not an input of the network");
    }
  }
}

void check_profile(const INetworkDefinition& network, const Profile& profile) {
  check_profile_names(network, profile);
  std::vector<Dims> opt;
  std::vector<std::optional<ShapeValue>> values;
  for (const ITensor* input : network.inputs()) {
    const auto found = profile.find(input->getName());
    if (found == profile.end() && !input->getDimensions().is_static()) {
      TORCHTRT_THROW_ERROR("a profile has no range for input \"" << input->getName() << "\", whose dims "
                                                                 << to_string(input->getDimensions())
                                                                 << " are dynamic");
    }
    if (found != profile.end()) {
      check_range(*input, found->second);
      check_values(*input, found->second);
    }
    opt.push_back(found != profile.end() ? found->second.opt : input->getDimensions());
    values.emplace_back();
    if (found != profile.end() && !found->second.opt_values.empty()) values.back() = {found->second.opt_values};
  }
  // Check opt only. The ends of the ranges need not fit together: each call checks its own shapes.
  infer_all(network, opt, values);
}

}  // namespace

void verify_network(const INetworkDefinition& network) {
  const Places places = places_of(network);
  for (const auto& layer : network.layers()) {
    check_inputs(*layer, places);
    check_uses(*layer, places);
    check_attributes(*layer);
  }
  check_names(network);
  check_network_inputs(network);
  check_network_outputs(network, places);
  check_types(network);
  for (const Profile& profile : network.profiles()) {
    check_profile(network, profile);
  }
}

}  // namespace torch_tensorrt::network
