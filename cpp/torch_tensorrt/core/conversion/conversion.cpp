#include "torch_tensorrt/core/conversion/conversion.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/block_converter.h"
#include "torch_tensorrt/core/conversion/compile_time.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/evaluators/eval_util.h"
#include "torch_tensorrt/core/conversion/network_inputs.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"
#include "torch_tensorrt/core/util/jit_in_place.h"

namespace torch_tensorrt::core::conversion {
namespace {

namespace prim = torch::jit::prim;

// ---- results -------------------------------------------------------------------------------------------------------

using ir::ValueTree;
using Kind = ValueTree::Kind;
using Tensors = std::vector<nvinfer1::ITensor*>;

ValueTree collect(ConversionCtx& ctx, const torch::jit::IValue& value, const c10::TypePtr& type, Tensors& tensors);

c10::TypePtr without_optional(const c10::TypePtr& type) {
  const auto optional = type == nullptr ? nullptr : type->cast<c10::OptionalType>();
  return optional == nullptr ? type : optional->getElementType();
}

bool is_number(const c10::Type& type) {
  const auto kind = type.kind();
  return kind == c10::TypeKind::IntType || kind == c10::TypeKind::FloatType || kind == c10::TypeKind::BoolType ||
         kind == c10::TypeKind::NumberType;
}

// Removes the example's shapes from the types of a traced graph. Tuples keep the names of their fields.
c10::TypePtr without_shapes(const c10::TypePtr& type) {
  if (type->isSubtypeOf(*c10::TensorType::get())) return c10::TensorType::get();
  if (type->containedTypes().empty()) return type;
  std::vector<c10::TypePtr> parts;
  for (const auto& part : type->containedTypes()) parts.push_back(without_shapes(part));
  const auto is_same = [](const c10::TypePtr& a, const c10::TypePtr& b) { return *a == *b; };
  if (std::equal(parts.begin(), parts.end(), type->containedTypes().begin(), is_same)) return type;
  const auto tuple = type->cast<c10::TupleType>();
  if (tuple == nullptr || tuple->schema() == nullptr) return type->withContained(std::move(parts));
  std::vector<std::string> names;
  for (const auto& field : tuple->schema()->arguments()) names.push_back(field.name());
  return c10::TupleType::createNamed(tuple->name(), names, parts);
}

// The declared type of an element of a collection; null if there is none.
c10::TypePtr element_type(const c10::TypePtr& type, size_t place) {
  if (type == nullptr) return nullptr;
  if (const auto list = type->cast<c10::ListType>()) return list->getElementType();
  const auto tuple = type->cast<c10::TupleType>();
  return tuple != nullptr && place < tuple->elements().size() ? tuple->elements()[place] : nullptr;
}

ValueTree collect_elements(ConversionCtx& ctx, Kind kind, const std::vector<torch::jit::IValue>& elements,
                           const c10::TypePtr& type, Tensors& tensors) {
  ValueTree tree;
  tree.kind = kind;
  const auto wanted = kind == Kind::kList ? c10::TypeKind::ListType : c10::TypeKind::TupleType;
  if (type != nullptr && type->kind() == wanted) tree.declared = type;
  for (size_t i = 0; i < elements.size(); ++i) {
    tree.children.push_back(collect(ctx, elements[i], element_type(type, i), tensors));
  }
  return tree;
}

// A network tensor is a result itself, or holds a number, or a list of sizes.
ValueTree collect_tensor(ConversionCtx& ctx, nvinfer1::ITensor* tensor, const c10::TypePtr& type, Tensors& tensors) {
  ValueTree tree;
  if (type != nullptr && type->kind() == c10::TypeKind::ListType && tensor->getDimensions().is_static()) {
    std::vector<torch::jit::IValue> elements;
    for (int64_t i = 0; i < tensor->getDimensions().volume(); ++i) {
      elements.push_back(TensorContainer::wrap(evaluators::index_layer(&ctx, nullptr, tensor, i)));
    }
    return collect_elements(ctx, Kind::kList, elements, type, tensors);
  }
  if (type != nullptr && is_number(*type)) {
    tree.kind = Kind::kNumber;
    tree.declared = type;
  }
  tensors.push_back(tensor);
  return tree;
}

bool is_plain(const torch::jit::IValue& value) {
  return value.isNone() || value.isScalar() || value.isString() || value.isDevice();
}

ValueTree collect_known(ConversionCtx& ctx, const torch::jit::IValue& value, const c10::TypePtr& type,
                        Tensors& tensors) {
  const bool is_tensor_type = type != nullptr && type->isSubtypeOf(*c10::TensorType::get());
  if (value.isTensor() || (value.isScalar() && is_tensor_type)) {
    const auto tensor = value.isTensor() ? value.toTensor() : at::scalar_to_tensor(value.toScalar());
    tensors.push_back(converters::tensor_constant(&ctx, tensor));
    return {};
  }
  TORCHTRT_CHECK(is_plain(value), "a result holds a value of the type "
                                      << value.type()->annotation_str()
                                      << "; an engine returns tensors, numbers, strings, None, and tuples and "
                                      << "lists of them");
  ValueTree tree;
  tree.kind = Kind::kConstant;
  tree.constant = value;
  return tree;
}

ValueTree collect(ConversionCtx& ctx, const torch::jit::IValue& value, const c10::TypePtr& type, Tensors& tensors) {
  const auto wanted = without_optional(type);
  if (TensorContainer::is_in(value)) {
    return collect_tensor(ctx, value.toCustomClass<TensorContainer>()->tensor(), wanted, tensors);
  }
  if (value.isTuple()) {
    return collect_elements(ctx, Kind::kTuple, value.toTupleRef().elements().vec(), wanted, tensors);
  }
  if (value.isList()) return collect_elements(ctx, Kind::kList, value.toListRef().vec(), wanted, tensors);
  return collect_known(ctx, value, wanted, tensors);
}

// Makes the first known number a tensor, because an engine needs an output.
bool compute_first_number(ConversionCtx& ctx, std::vector<ValueTree>& trees, Tensors& tensors) {
  for (auto& tree : trees) {
    if (tree.kind == Kind::kConstant && tree.constant.isScalar()) {
      tree.kind = Kind::kNumber;
      tree.declared = tree.constant.type();
      const auto number = tree.constant.toScalar();  // Python's floats are doubles
      tensors.push_back(converters::tensor_constant(&ctx, at::scalar_tensor(number, at::dtype(number.type()))));
      return true;
    }
    if (compute_first_number(ctx, tree.children, tensors)) return true;
  }
  return false;
}

// Each output of an engine has its own buffer, so inputs, constants and tensors that are outputs already are copied.
nvinfer1::ITensor* as_output(ConversionCtx& ctx, nvinfer1::ITensor* tensor) {
  const bool constant = tensor->producer()->getType() == nvinfer1::LayerType::kCONSTANT;
  if (!tensor->isNetworkInput() && !tensor->isNetworkOutput() && !constant) return tensor;
  return ctx.net->addIdentity(*tensor)->getOutput(0);
}

// Marks the tensors that the block returns as the network's outputs, named output_0, output_1, ..., and returns how to
// assemble the results from them. Throws Error for a result other than a tensor, number, string, None, tuple or list of
// these, and if the results contain neither a tensor nor a number.
std::vector<ValueTree> mark_outputs(ConversionCtx& ctx, const torch::jit::Block* b) {
  Tensors tensors;
  std::vector<ValueTree> results;
  for (auto* value : b->outputs()) {
    const Var var = lookup(&ctx, value, b->return_node());
    const auto known = var.isITensor() ? TensorContainer::wrap(var.ITensor()) : *var.IValue();
    results.push_back(collect(ctx, known, without_shapes(value->type()), tensors));
  }
  const bool has_output = !tensors.empty() || compute_first_number(ctx, results, tensors);
  TORCHTRT_CHECK(has_output, "the method returns neither a tensor nor a number: an engine would compute nothing");
  for (auto* tensor : tensors) {
    auto* output = as_output(ctx, tensor);
    const std::string name = "output_" + std::to_string(ctx.num_outputs++);
    output->setName(name.c_str());
    ctx.net->markOutput(*output);
    LOG_INFO(ctx.logger, "Marking output " << name << " of shape " << output->getDimensions());
  }
  return results;
}

// ---- inputs --------------------------------------------------------------------------------------------------------

void check_input_type(const ConversionCtx& ctx, const torch::jit::Value* value, const ir::Input& spec) {
  const bool wide = spec.dtype == at::kLong || spec.dtype == at::kDouble;
  if (!wide || !ctx.settings.truncate_long_and_double) return;
  LOG_WARNING("Input " << util::value_info(value) << " keeps its dtype " << c10::toString(spec.dtype)
                       << "; truncate_long_and_double narrows weights only");
}

// Adds a network input and puts the spec's range into the profile.
nvinfer1::ITensor* add_input(ConversionCtx& ctx, nvinfer1::Profile& profile, InputSpecs& specs,
                             const torch::jit::Value* value, const ir::Input& spec, const std::string& argument) {
  const std::string name = "input_" + std::to_string(ctx.num_inputs++);
  LOG_INFO(ctx.logger, "Adding input " << value->debugName() << " (named: " << name << "): " << spec);
  check_input_type(ctx, value, spec);
  auto* tensor = ctx.net->addInput(name.c_str(), util::ScalarTypeToTRTDataType(spec.dtype), spec.input_shape);
  tensor->producer()->setName(spec.name.empty() ? argument.c_str() : spec.name.c_str());
  tensor->set_format(spec.format);
  if (spec.input_is_dynamic) ctx.input_is_dynamic = true;
  profile[name] = whole_range(spec);
  // The ends may decide conditions. settle_size_inputs removes the values again if no size depends on them.
  if (ctx.settings.allow_shape_tensors && !spec.min_values.empty()) {
    profile[name].min_values = spec.min_values;
    profile[name].max_values = spec.max_values;
    ctx.input_is_dynamic = true;
  }
  specs[tensor] = spec;
  return tensor;
}

// Assembles a collection from its tensors, for the evaluators that unpack it.
torch::jit::IValue collect(const torch::jit::Value* value, std::vector<torch::jit::IValue> tensors) {
  if (value->type()->kind() == c10::TypeKind::TupleType) return c10::ivalue::Tuple::create(std::move(tensors));
  c10::impl::GenericList list(c10::AnyType::get());
  for (auto& tensor : tensors) list.push_back(std::move(tensor));
  return torch::jit::IValue(std::move(list));
}

const std::vector<ir::Input>* collection_specs(const ConversionInfo& info, const torch::jit::Value* value) {
  const auto found = info.collection_input_spec_map.find(value);
  return found == info.collection_input_spec_map.end() ? nullptr : &found->second;
}

InputSpecs add_inputs(ConversionCtx& ctx, const torch::jit::Block* b, const ConversionInfo& info,
                      ir::StaticParams& static_params, const InputCasts& casts) {
  nvinfer1::Profile profile;
  InputSpecs added;
  for (torch::jit::Value* value : const_cast<torch::jit::Block*>(b)->inputs()) {
    if (static_params.count(value) != 0 || value->type()->kind() == c10::TypeKind::ClassType) continue;
    const auto spec = info.inputs.find(value);
    if (spec != info.inputs.end()) {
      auto* tensor = add_input(ctx, profile, added, value, spec->second, value->debugNameBase());
      ctx.AssociateValueAndTensor(value, cast_input(ctx, casts, value, tensor));
      continue;
    }
    const auto* specs = collection_specs(info, value);
    TORCHTRT_CHECK(specs != nullptr, "Cannot find an input spec for " << util::value_info(value));
    std::vector<torch::jit::IValue> tensors;
    for (size_t i = 0; i < specs->size(); ++i) {
      const std::string place = ir::is_collection(value) ? "[" + std::to_string(i) + "]" : "";
      auto* tensor = add_input(ctx, profile, added, value, (*specs)[i], value->debugNameBase() + place);
      tensors.push_back(TensorContainer::wrap(cast_input(ctx, casts, value, tensor)));
    }
    if (!ir::is_collection(value)) {
      TORCHTRT_CHECK(tensors.size() == 1, util::value_info(value)
                                              << " has " << tensors.size() << " input specs, must have 1");
      ctx.AssociateValueAndTensor(value, tensors[0].toCustomClass<TensorContainer>()->tensor());
      continue;
    }
    ctx.AssociateValueAndIValue(value, collect(value, std::move(tensors)));
  }
  if (ctx.input_is_dynamic) ctx.net->profiles().push_back(std::move(profile));
  return added;
}

std::vector<ir::ValueTree> convert_inside(ConversionCtx& ctx, const torch::jit::Block* b, const ConversionInfo& info,
                                          ir::StaticParams& static_params, const InputCasts& casts) {
  for (const auto& [value, ivalue] : static_params) ctx.AssociateValueAndIValue(value, ivalue);
  const auto specs = add_inputs(ctx, b, info, static_params, casts);
  convert_nodes(&ctx, b);
  auto results = mark_outputs(ctx, b);
  settle_size_inputs(ctx, specs);
  split_profiles(ctx, specs);
  check_ranges(ctx);
  return results;
}

// Releases the network from its context and hands it the memory of weights that the context owns.
std::shared_ptr<nvinfer1::INetworkDefinition> release_network(ConversionCtx& ctx) {
  ctx.net->set_layer_hook({});
  for (void* resource : ctx.builder_resources) ctx.net->keep_alive(std::shared_ptr<const void>(resource, std::free));
  ctx.builder_resources.clear();
  return std::move(ctx.net);
}

void collect_unsupported(const torch::jit::Block* b, std::map<std::string, UnsupportedOp>& found) {
  for (const auto* n : b->nodes()) {
    for (const auto* inner : n->blocks()) collect_unsupported(inner, found);
    Decision decision = node_decision(n);
    if (decision) decision = control_flow_decision(n);
    if (decision) continue;
    const auto* schema = n->maybeSchema();
    const std::string name = schema != nullptr ? util::schema_info(schema) : n->kind().toQualString();
    auto& op = found[name];
    if (op.count++ > 0) continue;
    op.schema = name;
    op.reason = decision.reason();
    op.source = util::GetPyTorchSourceCode(n);
  }
}

// An engine computes an in-place operator out of place. The result is the same unless a reader sees the write. Lowering
// has already replaced the operators whose write provably has no other reader.
Decision in_place_decision(const torch::jit::Node* n) {
  if (!util::is_in_place(n)) return Decision::yes();
  const auto graph = const_cast<torch::jit::Node*>(n)->owningGraph()->weak_from_this().lock();
  if (graph == nullptr) return Decision::yes();
  try {
    const torch::jit::AliasDb aliases(graph);
    if (!util::write_is_seen_elsewhere(n, aliases, util::SelfName::kCounts)) return Decision::yes();
  } catch (const c10::Error& error) {
    return Decision::no(str("it writes a tensor in place, and the other readers of the tensor cannot be found: ",
                            error.what_without_backtrace()));
  }
  return Decision::no(
      "it writes a tensor in place that may be read later under another name (a view of it, or another input); use "
      "the out-of-place form in the model");
}

}  // namespace

// Casts inputs to the dtype of the module if the conversion fails without casts.
std::unique_ptr<ConversionCtx> convert_block(const torch::jit::Block* b, const ConversionInfo& info,
                                             ir::StaticParams& static_params, std::vector<ir::ValueTree>* results) {
  const auto tries = casts_to_try(b, info, static_params);
  for (size_t i = 0;; ++i) {
    try {
      auto ctx = std::make_unique<ConversionCtx>(info.engine_settings);
      auto found = convert_inside(*ctx, b, info, static_params, tries[i]);
      if (results != nullptr) *results = std::move(found);
      return ctx;
    } catch (const Error& error) {
      if (i + 1 == tries.size()) throw;
      LOG_DEBUG("converting again with inputs cast to the dtype of the weights, after: " << error.msg());
    }
  }
}

std::shared_ptr<nvinfer1::INetworkDefinition> ConvertBlockToNetwork(const torch::jit::Block* b,
                                                                    ConversionInfo build_info,
                                                                    ir::StaticParams& static_params,
                                                                    std::vector<ir::ValueTree>* results) {
  return release_network(*convert_block(b, build_info, static_params, results));
}

Decision node_decision(const torch::jit::Node* n) {
  const bool block = n->kind() == prim::If || n->kind() == prim::Loop;
  if (block || is_ignored(n)) return Decision::yes();
  const Decision in_place = in_place_decision(n);
  if (!in_place || evaluators::shouldEvalAtConversionTime(n)) return in_place;
  return converters::converter_decision(n);
}

std::vector<UnsupportedOp> unsupported_ops(const torch::jit::Block* b) {
  std::map<std::string, UnsupportedOp> found;
  collect_unsupported(b, found);
  std::vector<UnsupportedOp> ops;
  for (auto& [name, op] : found) ops.push_back(std::move(op));
  return ops;
}

bool VerifyConverterSupportForBlock(const torch::jit::Block* b, bool suppress_errors) {
  const auto ops = unsupported_ops(b);
  if (ops.empty() || suppress_errors) return ops.empty();
  std::string text = "Method requested cannot be compiled end to end.\nUnsupported operators listed below:";
  for (const auto& op : ops) {
    text +=
        torch_tensorrt::str("\n  - ", op.schema, " (", op.count, op.count == 1 ? " use" : " uses", "): ", op.reason);
    if (!op.source.empty()) text += "\n      first used at " + op.source;
  }
  LOG_ERROR(text << "\nYou can implement converters for them in your application "
                 << "(torch_tensorrt::core::conversion::converters::RegisterNodeConversionPatterns)");
  return false;
}

std::optional<torch::jit::IValue> EvaluateNode(ConversionCtx* ctx, const torch::jit::Node* n, int level, int limit) {
  TORCHTRT_CHECK(level < limit, "evaluating " << util::node_info(n) << " goes deeper than " << limit << " levels");
  evaluators::kwargs args;
  for (const auto* input : n->inputs()) {
    const bool known = ctx->evaluated_value_map.count(input) != 0 || ctx->value_tensor_map.count(input) != 0;
    if (!known && evaluators::shouldEvalAtConversionTime(input->node())) {
      const auto value = EvaluateNode(ctx, input->node(), level + 1, limit);
      if (value && input->node()->outputs().size() == 1) ctx->AssociateValueAndIValue(input, *value);
    }
    args[input] = lookup(ctx, input, n);
  }
  return evaluators::EvalNode(ctx, n, args);
}

}  // namespace torch_tensorrt::core::conversion
