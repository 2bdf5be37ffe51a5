#include "torch_tensorrt/core/conversion/block_converter.h"

#include <algorithm>
#include <set>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/compile_time.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"
#include "torch_tensorrt/core/util/jit_in_place.h"
#include "torch_tensorrt/core/util/jit_quantization.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::core::conversion {
namespace {

namespace prim = torch::jit::prim;

// Makes the value the node's output for later nodes.
void associate(ConversionCtx* ctx, const torch::jit::Value* output, const torch::jit::IValue& value) {
  if (!TensorContainer::is_in(value)) {
    ctx->AssociateValueAndIValue(output, value);
    return;
  }
  ctx->evaluated_value_map.erase(output);
  ctx->AssociateValueAndTensor(output, value.toCustomClass<TensorContainer>()->tensor());
}

void associate_results(ConversionCtx* ctx, const torch::jit::Node* n, const torch::jit::IValue& result) {
  if (n->outputs().size() == 1) {
    associate(ctx, n->output(), result);
    return;
  }
  const auto& elements = result.toTupleRef().elements();
  for (size_t i = 0; i < n->outputs().size(); ++i) associate(ctx, n->outputs()[i], elements[i]);
}

torch::jit::IValue as_ivalue(ConversionCtx* ctx, const torch::jit::Value* value, const torch::jit::Node* user) {
  const Var var = lookup(ctx, value, user);
  if (var.isITensor()) return TensorContainer::wrap(var.ITensor());
  return var.isIValue() ? *var.IValue() : torch::jit::IValue();
}

// Forgets the results of an earlier conversion of the block, for example of the previous round of a loop.
void forget(ConversionCtx* ctx, const torch::jit::Block* block) {
  for (const auto* node : block->nodes()) {
    for (const auto* output : node->outputs()) {
      ctx->value_tensor_map.erase(output);
      ctx->evaluated_value_map.erase(output);
    }
    for (const auto* inner : node->blocks()) forget(ctx, inner);
  }
}

void pass_on(ConversionCtx* ctx, const torch::jit::Node* n, const torch::jit::IValue& value,
             const torch::jit::Value* target) {
  (void)n;
  ctx->value_tensor_map.erase(target);
  ctx->evaluated_value_map.erase(target);
  associate(ctx, target, value);
}

std::string give_one_size() {
  return "give one size for it instead of a range, narrow the range until the condition is always the same, compile "
         "one module for each way through the model, or write the condition as a computation (min, max, "
         "torch.where)";
}

std::string undecided(const torch::jit::IValue& value) {
  if (!TensorContainer::is_in(value)) return "the inputs";
  return what_decides(*value.toCustomClass<TensorContainer>()->tensor());
}

// Whether a block's exceptions are raised, or ignored because the block may be a branch that is not taken.
enum class Raising { kHappens, kIsIgnored };

void convert_all(ConversionCtx* ctx, const torch::jit::Block* block, Raising raising);

void convert_branch(ConversionCtx* ctx, const torch::jit::Block* branch, Raising raising) {
  forget(ctx, branch);
  convert_all(ctx, branch, raising);
}

bool raises(const torch::jit::Block* block) {
  const auto nodes = block->nodes();
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const torch::jit::Node* n) { return n->kind() == prim::RaiseException; });
}

bool is_empty(const torch::jit::Block* block) { return block->nodes().begin() == block->nodes().end(); }

// An If that only raises an exception in one branch and is empty in the other.
bool is_guard(const torch::jit::Node* n) {
  if (n->kind() != prim::If || !n->outputs().empty()) return false;
  const auto blocks = n->blocks();
  return (raises(blocks[0]) && is_empty(blocks[1])) || (raises(blocks[1]) && is_empty(blocks[0]));
}

// Whether the node's results are used only to compute conditions of guards.
bool serves_guards(const torch::jit::Node* n) {
  size_t uses = 0;
  for (const auto* output : n->outputs()) {
    for (const auto& use : output->uses()) {
      if (!is_guard(use.user) && !serves_guards(use.user)) return false;
      ++uses;
    }
  }
  return uses > 0;
}

bool is_number(const torch::jit::Value* value) {
  const auto kind = value->type()->kind();
  return kind == c10::TypeKind::IntType || kind == c10::TypeKind::FloatType || kind == c10::TypeKind::BoolType;
}

