#include "torch_tensorrt/core/partitioning/probe.h"

#include <algorithm>
#include <set>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/partitioning/graph_facts.h"
#include "torch_tensorrt/core/partitioning/probe_convolution.h"
#include "torch_tensorrt/core/partitioning/probe_facts.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

// One node in the probe: it runs on tensors without data, or on small ones with data.
namespace torch_tensorrt::core::partitioning {
namespace {

namespace prim = torch::jit::prim;
using c10::IValue;
using torch::jit::Node;
using torch::jit::Value;

// Elements of a tensor that a node without a meta form may run on. The time of an operator that is not PyTorch's may
// grow with the square of the size.
constexpr int64_t kSampleSize = 1 << 26;
constexpr int64_t kSmallSampleSize = 1 << 12;

c10::impl::GenericList list_of(const c10::TypePtr& type, const std::vector<IValue>& elements) {
  c10::impl::GenericList list(type->expectRef<c10::ListType>().getElementType());
  for (const auto& element : elements) list.push_back(element);
  return list;
}

// Operators of linear time whose results have sizes that follow from sizes, whatever the data. In C++, PyTorch has no
// meta form of them.
bool ignores_data(const Node* node) {
  static const std::set<std::string> kKinds = {
      "aten::relu",       "aten::relu_",      "aten::relu6",      "aten::relu6_",      "aten::hardtanh",
      "aten::hardtanh_",  "aten::hardswish",  "aten::hardswish_", "aten::batch_norm",  "aten::instance_norm",
      "aten::layer_norm", "aten::group_norm", "aten::rsub",       "aten::isnan",       "aten::flip",
      "aten::roll",       "aten::remainder",  "aten::xlogy",      "aten::masked_fill", "aten::adaptive_avg_pool1d",
      "aten::prod",       "aten::var",        "aten::std",        "aten::sort",        "aten::adaptive_avg_pool2d"};
  return kKinds.count(node->kind().toQualString()) != 0;
}

// The results of a node that only makes or takes apart a collection; unset for other nodes.
std::optional<std::vector<IValue>> rebuild(const Node* node, const std::vector<IValue>& inputs) {
  const auto kind = node->kind();
  if (kind == prim::ListConstruct) return {{list_of(node->output()->type(), inputs)}};
  if (kind == prim::TupleConstruct) {
    const auto type = node->output()->type()->cast<c10::TupleType>();
    return {{c10::ivalue::Tuple::createNamed(inputs, type)}};
  }
  if (kind == prim::DictConstruct) {
    const auto type = node->output()->type()->expect<c10::DictType>();
    c10::impl::GenericDict dict(type->getKeyType(), type->getValueType());
    for (size_t i = 0; i + 1 < inputs.size(); i += 2) dict.insert(inputs[i], inputs[i + 1]);
    return {{dict}};
  }
  if (kind == prim::TupleUnpack) return inputs[0].toTupleRef().elements().vec();
  if (kind == prim::ListUnpack) {
    auto parts = inputs[0].toListRef().vec();
    TORCHTRT_CHECK(parts.size() == node->outputs().size(), "the list has another length");
    return parts;
  }
  if (kind == prim::TupleIndex) {
    auto parts = inputs[0].toTupleRef().elements().vec();
    int64_t place = inputs[1].toInt();
    if (place < 0) place += static_cast<int64_t>(parts.size());
    return {{parts.at(static_cast<size_t>(place))}};
  }
  if (kind == prim::unchecked_cast || kind == prim::unchecked_unwrap_optional) return {{inputs[0]}};
  return std::nullopt;
}

std::vector<IValue> call(const Node* node, torch::jit::Stack stack) {
  const auto* schema = node->maybeSchema();
  // Operators with any number of arguments, such as format, also take the number.
  if (schema != nullptr && schema->is_vararg()) stack.emplace_back(static_cast<int64_t>(node->inputs().size()));
  node->getOperation()(stack);
  return stack;
}

struct NoSample {};  // a tensor too large to be run while compiling, or of a layout without a meta form

// Whether no tensor is nested or sparse.
bool all_plain(const std::vector<IValue>& values) {
  bool is_so = true;
  for (const auto& value : values) {
    map_parts(value, [&](const IValue& part) {
      const bool is_tensor = part.isTensor() && part.toTensor().defined();
      if (is_tensor && (part.toTensor().is_nested() || part.toTensor().layout() != at::kStrided)) is_so = false;
      return part;
    });
  }
  return is_so;
}

// What fills the tensors of a sample.
enum class Fill { kZeros, kOnes, kDifferent };

// Tensors with data, of the shapes and dtypes of the meta tensors.
IValue filled(const IValue& value, Fill fill, int64_t most) {
  return map_parts(value, [&](const IValue& part) -> IValue {
    if (part.isDevice()) return c10::Device(at::kCPU);
    if (!part.isTensor() || !part.toTensor().defined() || !part.toTensor().is_meta()) return part;
    const auto& tensor = part.toTensor();
    if (tensor.numel() > most) throw NoSample();
    if (fill == Fill::kDifferent) return at::arange(tensor.numel()).to(tensor.scalar_type()).reshape(tensor.sizes());
    return at::full(tensor.sizes(), fill == Fill::kOnes ? 1 : 0, at::dtype(tensor.scalar_type()));
  });
}

}  // namespace

// The type of the number that the node reads from a tensor: item() has no type of its own.
c10::TypePtr GraphProbe::number_type(const Node* node, const c10::TypePtr& type) const {
  if (type->kind() != c10::TypeKind::NumberType) return type;
  const Probe* probe = node->inputs().empty() ? nullptr : find(node->input(0));
  if (probe == nullptr || !probe->at[kOpt]->isTensor()) return type;
  const auto dtype = probe->at[kOpt]->toTensor().scalar_type();
  if (dtype == at::kBool) return c10::BoolType::get();
  return at::isIntegralType(dtype, false) ? c10::TypePtr(c10::IntType::get()) : c10::TypePtr(c10::FloatType::get());
}

void GraphProbe::run(const Node* node, bool always) {
  Values results(node->outputs().size(), unknown());
  bool number_varies = false;
  bool size_varies = false;
  for (const auto* input : node->inputs()) {
    const auto found = probes_.find(input);
    const bool varies = found == probes_.end() || found->second.varies;
    (is_tensor(input->type()) ? size_varies : number_varies) |= varies;
  }
  const auto free_input = [&](const Value* input) { return probes_.count(input) != 0 && probes_.at(input).is_free; };
  const auto inputs = node->inputs();
  const bool is_free = std::any_of(inputs.begin(), inputs.end(), free_input);
  const auto sampled_input = [&](const Value* v) { return probes_.count(v) != 0 && probes_.at(v).is_sampled; };
  const bool is_sampled = std::any_of(inputs.begin(), inputs.end(), sampled_input);
  const bool reads = reads_data(node);
  const bool assumes = takes_assumed(node) && !known_device_fact(node, device_);
  bool is_computed = true;
  for (size_t p = 0; p < points_.size(); ++p) {
    if (run_at(node, p, results, always)) continue;
    is_computed = false;
    for (const auto* value : written_values(node)) {  // what it would have written is unknown
      if (!is_tensor(value->type()) && probes_.count(value) != 0) probes_[value].at[p].reset();
    }
  }
  for (size_t i = 0; i < results.size(); ++i) {
    auto& result = results[i];
    const auto& type = node->outputs()[i]->type();
    if (reads && !is_computed && !holds_tensors(type)) {
      result = any_number(number_type(node, type));
    } else if (holds_tensors(type)) {
      result.varies = result.varies || number_varies || size_varies;
      result.is_sampled = result.is_sampled || is_sampled;
    } else {
      bool differs = false;
      for (const auto& at : result.at) differs = differs || !at || !result.at[kOpt] || differ(*at, *result.at[kOpt]);
      const bool inherits = (number_varies || size_varies) && !asks_for_structure(node) &&
                            !compares_argument_size(node) && !(keys_are_fixed_ && asks_for_keys(node));
      result.varies = result.varies || differs || inherits;
      if (is_sampled && inherits && !differs && computes_number(node)) {
        show_variation(result);
        differs = true;
      }
      result.is_sampled = result.is_sampled || (is_sampled && differs);
    }
    result.is_free = is_free || (reads && result.varies);
    result.is_assumed = assumes;
    probes_[node->outputs()[i]] = std::move(result);
  }
  for (const auto* value : written_values(node)) {
    if (is_free && probes_.count(value) != 0) probes_[value].is_free = true;
    if (assumes && probes_.count(value) != 0) probes_[value].is_assumed = true;
  }
}

namespace {

std::string with_line(const std::string& error, const Node* node) {
  const std::string line = util::GetPyTorchSourceCode(node);
  return error + (line.empty() ? "" : "\nSource: " + line);
}

// The size of a result, or of a tensor in a list of results, whose size depends on data: 0, or as large as can be.
void free_sizes(IValue& result, const IValue& other, int side, bool& varies) {
  if (result.isList() && other.isList() && result.toList().size() == other.toList().size()) {
    c10::impl::GenericList parts(result.toList().elementType());
    for (size_t i = 0; i < other.toList().size(); ++i) {
      IValue part = result.toListRef()[i];
      free_sizes(part, other.toListRef()[i], side, varies);
      parts.push_back(std::move(part));
    }
    result = std::move(parts);
    return;
  }
  if (!result.isTensor() || !other.isTensor()) return;
  const auto a = result.toTensor();
  const auto b = other.toTensor();
  std::vector<int64_t> sizes = a.sizes().vec();
  if (a.dim() != b.dim()) return;
  for (int64_t i = 0; i < a.dim(); ++i) {
    if (a.size(i) == b.size(i)) continue;
    varies = true;
    sizes[static_cast<size_t>(i)] = side < 0 ? 0 : side == 0 ? std::max(a.size(i), b.size(i)) : kAnySize;
  }
  result = at::empty(sizes, at::dtype(a.scalar_type()).device(at::kMeta));
}

}  // namespace

namespace {

// Whether a value is, or holds, a tensor of integers.
bool holds_integers(const std::vector<IValue>& values) {
  bool found = false;
  for (const auto& value : values) {
    map_parts(value, [&](const IValue& part) {
      found = found || (part.isTensor() && part.toTensor().defined() &&
                        at::isIntegralType(part.toTensor().scalar_type(), /*includeBool=*/false));
      return part;
    });
  }
  return found;
}

// Whether a value is, or holds, a quantized tensor, which has no meta form. No engine takes one.
bool holds_quantized(const std::vector<IValue>& values) {
  bool found = false;
  for (const auto& value : values) {
    map_parts(value, [&](const IValue& part) {
      found = found || (part.isTensor() && part.toTensor().defined() && part.toTensor().is_quantized());
      return part;
    });
  }
  return found;
}

// The indices of the boxes that non-maximum suppression keeps: from none to all. Unset for other nodes.
std::optional<IValue> kept_boxes(const Node* node, const std::vector<IValue>& inputs, int side) {
  static const auto kNms = c10::Symbol::fromQualString("torchvision::nms");
  if (node->kind() != kNms || !inputs[0].isTensor() || inputs[0].toTensor().dim() != 2) return std::nullopt;
  const int64_t count = side < 0 ? 0 : inputs[0].toTensor().size(0);
  return at::empty({count}, at::dtype(at::kLong).device(at::kMeta));
}

}  // namespace

std::optional<std::pair<std::vector<IValue>, bool>> GraphProbe::run_samples(const Node* node,
                                                                            const std::vector<IValue>& inputs, int side,
                                                                            std::string& error) const {
  std::optional<std::pair<std::vector<IValue>, bool>> result;
  const bool takes_integers = node->kind().is_aten() && written_values(node).empty() && holds_integers(inputs);
  const int64_t most = node->kind().is_aten() || node->kind().is_prim() ? kSampleSize : kSmallSampleSize;
  for (const Fill fill : {Fill::kZeros, Fill::kOnes, Fill::kDifferent}) {
    if (result && ignores_data(node)) break;
    try {
      std::vector<IValue> stack;
      for (const auto& input : inputs) stack.push_back(filled(input, fill, most));
      put_device(node, stack, c10::Device(at::kCPU));
      auto outputs = call(node, std::move(stack));
      if (!all_plain(outputs) || holds_quantized(outputs)) throw NoSample();
      for (auto& output : outputs) output = to_meta(output);
      if (!result) {
        result.emplace(std::move(outputs), false);
        continue;
      }
      for (size_t i = 0; i < outputs.size(); ++i) free_sizes(result->first[i], outputs[i], side, result->second);
    } catch (const NoSample&) {
      error.clear();
      return std::nullopt;
    } catch (...) {
      error = util::current_error().msg();
      LOG_DEBUG("no shape is known for " << util::node_info(node) << ": " << error);
      // Indices and lengths of a sample may be none that the operator accepts, but its dtypes are those of the call.
      if (takes_integers && error.find("type") == std::string::npos) error.clear();
    }
  }
  return result;
}

bool GraphProbe::run_at(const Node* node, size_t point, Values& results, bool always) {
  std::vector<IValue> inputs;
  for (const auto* input : node->inputs()) {
    const auto found = probes_.find(input);
    if (found == probes_.end() || !found->second.at[point]) return false;
    inputs.push_back(*found->second.at[point]);
  }
  const auto give = [&](const std::vector<IValue>& values, bool varies) {
    for (size_t i = 0; i < results.size() && i < values.size(); ++i) {
      results[i].at[point] = values[i];
      results[i].varies = point == 0 ? varies : results[i].varies || varies;
      results[i].is_sampled = results[i].is_sampled || varies;
    }
    return true;
  };
  if (holds_quantized(inputs)) return false;
  if (const auto device = known_device_fact(node, device_)) return give({*device}, false);
  if (const auto kept = kept_boxes(node, inputs, points_[point])) return give({*kept}, true);
  if (moves_only(node)) return give({inputs[0]}, false);
  if (lowering::passes::asks_for_mode(node)) return give({false}, false);    // a block of autocast is not probed
  const bool acts = node->hasSideEffects() && written_values(node).empty();  // prints, for example
  if (acts && node->kind() != prim::RaiseException) return false;
  std::string failure;
  bool mixes = false;
  try {
    if (const auto parts = rebuild(node, inputs)) return give(*parts, false);
    if (node->maybeOperator() == nullptr) return false;
    const bool has_data = std::all_of(inputs.begin(), inputs.end(), holds_data);
    if (reads_data(node) && !has_data) return false;
    if (reads_data(node) || (has_data && computes_numbers(node, inputs))) {
      std::vector<IValue> stack = inputs;
      put_device(node, stack, c10::Device(at::kCPU));
      return give(call(node, std::move(stack)), false);
    }
    mixes = refuses_mixed_floats(node, inputs);
    TORCHTRT_CHECK(!mixes, node->kind().toQualString() << ": the tensors have different floating dtypes");
    // The node may write a collection, so it gets the collections themselves.
    std::vector<IValue> stack = inputs;
    if (written_values(node).empty()) {
      for (auto& input : stack) input = to_meta(input);
    }
    put_device(node, stack, c10::Device(at::kMeta));
    auto outputs = call(node, std::move(stack));
    if (holds_quantized(outputs)) return false;
    for (auto& output : outputs) output = to_meta(output);
    return give(outputs, false);
  } catch (...) {
    failure = util::current_error().msg();
  }
  // The node has no meta form, or its result depends on data, or it does not fit the shapes.
  try {
    const auto run = [node](torch::jit::Stack stack) { return call(node, std::move(stack)); };
    if (const auto result = convolution_result(node, inputs, run)) return give({*result}, false);
  } catch (...) {
    failure = util::current_error().msg();
  }
  if (auto sample = run_samples(node, inputs, points_[point], failure)) {
    // A number that a node gives for tensors with data only may be another one in each call.
    const auto outputs = node->outputs();
    const bool gives_number =
        std::any_of(outputs.begin(), outputs.end(), [](const Value* v) { return !holds_tensors(v->type()); });
    return give(sample->first, sample->second || gives_number);
  }
  if (is_elsewhere_ || takes_assumed(node)) return false;  // calls may do without an error
  if (mixes && !is_elsewhere_ && mixed_floats_.empty()) mixed_floats_ = failure;
  if (point == kOpt && always && misfit_.empty() && !failure.empty()) misfit_ = with_line(failure, node);
  return false;
}

std::string GraphProbe::error_of(const Node* node) const {
  if (takes_assumed(node)) return "";
  std::vector<IValue> inputs;
  for (const auto* input : node->inputs()) {
    const Probe* probe = find(input);
    if (probe == nullptr) return "";
    inputs.push_back(*probe->at[kOpt]);
  }
  std::string error;
  return run_samples(node, inputs, 0, error) || error.empty() ? "" : with_line(error, node);
}

}  // namespace torch_tensorrt::core::partitioning
