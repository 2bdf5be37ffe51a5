#include "torch_tensorrt/core/lowering/passes/quantized_tensors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "ATen/ATen.h"
#include "ATen/native/quantized/PackedParams.h"

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/alias_model.h"
#include "torch_tensorrt/core/lowering/passes/quantized_forms.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_value_map.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::NamedValue;
using torch::jit::Node;
using torch::jit::Value;

// How the elements of a quantized tensor are stored.
struct Quantization {
  double scale = 0;
  int64_t zero = 0;
  int64_t low = 0;
  int64_t high = 0;
  bool per_channel = false;  // scale and zero point are unset

  bool operator==(const Quantization& other) const {
    return scale == other.scale && zero == other.zero && low == other.low && high == other.high &&
           per_channel == other.per_channel;
  }
};

[[noreturn]] void refuse(const Node* node, const std::string& what) {
  throw Refused(torch_tensorrt::str(
      operator_and_line(node), " ", what,
      "; engines compute with quantized tensors as floating-point numbers: dequantize them before"));
}

// The range of a quantized dtype.
std::optional<std::pair<int64_t, int64_t>> range_of(at::ScalarType type) {
  if (type == at::kQUInt8) return std::make_pair(0, 255);
  if (type == at::kQInt8) return std::make_pair(-128, 127);
  return std::nullopt;
}

bool is_quantized_constant(const Node* node) {
  if (node->kind() != c10::prim::Constant || !node->hasUses()) return false;
  const auto value = torch::jit::toIValue(node->output());
  return value && value->isTensor() && value->toTensor().defined() && value->toTensor().is_quantized();
}

bool makes_quantized(const Node* node) {
  static const auto kTensor = c10::Symbol::aten("quantize_per_tensor");
  static const auto kChannel = c10::Symbol::aten("quantize_per_channel");
  return node->kind() == kTensor || node->kind() == kChannel || is_quantized_constant(node);
}

class Replacer {
 public:
  explicit Replacer(torch::jit::Graph& graph) : graph_(graph) {}

  void run() {
    for (Node* node : all_nodes(graph_.block())) visit(node);
    check_results(graph_.block());
    for (Node* node : dequantizes_) replace_with(node, node->input());
  }

 private:
  const Quantization* find(const Value* value) const {
    const auto found = known_.find(value);
    return found == known_.end() ? nullptr : &found->second;
  }

  void visit(Node* node) {
    const std::string op = node->kind().toQualString();
    const auto inputs = node->inputs();
    const bool reads = std::any_of(inputs.begin(), inputs.end(), [&](const Value* v) { return find(v) != nullptr; });
    if (!reads && !makes_quantized(node)) return;
    if (is_marked(node)) refuse(node, "is left to PyTorch and has a tensor of a quantized dtype");
    if (!reads) return make(node, op);
    if (reads_properties(op)) return;
    if (find(node->input(0)) == nullptr) refuse(node, "takes a quantized tensor for an argument after the first");
    const auto packed = packed_forms().find(op);
    if (packed != packed_forms().end()) return replace_packed(node, packed->second);
    const auto number = number_forms().find(op);
    if (number != number_forms().end() && node->inputs().size() == 2) return replace_with_number(node, number->second);
    const auto form = float_forms().find(op);
    if (form != float_forms().end()) return replace_by_form(node, form->second);
    if (const auto norm = batch_norm_form(op)) return replace_batch_norm(node, norm->relu);
    replace_other(node, op);
  }

  void replace_other(Node* node, const std::string& op) {
    const Quantization& first = *find(node->input(0));
    if (op == "aten::dequantize" && node->inputs().size() == 1) {
      dequantizes_.push_back(node);
      return;
    }
    if (op == "prim::is_quantized") return replace_by_constant(node, true);
    if (op == "aten::q_scale" && !first.per_channel) return replace_by_constant(node, first.scale);
    if (op == "aten::q_zero_point" && !first.per_channel) return replace_by_constant(node, first.zero);
    if (op == "prim::ListConstruct") return keep_list(node);
    if (keeps_elements(op)) return keep(node);
    if (op == "aten::cat" || op == "quantized::cat" || op == "quantized::cat_relu") return join(node, op);
    if (op == "quantized::threshold") {
      return round_to(node, emit(node, "aten::threshold", {node->input(0), node->input(1), node->input(2)}), first);
    }
    if (op == "quantized::instance_norm") return replace_instance_norm(node);
    if (op == "quantized::relu6") return round_to(node, emit(node, "aten::relu6", {node->input(0)}), first);
    if (op == "aten::sigmoid" || op == "aten::hardsigmoid") {
      return round_result(node, {1.0 / 256, first.low, first.low, first.high});
    }
    if (op == "aten::tanh") return round_result(node, {2.0 / 256, first.low + 128, first.low, first.high});
    if (!rounds(op)) refuse(node, "is not known for quantized tensors");
    if (op == "aten::mean" && !node->inputs().back()->type()->isSubtypeOf(*c10::NoneType::get())) {
      refuse(node, "has a dtype");
    }
    round_result(node, first);
  }