bool only_computes(const torch::jit::Block* block) {
  for (const auto* node : block->nodes()) {
    if (is_guard(node)) continue;
    if (node->kind() == prim::RaiseException || node->hasSideEffects() || util::is_in_place(node)) return false;
    const auto* schema = node->maybeSchema();
    if (schema != nullptr && schema->is_mutable()) return false;
    for (const auto* inner : node->blocks()) {
      if (!only_computes(inner)) return false;
    }
  }
  return true;
}

nvinfer1::ITensor* as_number_tensor(ConversionCtx* ctx, const torch::jit::IValue& value) {
  if (TensorContainer::is_in(value)) return value.toCustomClass<TensorContainer>()->tensor();
  const auto scalar = value.toScalar();
  return converters::tensor_constant(ctx, at::scalar_tensor(scalar, at::TensorOptions().dtype(scalar.type())));
}

void pick_numbers(ConversionCtx* ctx, const torch::jit::Node* n, nvinfer1::ITensor* condition) {
  std::vector<torch::jit::IValue> picked;
  for (const auto* branch : n->blocks()) {
    convert_branch(ctx, branch, Raising::kIsIgnored);
    for (const auto* output : branch->outputs()) picked.push_back(as_ivalue(ctx, output, n));
  }
  const size_t count = n->outputs().size();
  for (size_t i = 0; i < count; ++i) {
    auto* yes = as_number_tensor(ctx, picked[i]);
    auto* no = as_number_tensor(ctx, picked[count + i]);
    auto* result = ctx->net->addSelect(*condition, *yes, *no)->getOutput(0);
    pass_on(ctx, n, decided_or_computed(result), n->outputs()[i]);
  }
}

// If the condition is unknown while compiling, assumes the branch without the exception.
void convert_guard(ConversionCtx* ctx, const torch::jit::Node* n, Raising raising) {
  if (raising == Raising::kIsIgnored) return;
  torch::jit::IValue condition;
  try {
    condition = as_ivalue(ctx, n->input(0), n);
  } catch (const Error&) {
    return;
  }
  if (condition.isBool()) convert_branch(ctx, n->blocks()[condition.toBool() ? 0 : 1], raising);
}

void convert_if(ConversionCtx* ctx, const torch::jit::Node* n, Raising raising) {
  if (is_guard(n)) return convert_guard(ctx, n, raising);
  const auto condition = as_ivalue(ctx, n->input(0), n);
  if (TensorContainer::is_in(condition) && can_pick(n)) {
    return pick_numbers(ctx, n, condition.toCustomClass<TensorContainer>()->tensor());
  }
  TORCHTRT_CHECK(condition.isBool(), "the condition of " << util::node_info(n) << " depends on " << undecided(condition)
                                                         << "; only branches whose condition is known while compiling "
                                                         << "can be converted: " << give_one_size());
  const auto* taken = n->blocks()[condition.toBool() ? 0 : 1];
  convert_branch(ctx, taken, raising);
  for (size_t i = 0; i < n->outputs().size(); ++i) {
    pass_on(ctx, n, as_ivalue(ctx, taken->outputs()[i], n), n->outputs()[i]);
  }
}

constexpr int64_t kMaxTrips = 10000;

// prim::Loop(max_trip_count, condition, carried...): the body gets (index, carried...) and returns (condition,
// carried...).
void convert_loop(ConversionCtx* ctx, const torch::jit::Node* n, Raising raising) {
  const auto* body = n->blocks()[0];
  const auto trips = as_ivalue(ctx, n->input(0), n);
  auto condition = as_ivalue(ctx, n->input(1), n);
  TORCHTRT_CHECK(trips.isInt() && condition.isBool(),
                 util::node_info(n) << ": the trip count depends on " << undecided(trips.isInt() ? condition : trips)
                                    << "; only loops whose trip count is known while compiling can be unrolled: give "
                                    << "one size for it instead of a range, or write the loop as tensor operations");
  std::vector<torch::jit::IValue> carried;
  for (const auto* input : n->inputs().slice(2)) carried.push_back(as_ivalue(ctx, input, n));
  for (int64_t i = 0; i < trips.toInt() && condition.toBool(); ++i) {
    TORCHTRT_CHECK(i < kMaxTrips, util::node_info(n) << ": the loop runs more than " << kMaxTrips
                                                     << " times, too often to be unrolled");
    forget(ctx, body);
    pass_on(ctx, n, i, body->inputs()[0]);
    for (size_t k = 0; k < carried.size(); ++k) pass_on(ctx, n, carried[k], body->inputs()[k + 1]);
    convert_all(ctx, body, raising);
    condition = as_ivalue(ctx, body->outputs()[0], n);
    TORCHTRT_CHECK(condition.isBool(), util::node_info(n)
                                           << ": the condition to continue the loop depends on " << undecided(condition)
                                           << "; it must be known while compiling: " << give_one_size());
    for (size_t k = 0; k < carried.size(); ++k) carried[k] = as_ivalue(ctx, body->outputs()[k + 1], n);
  }
  for (size_t k = 0; k < carried.size(); ++k) pass_on(ctx, n, carried[k], n->outputs()[k]);
}

