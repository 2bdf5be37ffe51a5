#include <algorithm>
#include <map>
#include <utility>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/network/text/text_attributes.h"
#include "torch_tensorrt/core/network/text/text_syntax.h"
#include "torch_tensorrt/core/network/text/text_values.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

// A number and a name of the same spelling are two tensors.
using Key = std::pair<TensorSyntax::Kind, std::string>;
Key key_of(const TensorSyntax& tensor) { return {tensor.kind, tensor.name}; }

// Attributes that every layer has, beside those of its kind.
constexpr const char* kCommonAttributes[] = {"precision", "name", "source", "metadata"};

bool is_common(const AttributeSyntax& attribute) {
  return std::find(std::begin(kCommonAttributes), std::end(kCommonAttributes), attribute.name) !=
         std::end(kCommonAttributes);
}

class Builder {
 public:
  explicit Builder(const std::string& text)
      : text_(text), syntax_(parse_syntax(text_)), network_(std::make_unique<INetworkDefinition>()) {}

  std::unique_ptr<INetworkDefinition> run() {
    std::string name;
    if (!unquote(syntax_.name.text, &name)) fail_at(text_, syntax_.name.offset, "the name has an unknown escape");
    network_->setName(name.c_str());
    add_inputs();
    for (const LayerSyntax& layer : syntax_.layers) build(layer);
    for (const TensorSyntax& output : syntax_.outputs) mark_output(output);
    for (const auto& profile : syntax_.profiles) add_profile(profile);
    return std::move(network_);
  }

 private:
  // ---- layers ------------------------------------------------------------------------------------------------------

  // If the network numbers its inputs in another order than their layers, the input layers are made first, in the order
  // of the layers. The other layers are inserted between them later.
  void add_inputs() {
    std::vector<ILayer*> in_place(syntax_.layers.size(), nullptr);
    for (const TensorSyntax& input : syntax_.inputs) {
      const size_t place = layer_of(input);
      if (in_place[place] != nullptr) fail_at(text_, input.offset, "%" + input.name + " is listed as an input twice");
      const auto behind = std::find_if(in_place.begin() + static_cast<std::ptrdiff_t>(place), in_place.end(),
                                       [](const ILayer* layer) { return layer != nullptr; });
      in_place[place] =
          network_->add_layer(make_layer(LayerType::kINPUT), behind == in_place.end() ? nullptr : *behind);
    }
    for (size_t i = 0; i < in_place.size(); ++i) {
      const bool is_input = syntax_.layers[i].kind.text == enum_name(LayerType::kINPUT);
      if (is_input && in_place[i] == nullptr && !syntax_.inputs.empty()) {
        fail_at(text_, syntax_.layers[i].kind.offset, "this input is not in the list of inputs");
      }
      if (in_place[i] != nullptr) waiting_inputs_.push_back(in_place[i]);
    }
  }

  size_t layer_of(const TensorSyntax& input) const {
    for (size_t i = 0; i < syntax_.layers.size(); ++i) {
      const LayerSyntax& layer = syntax_.layers[i];
      const bool is_input = layer.kind.text == enum_name(LayerType::kINPUT);
      if (is_input && key_of(layer.outputs[0]) == key_of(input)) return i;
    }
    fail_at(text_, input.offset, "%" + input.name + " is not an input layer");
  }

  ILayer* add_layer(const LayerSyntax& syntax) {
    int32_t type = 0;
    if (!enum_table<LayerType>().find_value(syntax.kind.text, &type)) {
      fail_at(text_, syntax.kind.offset, "found " + describe(syntax.kind) + ", which is not a layer kind");
    }
    const bool is_input = static_cast<LayerType>(type) == LayerType::kINPUT;
    ILayer* next_input = waiting_inputs_.empty() ? nullptr : waiting_inputs_.front();
    if (!is_input || next_input == nullptr) {
      return network_->add_layer(make_layer(static_cast<LayerType>(type)), next_input);
    }
    waiting_inputs_.erase(waiting_inputs_.begin());
    return next_input;
  }

  void build(const LayerSyntax& syntax) {
    ILayer& layer = *add_layer(syntax);
    connect(syntax, layer);
    read_attributes_of(syntax, layer);
    name_outputs(syntax, layer);
    check_types(syntax, layer);
    set_formats(syntax, layer);
  }

  void connect(const LayerSyntax& syntax, ILayer& layer) {
    for (size_t i = 0; i < syntax.inputs.size(); ++i) {
      const TensorSyntax& input = syntax.inputs[i];
      if (input.kind == TensorSyntax::Kind::kAbsent) {
        if (i + 1 == syntax.inputs.size()) fail_at(text_, input.offset, "the last input cannot be absent");
        continue;
      }
      ITensor& tensor = find(input);
      with_place(input.offset, [&] { layer.setInput(static_cast<int32_t>(i), tensor); });
    }
  }

  void read_attributes_of(const LayerSyntax& syntax, ILayer& layer) {
    std::vector<AttributeSyntax> own;
    for (const AttributeSyntax& attribute : syntax.attributes) {
      const auto same = [&](const AttributeSyntax& other) { return other.name == attribute.name; };
      if (std::count_if(syntax.attributes.begin(), syntax.attributes.end(), same) > 1) {
        fail_at(text_, attribute.offset, "attribute " + attribute.name + " is given twice");
      }
      if (is_common(attribute)) {
        read_common(attribute, layer);
      } else {
        own.push_back(attribute);
      }
    }
    AttributeReader reader(text_, own, *network_,
                           [&](const TensorSyntax& tensor) { return last_input(layer, tensor); });
    with_place(syntax.kind.offset, [&] { write_attributes(layer, reader); });
    reader.finish(layer.getType());
  }

