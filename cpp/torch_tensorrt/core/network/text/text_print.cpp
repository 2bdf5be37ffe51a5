#include <unordered_map>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/network/text/text_values.h"
#include "torch_tensorrt/core/util/encodings.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

// The text for each tensor: %name, or %number if it has no name.
class TensorNames {
 public:
  explicit TensorNames(const INetworkDefinition& network) {
    int64_t next = 0;
    for (const auto& layer : network.layers()) {
      for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
        const ITensor* tensor = layer->getOutput(i);
        names_[tensor] = tensor->getName()[0] == '\0' ? std::to_string(next++) : spelled(tensor->getName());
      }
    }
  }

  std::string operator()(const ITensor* tensor) const {
    if (tensor == nullptr) return "_";
    const auto found = names_.find(tensor);
    // Only in a broken network, whose dump must still be readable.
    return found == names_.end() ? "%?" : "%" + found->second;
  }

 private:
  static std::string spelled(const std::string& name) { return is_plain_name(name) ? name : quoted(name); }

  std::unordered_map<const ITensor*, std::string> names_;
};

template <typename T, typename F>
std::string joined(const std::vector<T>& values, F text_of) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : ", ") + text_of(value);
  return text;
}

using Attributes = std::vector<std::pair<std::string, std::string>>;

// Collects the names and texts of all attributes.
class AttributePrinter final : public AttributeVisitor {
 public:
  AttributePrinter(const ILayer& layer, const TextOptions& options, const TensorNames* names)
      : layer_(layer), options_(options), names_(names) {}

  void visit(const char* name, bool& value) override { put(name, value ? "true" : "false"); }
  void visit(const char* name, int64_t& value) override { put(name, std::to_string(value)); }
  void visit(const char* name, double& value) override { put(name, float_text(value)); }
  void visit(const char* name, std::optional<double>& value) override {
    put(name, value ? float_text(*value) : "none");
  }
  void visit(const char* name, std::string& value) override { put(name, quoted(value)); }
  void visit(const char* name, Dims& value) override { put(name, dims_text(value)); }
  void visit(const char* name, std::vector<int64_t>& value) override {
    put(name, "[" + joined(value, [](int64_t element) { return std::to_string(element); }) + "]");
  }
  void visit(const char* name, std::vector<double>& value) override {
    put(name, "[" + joined(value, [](double element) { return float_text(element); }) + "]");
  }
  void visit(const char* name, Weights& value) override { put(name, weights_text(value)); }
  void visit(const char* name, Epilogue& value) override {
    put(name, "[" + joined(value, [&](const EpilogueOp& op) { return op_text(op); }) + "]");
  }
  void visit_enum(const char* name, int32_t& value, const EnumTable& table) override {
    const char* text = table.find_name(value);
    put(name, text != nullptr ? text : "unknown(" + std::to_string(value) + ")");
  }

  const Attributes& attributes() const { return attributes_; }

 private:
  void put(const char* name, std::string text) { attributes_.emplace_back(name, std::move(text)); }

  std::string weights_text(const Weights& weights) const {
    const std::string type = enum_name(weights.type);
    if (options_.max_weight_elements >= 0 && weights.count > options_.max_weight_elements) {
      return type + "\"... " + std::to_string(weights.count) + "\"";
    }
    if (weights.count == 0) return type + "\"\"";
    const std::string_view bytes(static_cast<const char*>(weights.values), static_cast<size_t>(weights.bytes()));
    return type + "\"" + core::util::base64_encode(bytes) + "\"";
  }

  std::string op_text(const EpilogueOp& op) const {
    switch (op.kind) {
      case EpilogueOp::Kind::kActivation: {
        const std::string parameters = "(" + float_text(op.alpha) + ", " + float_text(op.beta) + ")";
        return op_name(op) + (parameters == "(0, 0)" ? "" : parameters);
      }
      case EpilogueOp::Kind::kElementWise:
        return op_name(op) + "(" + operand_text(op.input) + (op.swapped ? ", swapped" : "") + scale_text(op) + ")";
      case EpilogueOp::Kind::kDequantize:
        return op_name(op) + "(" + operand_text(op.input) + ", zero " + float_text(op.beta) + ")";
      case EpilogueOp::Kind::kQuantize:
        return op_name(op) + "(" + enum_name(op.type) + scale_text(op) + ")";
    }
    return "unknown";
  }

  // Nothing for an operand of floats.
  static std::string scale_text(const EpilogueOp& op) {
    return op.alpha == 0 ? "" : ", scale " + float_text(op.alpha) + ", zero " + float_text(op.beta);
  }

  // The tensor's name means its last use by the layer; other uses are printed by number.
  std::string operand_text(int32_t index) const {
    const ITensor* tensor = layer_.getInput(index);
    for (int32_t i = index + 1; i < layer_.getNbInputs(); ++i) {
      if (layer_.getInput(i) == tensor) return "input " + std::to_string(index);
    }
    return tensor == nullptr ? "input " + std::to_string(index) : (*names_)(tensor);
  }

