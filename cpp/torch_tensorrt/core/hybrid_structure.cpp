#include "torch_tensorrt/core/hybrid_structure.h"

#include <algorithm>
#include <regex>
#include <unordered_map>

#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/util/encodings.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

using c10::IValue;
using torch::jit::AttributeKind;
using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

// PyTorch numbers the classes of one name in the order in which a process meets them. Submodules are of any class.
std::string type_text(const c10::TypePtr& type) {
  static const std::regex kNumber("___torch_mangle_[0-9]+\\.");
  const auto object = type->cast<c10::ClassType>();
  if (object != nullptr && object->is_module()) return "module";
  return std::regex_replace(type->annotation_str(), kNumber, "");
}

std::string weight_text(const at::Tensor& tensor) {
  if (!tensor.defined()) return "no tensor";
  return torch_tensorrt::str(c10::getDtypeNames(tensor.scalar_type()).first, ' ', tensor.sizes());
}

std::string value_text(const IValue& value) {
  if (value.isTensor()) return weight_text(value.toTensor());
  if (value.isDouble()) return "a float";
  if (value.isString()) return "'" + value.toStringRef() + "'";
  if (value.isTuple() || value.isList()) {
    const auto elements = value.isTuple() ? value.toTupleRef().elements().vec() : value.toListRef().vec();
    std::string list;
    for (const auto& element : elements) list += (list.empty() ? "" : ", ") + value_text(element);
    return value.isTuple() ? "(" + list + ")" : "[" + list + "]";
  }
  if (value.isObject() || value.isCustomClass()) return type_text(value.type());
  return torch_tensorrt::str(value);
}

class Writer {
 public:
  GraphStructure write(const Graph& graph) {
    write_block(*graph.block(), 0);
    return std::move(structure_);
  }

 private:
  void add(size_t depth, const std::string& line, const std::string& place = "") {
    structure_.lines.push_back(util::escape_invalid_utf8(std::string(2 * depth, ' ') + line));
    structure_.places.push_back(place);
  }

  std::string number(const Value* value) { return str('%', numbers_.emplace(value, numbers_.size()).first->second); }

  std::string list(at::ArrayRef<const Value*> values, bool with_types) {
    std::string text;
    for (const auto* value : values) {
      text += (text.empty() ? "" : ", ") + number(value);
      if (with_types) text += " : " + type_text(value->type());
    }
    return text;
  }

  void write_block(const Block& block, size_t depth) {
    add(depth, "(" + list(block.inputs(), /*with_types=*/true) + ")");
    for (const auto* node : block.nodes()) {
      add(depth, text_of(*node), util::source_location(node));
      for (const auto* inner : node->blocks()) write_block(*inner, depth + 1);
      for (const auto name : node->attributeNames()) {
        if (node->kindOf(name) == AttributeKind::g) write_block(*node->g(name)->block(), depth + 1);
      }
    }
    add(depth, "return (" + list(block.outputs(), /*with_types=*/false) + ")");
  }

  std::string text_of(const Node& node) {
    const std::string results = list(node.outputs(), /*with_types=*/true);
    const std::string start = results.empty() ? "" : results + " = ";
    if (node.kind() == c10::prim::Constant) {
      const auto value = torch::jit::toIValue(node.output());
      return start + (value ? value_text(*value) : "a constant");
    }
    return start + node.kind().toQualString() + attributes_of(node) + "(" + list(node.inputs(), false) + ")";
  }

  static std::string attributes_of(const Node& node) {
    std::string text;
    for (const auto name : node.attributeNames()) {
      text += str(text.empty() ? "[" : ", ", name.toUnqualString(), '=', attribute_text(node, name));
    }
    return text.empty() ? "" : text + "]";
  }

  static std::string attribute_text(const Node& node, c10::Symbol name) {
    switch (node.kindOf(name)) {
      case AttributeKind::f:
      case AttributeKind::fs:
        return "a float";
      case AttributeKind::c:
      case AttributeKind::cs:
        return "a complex number";
      case AttributeKind::i:
        return str(node.i(name));
      case AttributeKind::is:
        return torch_tensorrt::str(c10::IntArrayRef(node.is(name)));
      case AttributeKind::s:
        return node.s(name);
      case AttributeKind::ss:
        return torch_tensorrt::str(c10::ArrayRef<std::string>(node.ss(name)));
      case AttributeKind::t:
        return weight_text(node.t(name));
      case AttributeKind::ts:
        return str(node.ts(name).size(), " tensors");
      case AttributeKind::ty:
        return type_text(node.ty(name));
      case AttributeKind::tys:
        return types_text(node.tys(name));
      case AttributeKind::ival:
        return value_text(node.ival(name));
      case AttributeKind::g:
      case AttributeKind::gs:
        break;
    }
    return "a graph";
  }

  static std::string types_text(const std::vector<c10::TypePtr>& types) {
    std::string text;
    for (const auto& type : types) text += (text.empty() ? "" : ", ") + type_text(type);
    return text;
  }

  GraphStructure structure_;
  std::unordered_map<const Value*, size_t> numbers_;
};

std::string trimmed(const std::string& line) {
  const size_t start = line.find_first_not_of(' ');
  return start == std::string::npos ? line : line.substr(start);
}

}  // namespace

GraphStructure structure_of(const Graph& graph) { return Writer().write(graph); }

void check_same_structure(const std::vector<std::string>& compiled, const GraphStructure& given) {
  const size_t common = std::min(compiled.size(), given.lines.size());
  for (size_t i = 0; i < common; ++i) {
    if (compiled[i] == given.lines[i]) continue;
    const std::string place = given.places[i].empty() ? "" : " at " + given.places[i];
    TORCHTRT_THROW_ERROR("the new module does something else than the module that was compiled: it has \""
                         << trimmed(given.lines[i]) << "\"" << place << " where the compiled module has \""
                         << trimmed(compiled[i])
                         << "\". Only tensors and floats may differ; compile the new module instead");
  }
  TORCHTRT_CHECK(compiled.size() == given.lines.size(),
                 "the new module does something else than the module that was compiled: its graph has "
                     << given.lines.size() << " lines, and the compiled module's has " << compiled.size()
                     << "; compile the new module instead");
}

}  // namespace torch_tensorrt::core