  int32_t last_input(const ILayer& layer, const TensorSyntax& tensor) const {
    const auto found = tensors_.find(key_of(tensor));
    if (found == tensors_.end()) return -1;
    for (int32_t i = layer.getNbInputs() - 1; i >= 0; --i) {
      if (layer.getInput(i) == found->second) return i;
    }
    return -1;
  }

  void read_common(const AttributeSyntax& attribute, ILayer& layer) {
    ValueCursor cursor(text_, attribute);
    if (attribute.name == "precision") {
      layer.setPrecision(static_cast<DataType>(cursor.enumerator(enum_table<DataType>())));
    } else {
      const std::string value = cursor.string("a string");
      if (attribute.name == "name") layer.setName(value.c_str());
      if (attribute.name == "source") layer.set_source(value);
      if (attribute.name == "metadata") layer.setMetadata(value.c_str());
    }
    cursor.finish();
  }

  void name_outputs(const LayerSyntax& syntax, ILayer& layer) {
    if (static_cast<int32_t>(syntax.outputs.size()) != layer.getNbOutputs()) {
      fail_at(text_, syntax.outputs[0].offset,
              str("found ", syntax.outputs.size(), " outputs, expected ", layer.getNbOutputs()));
    }
    for (size_t i = 0; i < syntax.outputs.size(); ++i) {
      const TensorSyntax& output = syntax.outputs[i];
      ITensor* tensor = layer.getOutput(static_cast<int32_t>(i));
      if (output.kind == TensorSyntax::Kind::kAbsent) fail_at(text_, output.offset, "an output cannot be absent");
      if (output.kind == TensorSyntax::Kind::kNamed) tensor->setName(output.name.c_str());
      if (!tensors_.emplace(key_of(output), tensor).second) {
        fail_at(text_, output.offset, "%" + output.name + " is defined twice");
      }
    }
  }

  // Inference has the last word, whether or not the text gives a type.
  void check_types(const LayerSyntax& syntax, const ILayer& layer) {
    const bool counts_fit = syntax.types.empty() || syntax.types.size() == syntax.outputs.size();
    if (!counts_fit) fail_at(text_, syntax.types[0].offset, "there must be one type per output");
    for (size_t i = 0; i < syntax.outputs.size(); ++i) {
      const ITensor* tensor = layer.getOutput(static_cast<int32_t>(i));
      std::string inferred;
      with_place(syntax.kind.offset,
                 [&] { inferred = enum_name(tensor->getType()) + dims_text(tensor->getDimensions()); });
      if (syntax.types.empty() || syntax.types[i].text == inferred) continue;
      fail_at(text_, syntax.types[i].offset,
              "the text says " + syntax.types[i].text + ", but inference gives " + inferred);
    }
  }

  void set_formats(const LayerSyntax& syntax, ILayer& layer) {
    if (syntax.formats.empty()) return;
    if (syntax.formats.size() != syntax.outputs.size()) {
      fail_at(text_, syntax.formats[0].offset, "there must be one format per output");
    }
    for (size_t i = 0; i < syntax.formats.size(); ++i) {
      int32_t format = 0;
      if (!enum_table<TensorFormat>().find_value(syntax.formats[i].text, &format)) {
        fail_at(text_, syntax.formats[i].offset, describe(syntax.formats[i]) + " is not a tensor format");
      }
      layer.getOutput(static_cast<int32_t>(i))->set_format(static_cast<TensorFormat>(format));
    }
  }

  // ---- the rest ----------------------------------------------------------------------------------------------------

  ITensor& find(const TensorSyntax& tensor) const {
    const auto found = tensors_.find(key_of(tensor));
    if (found == tensors_.end()) fail_at(text_, tensor.offset, "%" + tensor.name + " is not defined above");
    return *found->second;
  }

  void mark_output(const TensorSyntax& output) {
    if (output.kind == TensorSyntax::Kind::kAbsent) fail_at(text_, output.offset, "an output cannot be absent");
    ITensor& tensor = find(output);
    if (tensor.isNetworkOutput()) fail_at(text_, output.offset, "%" + output.name + " is returned twice");
    network_->markOutput(tensor);
  }

  void add_profile(const std::vector<AttributeSyntax>& syntax) {
    Profile profile;
    for (const AttributeSyntax& entry : syntax) {
      ValueCursor cursor(text_, entry);
      std::vector<Dims> dims;
      cursor.list([&] { dims.push_back(cursor.dims()); });
      cursor.finish();
      if (dims.size() != 3 && dims.size() != 6) fail_at(text_, entry.offset, "a range has min, opt and max");
      ProfileRange range{dims[0], dims[1], dims[2]};
      if (dims.size() == 6) {
        range.min_values = dims[3].to_vector();
        range.opt_values = dims[4].to_vector();
        range.max_values = dims[5].to_vector();
      }
      if (!profile.emplace(entry.name, std::move(range)).second) {
        fail_at(text_, entry.offset, quoted(entry.name) + " has two ranges in one profile");
      }
    }
    network_->profiles().push_back(std::move(profile));
  }

  template <typename F>
  void with_place(size_t offset, F f) const {
    std::string message;
    try {
      f();
      return;
    } catch (const Error& error) {
      message = error.msg();
    }
    // A message that has a place already keeps it.
    if (message.rfind("line ", 0) == 0) TORCHTRT_THROW_ERROR(message);
    fail_at(text_, offset, message);
  }

  std::string_view text_;
  NetworkSyntax syntax_;
  std::unique_ptr<INetworkDefinition> network_;
  std::map<Key, ITensor*> tensors_;
  std::vector<ILayer*> waiting_inputs_;
};

}  // namespace

std::unique_ptr<INetworkDefinition> parse_network(const std::string& text) { return Builder(text).run(); }

}  // namespace torch_tensorrt::network
