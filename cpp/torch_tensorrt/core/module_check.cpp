#include "torch_tensorrt/core/module_check.h"

#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/engine/build/build_engine.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/network/verifier.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

bool holds_dict(const c10::TypePtr& type) {
  const auto parts = type->containedTypes();
  return type->kind() == c10::TypeKind::DictType || std::any_of(parts.begin(), parts.end(), holds_dict);
}

// Checked before conversion, because the operator that makes a dict has no source line of the user's.
Decision check_results(const c10::FunctionSchema& schema, const std::string& method) {
  for (const auto& result : schema.returns()) {
    if (!holds_dict(result.type())) continue;
    return Decision::no(str(method, " returns ", result.type()->annotation_str(),
                            "; an engine returns tensors, numbers, tuples and lists of them: return the values "
                            "as a tuple"));
  }
  return Decision::yes();
}

}  // namespace

bool takes_tensors(const c10::TypePtr& type) {
  if (type->isSubtypeOf(*c10::OptionalType::ofTensor())) return true;
  const bool is_collection = type->kind() == c10::TypeKind::TupleType || type->kind() == c10::TypeKind::ListType;
  const auto parts = type->containedTypes();
  return is_collection && std::all_of(parts.begin(), parts.end(), takes_tensors);
}

namespace {

bool holds_tensors(const c10::TypePtr& type) {
  const auto parts = type->containedTypes();
  return type->isSubtypeOf(*c10::TensorType::get()) || std::any_of(parts.begin(), parts.end(), holds_tensors);
}

std::string with_article(const std::string& type) {
  const bool vowel = std::string("aeiouAEIO").find(type[0]) != std::string::npos;
  return (vowel ? "an " : "a ") + type;
}

Decision check_arguments(const c10::FunctionSchema& schema, const std::string& method, std::optional<size_t> given) {
  for (size_t i = 1; i < schema.arguments().size(); ++i) {  // 0 is the module
    const auto& argument = schema.arguments()[i];
    if (takes_tensors(argument.type())) continue;
    const std::string type = argument.type()->annotation_str();
    const std::string what = str("argument ", argument.name(), " of ", method, " is ", with_article(type));
    if (!argument.default_value() && holds_tensors(argument.type())) {
      return Decision::no(str(what, "; an engine takes tensors, and tuples and lists of them: give the tensors of ",
                              argument.name(), " as arguments of their own, or as a tuple"));
    }
    if (!argument.default_value()) {
      return Decision::no(str(what,
                              " and has no default; an engine takes tensors, and tuples and lists of "
                              "them: give ",
                              argument.name(), " a default in the module (", argument.name(), ": ", type,
                              " = ...), which is compiled in, or make it a tensor argument"));
    }
    if (given && i <= *given) {
      return Decision::no(str(what, ", and input ", i - 1,
                              " is given for it; an engine takes tensors, and tuples and lists of them: give "
                              "inputs only for the arguments before it, so that its default is compiled in"));
    }
  }
  return Decision::yes();
}

}  // namespace

Decision check_is_new(const torch::jit::Module& mod) {
  const auto engine_type = c10::getCustomClassType<c10::intrusive_ptr<runtime::TRTEngine>>();
  for (const auto& attribute : mod.named_attributes(/*recurse=*/true)) {
    if (attribute.value.type() != engine_type) continue;
    const size_t end = attribute.name.rfind('.');
    if (end == std::string::npos) {
      return Decision::no(str("the module is compiled already: it runs the engine ", attribute.name,
                              "; compile the module that it was made from"));
    }
    return Decision::no(str("its submodule ", attribute.name.substr(0, end),
                            " is compiled already; compile the module with the submodule that it was made from, or "
                            "compile the other submodules one by one"));
  }
  return Decision::yes();
}

void check_method(const torch::jit::Module& mod, const std::string& method) {
  if (mod.find_method(method)) return;
  std::string names;
  for (const auto& other : mod.get_methods()) names += (names.empty() ? "" : ", ") + other.name();
  TORCHTRT_THROW_ERROR("the module " << mod.type()->str() << " has no method '" << method << "'; it has "
                                     << (names.empty() ? "none" : names));
}

bool has_frozen_engines(const torch::jit::Module& mod) {
  static const auto kExecute = c10::Symbol::fromQualString("tensorrt::execute_engine");
  const auto runs_constant = [](const torch::jit::Node* node) {
    return node->kind() == kExecute && node->input(1)->node()->kind() == c10::prim::Constant;
  };
  const auto methods = mod.get_methods();
  return std::any_of(methods.begin(), methods.end(), [&](const torch::jit::Method& method) {
    const auto nodes = lowering::passes::all_nodes(method.graph()->block());
    return std::any_of(nodes.begin(), nodes.end(), runs_constant);
  });
}

Decision check_module(const torch::jit::Module& mod, const std::string& method, std::optional<size_t> given) {
  const Decision is_new = check_is_new(mod);
  const auto found = mod.find_method(method);
  if (!is_new || !found) return is_new;  // lowering reports a missing method
  const auto& schema = found->function().getSchema();
  const Decision results = check_results(schema, method);
  return results ? check_arguments(schema, method, given) : results;
}

Decision check_block(const torch::jit::Block* b, const conversion::ConversionInfo& info,
                     ir::StaticParams& static_params) {
  const auto& settings = info.engine_settings;
  try {
    const auto ctx = conversion::convert_block(b, info, static_params);
    network::verify_network(*ctx->net);
    return torch_tensorrt::engine::takes_layers(*ctx->net, settings.backend, settings.device);
  } catch (const Error& error) {
    return Decision::no(error.msg());
  }
}

Decision backend_decision(const torch::jit::Node* n, const engine::BuildSettings& settings) {
  if (!conversion::converters::makes_late_sizes(n)) return Decision::yes();
  try {
    network::INetworkDefinition net;
    auto* x = net.addInput("x", network::DataType::kBOOL, network::Dims{1});
    return torch_tensorrt::engine::takes_layer(*net.addNonZero(*x), settings.backend, settings.device);
  } catch (const Error& error) {
    return Decision::no(error.msg());
  }
}

}  // namespace torch_tensorrt::core