  const ILayer& layer_;
  const TextOptions& options_;
  const TensorNames* names_;
  Attributes attributes_;
};

Attributes attributes_of(const ILayer& layer, const TextOptions& options, const TensorNames* names) {
  AttributePrinter printer(layer, options, names);
  read_attributes(layer, printer);
  return printer.attributes();
}

class Printer {
 public:
  Printer(const INetworkDefinition& network, const TextOptions& options)
      : network_(network), options_(options), names_(network) {}

  std::string network_text() const {
    std::string text = "network " + quoted(network_.getName()) + " {\n";
    if (inputs_are_reordered()) text += "  inputs " + tensors_text(network_.inputs()) + "\n";
    for (const Profile& profile : network_.profiles()) text += "  " + profile_text(profile) + "\n";
    for (const auto& layer : network_.layers()) text += "  " + layer_text(*layer) + "\n";
    if (!network_.outputs().empty()) text += "  return " + tensors_text(network_.outputs()) + "\n";
    return text + "}\n";
  }

  std::string layer_text(const ILayer& layer) const {
    std::vector<ITensor*> inputs;
    std::vector<ITensor*> outputs;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) inputs.push_back(layer.getInput(i));
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) outputs.push_back(layer.getOutput(i));
    return tensors_text(outputs) + " = " + enum_name(layer.getType()) + "(" + tensors_text(inputs) + ")" +
           attributes_text(layer) + types_text(outputs) + formats_text(outputs);
  }

 private:
  std::string tensors_text(const std::vector<ITensor*>& tensors) const {
    return joined(tensors, [&](const ITensor* tensor) { return names_(tensor); });
  }

  // Inputs are numbered in the order of their addition, which may differ from the order of their layers.
  bool inputs_are_reordered() const {
    std::vector<ITensor*> in_place;
    for (const auto& layer : network_.layers()) {
      if (layer->getType() == LayerType::kINPUT) in_place.push_back(layer->getOutput(0));
    }
    return in_place != network_.inputs();
  }

  // Behind the three shapes, an input that is used as a shape has three lists of elements.
  static std::string values_text(const ProfileRange& range) {
    if (range.opt_values.empty()) return "";
    std::string text;
    for (const auto* values : {&range.min_values, &range.opt_values, &range.max_values}) {
      text += ", " + dims_text(Dims(*values));
    }
    return text;
  }

  static std::string profile_text(const Profile& profile) {
    std::string text;
    for (const auto& [name, range] : profile) {
      text += (text.empty() ? "" : ", ") + quoted(name) + "=[" + dims_text(range.min) + ", " + dims_text(range.opt) +
              ", " + dims_text(range.max) + values_text(range) + "]";
    }
    return "profile {" + text + "}";
  }

  // Attributes that differ from a new layer of the kind, then those common to all layers.
  std::string attributes_text(const ILayer& layer) const {
    const auto fresh = make_layer(layer.getType());
    const Attributes defaults = attributes_of(*fresh, options_, nullptr);
    const Attributes all = attributes_of(layer, options_, &names_);
    std::string text;
    const auto put = [&](const std::string& name, const std::string& value) {
      text += (text.empty() ? "" : ", ") + name + "=" + value;
    };
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i] != defaults[i]) put(all[i].first, all[i].second);
    }
    if (layer.precision()) put("precision", enum_name(*layer.precision()));
    if (layer.getName()[0] != '\0') put("name", quoted(layer.getName()));
    if (!layer.source().empty()) put("source", quoted(layer.source()));
    if (layer.getMetadata()[0] != '\0') put("metadata", quoted(layer.getMetadata()));
    return text.empty() ? "" : " {" + text + "}";
  }

  std::string types_text(const std::vector<ITensor*>& outputs) const {
    if (!options_.inferred_types) return "";
    return " : " + joined(outputs, [](const ITensor* tensor) -> std::string {
             try {
               return enum_name(tensor->getType()) + dims_text(tensor->getDimensions());
             } catch (const Error&) {
               return "?";  // broken networks are dumped, too
             }
           });
  }

  static std::string formats_text(const std::vector<ITensor*>& outputs) {
    bool all_linear = true;
    for (const ITensor* output : outputs) all_linear = all_linear && output->format() == TensorFormat::kLINEAR;
    if (all_linear) return "";
    return " @" + joined(outputs, [](const ITensor* tensor) { return enum_name(tensor->format()); });
  }

  const INetworkDefinition& network_;
  const TextOptions& options_;
  TensorNames names_;
};

}  // namespace

std::string print_network(const INetworkDefinition& network, const TextOptions& options) {
  return Printer(network, options).network_text();
}

std::string print_layer(const ILayer& layer, const TextOptions& options) {
  TORCHTRT_CHECK(layer.network() != nullptr, describe(layer) << " is in no network");
  return Printer(*layer.network(), options).layer_text(layer);
}

}  // namespace torch_tensorrt::network