  // ---- nodes that make quantized tensors ----

  void make(Node* node, const std::string& op) {
    if (is_quantized_constant(node)) {
      const at::Tensor tensor = torch::jit::toIValue(node->output())->toTensor();
      const Quantization how = quantization_of(node, tensor);
      Node* place = node->next();
      Value* rounded = rounded_weights(place, tensor, tensor.dequantize(), 0);
      node->output()->replaceAllUsesWith(rounded);
      known_[rounded] = how;
      node->destroy();
      return;
    }
    const auto type = torch::jit::toIValue(node->inputs().back());
    if (!type || !type->isInt()) refuse(node, "has a dtype that is computed");
    const auto range = range_of(static_cast<at::ScalarType>(type->toInt()));
    if (!range) refuse(node, "has a dtype other than torch.quint8 and torch.qint8");
    if (op == "aten::quantize_per_channel") {
      const Quantization how{0, 0, range->first, range->second, true};
      const auto scales = constant_tensor(node, 1).to(at::kFloat), zeros = constant_tensor(node, 2).to(at::kInt);
      Value* result = emit(node, "aten::fake_quantize_per_channel_affine",
                           {node->input(0), constant_before(node, scales), constant_before(node, zeros), node->input(3),
                            how.low, how.high});
      return put(node, result, how);
    }
    round_to(node, node->input(0),
             {number(node, 1), static_cast<int64_t>(number(node, 2)), range->first, range->second});
  }

  at::Tensor constant_tensor(Node* node, size_t place) {
    const auto value = torch::jit::toIValue(node->input(place));
    if (!value || !value->isTensor()) refuse(node, "has a scale or zero point that is computed");
    return value->toTensor().cpu().contiguous();
  }

  double number(Node* node, size_t place) {
    const auto value = torch::jit::toIValue(node->input(place));
    if (value && value->isScalar()) return value->toScalar().toDouble();
    if (!value || !value->isTensor() || value->toTensor().numel() != 1) {
      refuse(node, "has a scale or zero point that is computed");
    }
    return value->toTensor().item().toDouble();
  }

  Quantization quantization_of(Node* node, const at::Tensor& tensor) {
    const auto range = range_of(tensor.scalar_type());
    if (!range) refuse(node, torch_tensorrt::str("has the dtype ", tensor.scalar_type()));
    if (tensor.qscheme() == at::kPerTensorAffine) {
      return {tensor.q_scale(), tensor.q_zero_point(), range->first, range->second};
    }
    if (tensor.qscheme() != at::kPerChannelAffine) refuse(node, "has a zero point that is a floating-point number");
    return {0, 0, range->first, range->second, true};
  }

  // ---- operators with packed weights ----

  // The values, rounded as the quantized weights are. `values` are the dequantized weights, perhaps with another shape.
  Value* rounded_weights(Node* place, const at::Tensor& weights, const at::Tensor& values, int64_t lost_dims) {
    const Quantization how = quantization_of(place, weights);
    Value* constant = constant_before(place, values.contiguous());
    if (!how.per_channel) return rounded(place, constant, how);
    TORCHTRT_CHECK(lost_dims == 0 || weights.q_per_channel_axis() < 2, "the axis of the scales is a lost dimension");
    const auto scales = weights.q_per_channel_scales().to(at::kFloat).contiguous();
    const auto zeros = weights.q_per_channel_zero_points().to(at::kInt).contiguous();
    return emit(place, "aten::fake_quantize_per_channel_affine",
                {constant, constant_before(place, scales), constant_before(place, zeros), weights.q_per_channel_axis(),
                 how.low, how.high});
  }

  void replace_packed(Node* node, const Packed& form) {
    const auto packed = torch::jit::toIValue(node->input(1));
    if (!packed || !packed->isObject()) refuse(node, "has weights that are no constant");
    if (node->inputs().size() != 4) refuse(node, "has stride and padding as arguments, as old files do");
    Value* result = nullptr;
    if (form.rank == 0) {
      result = linear(node, *packed->toCustomClass<LinearPackedParamsBase>());
    } else if (form.rank == 3) {
      result = convolution(node, *packed->toCustomClass<ConvPackedParamsBase<3>>(), 3);
    } else {
      result = convolution(node, *packed->toCustomClass<ConvPackedParamsBase<2>>(), form.rank);
    }
    if (form.relu) result = emit(node, "aten::relu", {result});
    round_to(node, result, result_quantization(node, 2));
  }