void evaluate(ConversionCtx* ctx, const torch::jit::Node* n) {
  const auto value = EvaluateNode(ctx, n);
  if (value) associate_results(ctx, n, *value);
}

std::string what_to_do(const torch::jit::Node* n) {
  return torch_tensorrt::str(
      "If you need a converter for this operator, you can try implementing one yourself and register it\n"
      "(torch_tensorrt::core::conversion::converters::RegisterNodeConversionPatterns) in a library that is loaded "
      "before\n"
      "compiling, or replace ",
      n->kind().toQualString(), " in the model by operations that can be converted");
}

std::string schema_text(const torch::jit::Node* n) {
  const auto* schema = n->maybeSchema();
  return schema != nullptr ? util::schema_info(schema) : std::string("none");
}

// The node, the user's line and the schema, for all errors of a conversion.
std::string describe(const torch::jit::Node* n) {
  const std::string line = util::GetPyTorchSourceCode(n);
  return torch_tensorrt::str("Unable to convert node: ", util::node_info(n), " (conversion.AddLayer)",
                             line.empty() ? "" : "\nSource: " + line, "\nSchema: ", schema_text(n));
}

// Programs written for Torch-TensorRT search for the first line of this message.
void check_has_converter(const torch::jit::Node* n) {
  constexpr const char* kExpected = "Expected converter to be true but got false\n";
  const Decision converter = node_decision(n);
  if (converter) return;
  const char* kind = n->kind().toQualString();
  const auto* schema = n->maybeSchema();
  const bool is_known = schema != nullptr && (converters::has_converter(schema->operator_name()) ||
                                              evaluators::shouldEvalAtConversionTime(n));
  if (is_known) {
    TORCHTRT_THROW_ERROR(kExpected << describe(n) << "\nConverter for " << kind
                                   << " requested, but it declined: " << converter.reason() << '\n'
                                   << what_to_do(n));
  }
  TORCHTRT_THROW_ERROR(kExpected << describe(n) << "\nConverter for " << kind
                                 << " requested, but no such converter was found.\n"
                                 << what_to_do(n));
}

// Computes a node with known arguments now, using PyTorch. The optimizer decides about quantized weights.
bool compute_if_known(ConversionCtx* ctx, const torch::jit::Node* n, converters::args& args) {
  if (n->hasSideEffects() || util::is_random(n) || util::quantized_tensor(n) != nullptr) return false;
  evaluators::kwargs known;
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i].isITensor()) return false;
    if (args[i].isIValue() && evaluators::holds_network_tensor(*args[i].IValue())) return false;
    known[n->input(i)] = args[i];
  }
  if (args.empty()) return false;
  const auto result = evaluators::run_operator(n, known);
  if (result) associate_results(ctx, n, *result);
  return true;
}

converters::args arguments_of(ConversionCtx* ctx, const torch::jit::Node* n) {
  converters::args args;
  for (const auto* input : n->inputs()) args.push_back(lookup(ctx, input, n));
  return args;
}

