#include "torch_tensorrt/core/conversion/compile_time.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <unordered_set>

#include "torch_tensorrt/core/conversion/block_converter.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"

namespace torch_tensorrt::core::conversion {
namespace {

using nvinfer1::DataType;
using nvinfer1::ITensor;

std::optional<torch::jit::IValue> as_ivalue(DataType type, double number) {
  if (type == DataType::kBOOL) return torch::jit::IValue(number != 0);
  if (nvinfer1::is_integral(type)) return torch::jit::IValue(static_cast<int64_t>(number));
  return std::nullopt;
}

const nvinfer1::Profile* profile_of(const ITensor& tensor) {
  const auto& profiles = tensor.producer()->network()->profiles();
  return profiles.empty() ? nullptr : &profiles.front();
}

std::string describe(const nvinfer1::DimOrigin& origin) {
  std::ostringstream text;
  text << "dimension " << origin.axis << " of input " << input_name(*origin.tensor);
  const auto* profile = profile_of(*origin.tensor);
  const auto range = profile == nullptr ? nvinfer1::Profile::const_iterator() : profile->find(origin.tensor->getName());
  if (profile == nullptr || range == profile->end()) return text.str();
  text << " (" << range->second.min.d[origin.axis] << " to " << range->second.max.d[origin.axis] << ")";
  return text.str();
}

}  // namespace

std::optional<torch::jit::IValue> decided_number(const ITensor& tensor) {
  const DataType type = tensor.getType();
  const auto& value = tensor.shape_value();
  if (value && value->elements.size() == 1 && value->is_known()) {
    if (nvinfer1::is_floating_point(type)) return torch::jit::IValue(nvinfer1::to_real(value->elements[0]));
    if (type == DataType::kBOOL) return torch::jit::IValue(value->elements[0] != 0);
    return torch::jit::IValue(value->elements[0]);
  }
  const auto* profile = profile_of(tensor);
  if (profile == nullptr || tensor.getDimensions().volume() != 1) return std::nullopt;
  const auto range = nvinfer1::ValueRanges(*profile).of_element(tensor, 0);
  return range.is_point() ? as_ivalue(type, range.low) : std::nullopt;
}

torch::jit::IValue decided_or_computed(ITensor* tensor) {
  const auto number = decided_number(*tensor);
  return number ? *number : TensorContainer::wrap(tensor);
}

std::string what_decides(const ITensor& tensor) {
  bool of_sizes_only = true;
  const auto sizes = nvinfer1::sizes_behind(tensor, of_sizes_only);
  std::string text = of_sizes_only ? "" : "the values of an input";
  for (const auto& origin : sizes) text += (text.empty() ? "" : " and ") + describe(origin);
  return text.empty() ? "the inputs" : text;
}

std::string input_name(const ITensor& input) {
  const std::string own = input.producer()->getName();
  return own.empty() ? input.getName() : own;
}

namespace {

namespace prim = torch::jit::prim;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

bool holds_tensors(const c10::TypePtr& type) {
  const auto parts = type->containedTypes();
  return type->isSubtypeOf(*c10::TensorType::get()) || std::any_of(parts.begin(), parts.end(), holds_tensors);
}

// Operators whose result takes the shape of another tensor, not its elements.
bool makes_like(const Node* n) {
  const std::string name = n->kind().toQualString();
  const auto ends_with = [&](const std::string& end) {
    return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
  };
  return ends_with("_like") || name.rfind("aten::new_", 0) == 0 || name == "aten::_shape_as_tensor";
}

// Finds the values of a graph that depend on the elements of its inputs, from the first node to the last.
class DataDependence {
 public:
  explicit DataDependence(const torch::jit::Graph& graph) {
    for (const auto* input : graph.inputs()) mark(input, holds_tensors(input->type()));
    visit(*graph.block());
  }

  bool includes(const Value* value) const { return found_.count(value) != 0; }

 private:
  void mark(const Value* value, bool depends) {
    if (depends) changed_ |= found_.insert(value).second;
  }

  bool any(at::ArrayRef<const Value*> values) const {
    return std::any_of(values.begin(), values.end(), [&](const Value* value) { return includes(value); });
  }

  void visit(const Block& block) {
    for (const auto* n : block.nodes()) visit(n);
  }