  Value* bias_of(Node* node, const std::optional<at::Tensor>& bias) {
    if (!bias || !bias->defined()) return constant_before(node, torch::jit::IValue());
    return constant_before(node, bias->detach());
  }

  at::Tensor checked(Node* node, const at::Tensor& weights) {
    if (!weights.is_quantized()) refuse(node, "has weights that are not quantized");
    return weights;
  }

  Value* linear(Node* node, LinearPackedParamsBase& packed) {
    const auto [weights, bias] = packed.unpack();
    Value* weight = rounded_weights(node, checked(node, weights), weights.dequantize(), 0);
    return emit(node, "aten::linear", {node->input(0), weight, bias_of(node, bias)});
  }

  // One-dimensional convolutions are packed as two-dimensional ones of height 1.
  template <int kRank>
  Value* convolution(Node* node, ConvPackedParamsBase<kRank>& packed, size_t rank) {
    const auto [weights, bias] = packed.unpack();
    const at::Tensor values = checked(node, weights).dequantize();
    Value* weight = rounded_weights(node, weights, rank == 1 ? values.squeeze(2) : values, rank == 1 ? 1 : 0);
    const auto last = [&](const torch::List<int64_t>& list) {
      const std::vector<int64_t> all = list.vec();
      return constant_before(node, std::vector<int64_t>(all.end() - static_cast<std::ptrdiff_t>(rank), all.end()));
    };
    const std::string dims = std::to_string(rank) + "d";
    if (packed.transpose()) {
      return emit(node, ("aten::conv_transpose" + dims).c_str(),
                  {node->input(0), weight, bias_of(node, bias), last(packed.stride()), last(packed.padding()),
                   last(packed.output_padding()), packed.groups(), last(packed.dilation())});
    }
    return emit(node, ("aten::conv" + dims).c_str(),
                {node->input(0), weight, bias_of(node, bias), last(packed.stride()), last(packed.padding()),
                 last(packed.dilation()), packed.groups()});
  }

  // ---- other operators ----

  // The quantization given by the node's arguments; its integers are those of the first argument.
  Quantization result_quantization(Node* node, size_t place) {
    const Quantization& first = *find(node->input(0));
    return {number(node, place), static_cast<int64_t>(number(node, place + 1)), first.low, first.high};
  }

  void replace_by_form(Node* node, const FloatForm& form) {
    if (node->inputs().size() < form.scale + 2) refuse(node, "is not known for quantized tensors and a number");
    std::vector<NamedValue> arguments;
    for (size_t i = 0; i < form.arguments.size(); ++i) {
      Value* argument = node->input(form.arguments[i]);
      if ((i < form.quantized) != (find(argument) != nullptr)) refuse(node, "mixes quantized tensors with others");
      arguments.emplace_back(argument);
    }
    Value* result = emit(node, form.op, arguments);
    if (form.relu) result = emit(node, "aten::relu", {result});
    round_to(node, result, result_quantization(node, form.scale));
  }

  void replace_with_number(Node* node, const NumberForm& form) {
    const Quantization first = *find(node->input(0));
    if (first.per_channel) refuse(node, "has the scales of channels");
    const double value = number(node, 1);
    Quantization how = first;
    double exact = value;  // as PyTorch computes with it
    if (form.adds) {
      const double steps = std::nearbyint(value / first.scale);
      how.zero = first.zero - static_cast<int64_t>(steps);
      if (how.zero < how.low || how.zero > how.high) refuse(node, "adds a number that makes PyTorch round all others");
      exact = steps * first.scale;
    } else {
      if (value == 0) refuse(node, "multiplies by 0");
      how.scale = std::abs(value) * first.scale;
      if (value < 0) how.zero = first.low + first.high - first.zero;
    }
    Value* result = emit(node, form.adds ? "aten::add" : "aten::mul", {node->input(0), exact});
    if (form.relu) result = emit(node, "aten::relu", {result});
    put(node, result, how);
  }

  // (x, weight, bias, mean, variance, eps, scale, zero point)
  void replace_batch_norm(Node* node, bool relu) {
    constexpr double kMomentum = 0.1;  // of training alone
    Value* result = emit(node, "aten::batch_norm",
                         {node->input(0), node->input(1), node->input(2), node->input(3), node->input(4), false,
                          kMomentum, node->input(5), false});
    if (relu) result = emit(node, "aten::relu", {result});
    round_to(node, result, result_quantization(node, 6));
  }

