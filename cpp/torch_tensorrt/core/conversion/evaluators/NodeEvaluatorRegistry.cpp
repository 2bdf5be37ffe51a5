#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "torch/csrc/jit/frontend/function_schema_parser.h"

#include "torch_tensorrt/core/conversion/evaluators/families.h"
#include "torch_tensorrt/core/util/jit_util.h"

namespace torch_tensorrt::core::conversion::evaluators {
namespace {

bool holds_tensors(const c10::Type& type) {
  switch (type.kind()) {
    case c10::TypeKind::TensorType:
    case c10::TypeKind::AnyType:
    case c10::TypeKind::ClassType:
    case c10::TypeKind::InterfaceType:
    case c10::TypeKind::FutureType:
    case c10::TypeKind::VarType:
      return true;
    default:  // c10's enum may grow: check the contained types
      break;
  }
  for (const auto& inner : type.containedTypes()) {
    if (holds_tensors(*inner)) return true;
  }
  return false;
}

bool has_only_plain_values(at::ArrayRef<const torch::jit::Value*> values) {
  for (const auto* value : values) {
    if (holds_tensors(*value->type())) return false;
  }
  return true;
}

// The evaluator of operators without a row. PyTorch itself runs an operator that neither takes nor returns tensors and
// only computes its result (numbers, strings, None, lists and tuples of them). Null for other nodes.
NodeEvaluator plain_evaluator(const torch::jit::Node* n) {
  const bool is_plain = n->maybeOperator() != nullptr && n->blocks().empty() && !n->hasSideEffects() &&
                        !util::is_random(n) && !n->outputs().empty() && has_only_plain_values(n->inputs()) &&
                        has_only_plain_values(n->outputs());
  if (!is_plain) return {};
  return [](ConversionCtx*, const torch::jit::Node* node, kwargs& args) { return run_operator(node, args); };
}

bool takes(const EvalRegistration& registration, const torch::jit::Node* n) {
  const auto& options = registration.options;
  for (const auto& type : options.blacklisted_output_types) {
    for (const auto* output : n->outputs()) {
      if (output->type()->isSubtypeOf(*type)) return false;
    }
  }
  if (options.valid_schemas.empty()) return true;
  const auto* schema = n->maybeSchema();
  if (schema == nullptr) return false;
  const auto& name = schema->operator_name();
  return std::find(options.valid_schemas.begin(), options.valid_schemas.end(), name) != options.valid_schemas.end();
}

// Whether both may accept the same node, as far as their schemas tell.
bool overlap(const EvalRegistration& a, const EvalRegistration& b) {
  const auto& schemas = a.options.valid_schemas;
  const auto& others = b.options.valid_schemas;
  if (schemas.empty() || others.empty()) return true;
  return std::any_of(schemas.begin(), schemas.end(), [&](const c10::OperatorName& name) {
    return std::find(others.begin(), others.end(), name) != others.end();
  });
}

class Registry {
 public:
  static Registry& global() {
    static Registry registry;
    return registry;
  }

  void add(EvalRegistration registration, bool built_in) {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto& list = evaluators_[registration.kind];
    if (!built_in &&
        std::any_of(list.begin(), list.end(), [&](const auto& other) { return overlap(other, registration); })) {
      LOG_INFO("The evaluator registered now for " << registration.kind.toQualString()
                                                   << " takes precedence over the earlier evaluator");
    }
    list.push_back(std::move(registration));
  }

  // The evaluator registered last among those that accept the node; null if there is none.
  NodeEvaluator find(const torch::jit::Node* n) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto list = evaluators_.find(n->kind());
      if (list != evaluators_.end()) {
        for (auto it = list->second.rbegin(); it != list->second.rend(); ++it) {
          if (takes(*it, n)) return it->evaluator;
        }
      }
    }
    return plain_evaluator(n);
  }

  std::vector<std::string> list() {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [kind, registrations] : evaluators_) {
      for (const auto& registration : registrations) {
        const auto& variants = registration.options.supported_variants;
        if (variants.empty()) names.emplace_back(kind.toQualString());
        names.insert(names.end(), variants.begin(), variants.end());
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<torch::jit::NodeKind, std::vector<EvalRegistration>> evaluators_;
};

Registry& registry() {
  static const bool ready = [] {
    for (auto& registration : builtin_evaluators()) Registry::global().add(std::move(registration), /*built_in=*/true);
    return true;
  }();
  (void)ready;
  return Registry::global();
}

}  // namespace

EvalOptions& EvalOptions::blacklistOutputTypes(std::set<c10::TypePtr> types) {
  blacklisted_output_types = std::move(types);
  return *this;
}

EvalOptions& EvalOptions::validSchemas(std::set<std::string> schemas) {
  for (const auto& schema : schemas) {
    try {
      valid_schemas.push_back(torch::jit::parseSchema(schema, /*allow_typevars=*/true).operator_name());
    } catch (const std::exception& error) {
      // This may run while a library is loaded; an exception would end the process then.
      LOG_ERROR("the evaluator for '" << schema
                                      << "' is never used, because its schema cannot be parsed: " << error.what());
      valid_schemas.emplace_back("unreadable::schema", "");
    }
    supported_variants.push_back(schema);
  }
  return *this;
}

std::optional<torch::jit::IValue> EvalNode(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  const auto evaluator = registry().find(n);
  TORCHTRT_CHECK(evaluator, "no evaluator is registered for " << util::node_info(n));
  try {
    return evaluator(ctx, n, args);
  } catch (const c10::Error& error) {
    TORCHTRT_THROW_ERROR("cannot evaluate " << util::node_info(n) << ": " << error.what_without_backtrace());
  }
}

bool shouldEvalAtConversionTime(const torch::jit::Node* n) { return registry().find(n) != nullptr; }

std::vector<std::string> getEvaluatorList() { return registry().list(); }

void register_node_evaluator(torch::jit::NodeKind node_kind, NodeEvaluator evaluator) {
  register_node_evaluator(EvalRegistration(node_kind, std::move(evaluator)));
}

void register_node_evaluator(EvalRegistration registration) {
  registry().add(std::move(registration), /*built_in=*/false);
}

RegisterNodeEvaluators&& RegisterNodeEvaluators::evaluator(EvalRegistration registration) && {
  try {
    register_node_evaluator(std::move(registration));
  } catch (const std::exception& error) {
    LOG_ERROR(error.what());
  }
  return std::move(*this);
}

}  // namespace torch_tensorrt::core::conversion::evaluators