  void visit(const Node* n) {
    if (n->kind() == prim::If) return visit_if(n);
    if (n->kind() == prim::Loop) return visit_loop(n);
    for (const auto* inner : n->blocks()) visit(*inner);
    const bool unpacks = n->kind() == prim::TupleUnpack || n->kind() == prim::TupleIndex;
    if (unpacks && n->input(0)->node()->kind() == prim::TupleConstruct) return visit_elements(n);
    for (const auto* output : n->outputs()) mark(output, depends(n, output));
  }

  bool depends(const Node* n, const Value* output) const {
    const bool of_elements = holds_tensors(output->type()) ? !makes_like(n) : reads_elements(n);
    if (of_elements) return any(n->inputs());
    return std::any_of(n->inputs().begin(), n->inputs().end(),
                       [&](const Value* input) { return !holds_tensors(input->type()) && includes(input); });
  }

  // Looks up each element of a tuple made in the graph: a number beside a tensor does not depend on it.
  void visit_elements(const Node* n) {
    const Node* maker = n->input(0)->node();
    const auto elements = maker->inputs();
    const auto index = n->kind() == prim::TupleIndex ? torch::jit::toIValue(n->input(1)) : std::nullopt;
    for (size_t i = 0; i < n->outputs().size(); ++i) {
      const bool is_known = n->kind() == prim::TupleUnpack || index;
      int64_t place = index ? index->toInt() : static_cast<int64_t>(i);
      if (place < 0) place += static_cast<int64_t>(elements.size());
      const bool fits = is_known && place >= 0 && place < static_cast<int64_t>(elements.size());
      mark(n->outputs()[i], fits ? includes(elements[place]) : any(elements));
    }
  }

  void visit_if(const Node* n) {
    for (const auto* branch : n->blocks()) {
      visit(*branch);
      for (size_t i = 0; i < n->outputs().size(); ++i) mark(n->outputs()[i], includes(branch->outputs()[i]));
    }
    if (!includes(n->input(0))) return;
    for (const auto* output : n->outputs()) mark(output, true);
  }

  // Repeats until nothing changes, because a value carried to the next round may make more values depend on data.
  void visit_loop(const Node* n) {
    const auto* body = n->blocks()[0];
    const auto carried = n->inputs().slice(2);
    mark(body->inputs()[0], includes(n->input(0)));
    for (size_t i = 0; i < carried.size(); ++i) mark(body->inputs()[i + 1], includes(carried[i]));
    bool again = true;
    while (again) {
      const bool before = std::exchange(changed_, false);
      visit(*body);
      for (size_t i = 0; i < carried.size(); ++i) mark(body->inputs()[i + 1], includes(body->outputs()[i + 1]));
      again = changed_;
      changed_ |= before;
    }
    const bool turns = includes(n->input(0)) || includes(n->input(1)) || includes(body->outputs()[0]);
    for (size_t i = 0; i < n->outputs().size(); ++i) mark(n->outputs()[i], turns || includes(body->inputs()[i + 1]));
  }

  std::unordered_set<const Value*> found_;
  bool changed_ = false;
};

constexpr const char* kAdvice =
    "compile the parts before and after it separately, or write it as a computation (torch.where, a mask)";

}  // namespace

Decision control_flow_decision(const Node* n) {
  if (n->kind() != prim::If && n->kind() != prim::Loop) return Decision::yes();
  const DataDependence data(*const_cast<Node*>(n)->owningGraph());
  if (n->kind() == prim::If) {
    if (!data.includes(n->input(0)) || can_pick(n)) return Decision::yes();
    return Decision::no(str("its condition depends on the values of the inputs; ", kAdvice));
  }
  const bool turns =
      data.includes(n->input(0)) || data.includes(n->input(1)) || data.includes(n->blocks()[0]->outputs()[0]);
  if (!turns) return Decision::yes();
  return Decision::no(str("the number of iterations depends on the values of the inputs; ", kAdvice));
}

bool reads_elements(const Node* n) {
  static const std::set<std::string> kKinds = {
      "aten::item",       "aten::Int",         "aten::Float",           "aten::Bool",
      "aten::Complex",    "aten::IntImplicit", "aten::FloatImplicit",   "aten::ScalarImplicit",
      "aten::is_nonzero", "aten::equal",       "aten::allclose",        "aten::_local_scalar_dense",
      "prim::tolist",     "aten::tolist",      "aten::ComplexImplicit", "aten::__contains__",
  };
  return kKinds.count(n->kind().toQualString()) != 0;
}

}  // namespace torch_tensorrt::core::conversion