void run_converter(ConversionCtx* ctx, const torch::jit::Node* n) {
  check_has_converter(n);
  converters::args args = arguments_of(ctx, n);
  if (compute_if_known(ctx, n, args)) return;
  check_numbers(n, args);
  LOG_DEBUG(ctx->logger, "Adding layer for " << util::node_info(n));
  const auto converter = converters::get_node_converter_for(n->maybeSchema());
  const bool converted = converter(ctx, n, args);
  TORCHTRT_CHECK(converted && ctx->CheckLayerAddition(n),
                 "the converter must associate every output of the node with a tensor or a value");
}

// Shapes are inferred on first use. Infers them here, so that a misfit is an error of this node, not of a reader.
void infer_results(const ConversionCtx& ctx, const torch::jit::Node* n) {
  for (const auto* output : n->outputs()) {
    const auto tensor = ctx.value_tensor_map.find(output);
    if (tensor != ctx.value_tensor_map.end()) tensor->second->getDimensions();
  }
}

// The message of the model's own exception comes last, on a line of its own.
[[noreturn]] void raise(ConversionCtx* ctx, const torch::jit::Node* n) {
  const auto message = as_ivalue(ctx, n->input(0), n);
  TORCHTRT_THROW_ERROR(describe(n) << "\nThe model raises an exception for inputs of these shapes and dtypes:\n"
                                   << (message.isString() ? message.toStringRef() : message.tagKind()));
}

void convert_node(ConversionCtx* ctx, const torch::jit::Node* n, Raising raising) {
  if (n->kind() == prim::If) return convert_if(ctx, n, raising);
  if (n->kind() == prim::Loop) return convert_loop(ctx, n, raising);
  if (n->kind() == prim::RaiseException) return raise(ctx, n);
  if (evaluators::shouldEvalAtConversionTime(n)) {
    if (util::is_in_place(n)) check_has_converter(n);
    check_numbers(n, arguments_of(ctx, n));
    return evaluate(ctx, n);
  }
  if (is_ignored(n)) return;
  run_converter(ctx, n);
}

void add_context(Error& error, const torch::jit::Node* n) {
  if (error.msg().find("Unable to convert node") == std::string::npos) error.AppendMessage(describe(n));
}

void convert_all(ConversionCtx* ctx, const torch::jit::Block* block, Raising raising) {
  for (const auto* n : block->nodes()) {
    util::tick();
    const auto* outer = ctx->current_node;
    ctx->current_node = n;
    try {
      convert_node(ctx, n, raising);
      infer_results(*ctx, n);
    } catch (...) {  // users' converters may throw any type
      ctx->current_node = outer;
      if (serves_guards(n)) continue;  // the guard treats its condition as unknown
      Error error = util::current_error();
      add_context(error, n);
      throw error;
    }
    ctx->current_node = outer;
  }
}

}  // namespace

bool can_pick(const torch::jit::Node* n) {
  return !n->outputs().empty() && std::all_of(n->outputs().begin(), n->outputs().end(), is_number) &&
         only_computes(n->blocks()[0]) && only_computes(n->blocks()[1]);
}

bool is_ignored(const torch::jit::Node* n) {
  static const std::set<std::string> kIgnored = {
      "aten::backward", "aten::save",    "aten::wait",        "prim::Enter",        "prim::Exit",
      "prim::GetAttr",  "prim::Load",    "prim::MMBatchSide", "prim::MMTreeReduce", "prim::Param",
      "prim::Store",    "prim::profile", "prim::TimePoint",   "prim::Return",
  };
  return kIgnored.count(n->kind().toQualString()) != 0;
}

Var lookup(ConversionCtx* ctx, const torch::jit::Value* value, const torch::jit::Node* user) {
  const auto known = ctx->evaluated_value_map.find(value);
  if (known != ctx->evaluated_value_map.end()) return Var(&known->second);
  const auto tensor = ctx->value_tensor_map.find(value);
  if (tensor != ctx->value_tensor_map.end()) return Var(tensor->second);
  if (value->node()->kind() == prim::Constant || evaluators::shouldEvalAtConversionTime(value->node())) {
    evaluate(ctx, value->node());
    return lookup(ctx, value, user);
  }
  TORCHTRT_THROW_ERROR(util::value_info(value) << " is used by " << util::node_info(user)
                                               << " before it is computed by " << util::node_info(value->node()));
}

void convert_nodes(ConversionCtx* ctx, const torch::jit::Block* block) { convert_all(ctx, block, Raising::kHappens); }

}  // namespace torch_tensorrt::core::conversion