  // (x, weight, bias, eps, scale, zero point)
  void replace_instance_norm(Node* node) {
    constexpr double kMomentum = 0.1;  // of running statistics, which there are none of
    Value* none = constant_before(node, torch::jit::IValue());
    Value* result =
        emit(node, "aten::instance_norm",
             {node->input(0), node->input(1), node->input(2), none, none, true, kMomentum, node->input(3), false});
    round_to(node, result, result_quantization(node, 4));
  }

  // cat(tensors, dim) and quantized::cat(tensors, dim, scale, zero point); without a scale, that of the first tensor.
  void join(Node* node, const std::string& op) {
    Quantization how = *find(node->input(0));
    if (op != "aten::cat" && !node->input(2)->type()->isSubtypeOf(*c10::NoneType::get())) {
      how = result_quantization(node, 2);
    }
    Value* result = emit(node, "aten::cat", {node->input(0), node->input(1)});
    if (op == "quantized::cat_relu") result = emit(node, "aten::relu", {result});
    round_to(node, result, how);
  }

  // The quantization of a list is that of its first tensor. Only a join takes tensors with several ones.
  void keep_list(Node* node) {
    bool same = true;
    for (const Value* input : node->inputs()) {
      if (find(input) == nullptr) refuse(node, "mixes quantized tensors with others");
      same = same && *find(input) == *find(node->input(0));
    }
    for (const auto& use : node->output()->uses()) {
      const std::string user = use.user->kind().toQualString();
      const bool joins = user == "aten::cat" || user == "quantized::cat" || user == "quantized::cat_relu";
      if (!same && !joins) refuse(use.user, "takes tensors with several scales");
    }
    known_[node->output()] = *find(node->input(0));
  }

  void keep(Node* node) {
    const Quantization how = *find(node->input(0));
    for (Value* output : node->outputs()) {
      if (output->type()->isSubtypeOf(*c10::TensorType::get())) output->setType(c10::TensorType::get());
      known_[output] = how;
    }
  }

  void round_result(Node* node, const Quantization& how) {
    if (how.per_channel) refuse(node, "rounds to the scales of channels");
    const auto* schema = node->maybeSchema();
    if (schema == nullptr || schema->is_mutable() || node->outputs().size() != 1) {
      refuse(node, "is not known for quantized tensors");
    }
    node->output()->setType(c10::TensorType::get());
    const Quantization kept = how;
    Node* place = node->next();
    Value* result = node->output();
    Value* rounded_result = rounded(place, result, kept);
    result->replaceAllUsesAfterNodeWith(rounded_result->node(), rounded_result);
    known_[rounded_result] = kept;
  }

  void round_to(Node* node, Value* value, const Quantization& how) {
    if (how.per_channel) refuse(node, "rounds to the scales of channels");
    put(node, rounded(node, value, how), how);
  }

  void put(Node* node, Value* result, const Quantization& how) {
    known_[result] = how;
    replace_with(node, result);
  }

  void replace_by_constant(Node* node, const torch::jit::IValue& value) {
    replace_with(node, constant_before(node, value));
  }

  Value* rounded(Node* place, Value* value, const Quantization& how) {
    return emit(place, "aten::fake_quantize_per_tensor_affine", {value, how.scale, how.zero, how.low, how.high});
  }

  Value* emit(Node* place, const char* op, const std::vector<NamedValue>& arguments) {
    const torch::jit::WithInsertPoint here(place);
    return graph_.insert(c10::Symbol::fromQualString(op), arguments, {}, place->sourceRange());
  }

  // No quantized tensor may leave the graph, or a block of it.
  void check_results(const torch::jit::Block* block) {
    for (const Value* output : block->outputs()) {
      if (find(output) == nullptr) continue;
      if (block->owningNode() != nullptr) refuse(block->owningNode(), "gives a tensor of a quantized dtype");
      throw Refused("a result is a tensor of a quantized dtype, which engines do not return; dequantize it");
    }
    for (const Node* node : block->nodes()) {
      for (const auto* inner : node->blocks()) check_results(inner);
    }
  }

  torch::jit::Graph& graph_;
  std::vector<Node*> dequantizes_;      // removed last: until then, their results are told from quantized tensors
  util::ValueMap<Quantization> known_;  // quantized tensors, and lists of them
};

}  // namespace

bool replace_quantized_tensors(const GraphPtr& graph) {
  const auto nodes = all_nodes(graph->block());
  if (std::none_of(nodes.begin(), nodes.end(), makes_quantized)) return false;
  const auto rewritten = graph->copy();  // the graph stays as it is if the pass refuses it
  Replacer(*rewritten).run();
  graph->block()->clear();
  graph->block()->cloneFrom(rewritten->block(), [](Value* value) { return value; });
  return true;
}

}  // namespace torch_tensorrt::core::lowering::passes
