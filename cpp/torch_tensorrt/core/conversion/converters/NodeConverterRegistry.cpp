#include <algorithm>
#include <map>
#include <mutex>

#include "torch/csrc/jit/frontend/function_schema_parser.h"

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

struct Registration {
  torch::jit::FunctionSchema schema{"", "", {}, {}};
  std::string signature;
  OpConverter converter;
  NodePredicate supports;
  bool built_in = false;
};

// Whether two spellings of an argument's type mean the same. SymInt equals int. An optional equals its element type,
// because older signatures omit some optionals.
bool same_type(c10::TypePtr a, c10::TypePtr b) {
  const auto bare = [](c10::TypePtr type) {
    if (const auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
    return type->kind() == c10::TypeKind::SymIntType ? c10::TypePtr(c10::IntType::get()) : type;
  };
  a = bare(std::move(a));
  b = bare(std::move(b));
  const auto list_a = a->cast<c10::ListType>();
  const auto list_b = b->cast<c10::ListType>();
  if (list_a != nullptr && list_b != nullptr) return same_type(list_a->getElementType(), list_b->getElementType());
  return a->kind() == b->kind();
}

// Whether a converter written for one schema can read the arguments of the other. Ignores the names of arguments,
// because a converter reads arguments by position.
Decision same_arguments(const torch::jit::FunctionSchema& registered, const torch::jit::FunctionSchema& op) {
  const auto& a = registered.arguments();
  const auto& b = op.arguments();
  if (a.size() != b.size()) {
    return Decision::no(
        torch_tensorrt::str("the converter was registered for ", a.size(), " arguments, but ", op, " has ", b.size()));
  }
  for (size_t i = 0; i < a.size(); ++i) {
    if (same_type(a[i].type(), b[i].type())) continue;
    return Decision::no(torch_tensorrt::str("the converter was registered for argument ", i, " of type ",
                                            a[i].type()->str(), ", but ", op, " has ", b[i].type()->str()));
  }
  return Decision::yes();
}

ConverterEntry entry_of(const Registration& registration) {
  if (const auto* all = registration.supports.target<DeclinesAll>()) return {registration.signature, all->reason, true};
  const auto* late = registration.supports.target<MakesLateSizes>();
  if (late != nullptr) return {registration.signature, late->what, false};
  const auto* some = registration.supports.target<Declines>();
  return {registration.signature, some != nullptr ? some->what : "", false};
}

class Registry {
 public:
  static Registry& global() {
    static Registry registry;
    return registry;
  }

  void add(ConversionPattern pattern, bool built_in) {
    auto schema = torch::jit::parseSchema(pattern.signature, /*allow_typevars=*/true);
    const std::lock_guard<std::mutex> lock(mutex_);
    auto& list = converters_[schema.operator_name()];
    if (!list.empty() && !built_in) {
      LOG_INFO("The converter registered as "
               << pattern.signature << " takes precedence over the earlier converter for " << schema.operator_name());
    }
    list.push_back({std::move(schema), std::move(pattern.signature), std::move(pattern.converter),
                    std::move(pattern.supports), built_in});
  }

  // Finds the last registration with matching arguments; without one, returns the reason.
  Decision find(const torch::jit::FunctionSchema& schema, Registration* found) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto list = converters_.find(schema.operator_name());
    if (list == converters_.end()) return Decision::no(torch_tensorrt::str("no converter is registered for ", schema));
    // Report the reason of the registration with the highest precedence.
    std::string reason;
    for (auto it = list->second.rbegin(); it != list->second.rend(); ++it) {
      const Decision decision = same_arguments(it->schema, schema);
      if (!decision) {
        if (reason.empty()) reason = decision.reason();
        continue;
      }
      *found = *it;
      return decision;
    }
    return Decision::no(reason);
  }

  bool has(const c10::OperatorName& name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return converters_.count(name) != 0;
  }

  std::vector<ConverterEntry> list() {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<ConverterEntry> entries;
    for (const auto& [name, registrations] : converters_) {
      for (const auto& registration : registrations) entries.push_back(entry_of(registration));
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.signature < b.signature; });
    return entries;
  }

 private:
  struct NameLess {
    bool operator()(const c10::OperatorName& a, const c10::OperatorName& b) const {
      return a.name != b.name ? a.name < b.name : a.overload_name < b.overload_name;
    }
  };
  std::mutex mutex_;
  std::map<c10::OperatorName, std::vector<Registration>, NameLess> converters_;
};

// Registers the built-in converters before the first lookup and before a user's first converter, so that precedence
// does not depend on the load order of libraries.
Registry& registry() {
  static const bool ready = [] {
    for (auto& pattern : builtin_patterns()) Registry::global().add(std::move(pattern), /*built_in=*/true);
    return true;
  }();
  (void)ready;
  return Registry::global();
}

}  // namespace

void register_node_converter(torch::jit::FunctionSchema* signature, OpConverter& converter) {
  registry().add({util::schema_info(signature), converter, {}}, /*built_in=*/false);
}

void register_node_converter(std::string signature, OpConverter& converter) {
  register_node_converter(ConversionPattern{std::move(signature), converter, {}});
}

void register_node_converter(ConversionPattern pattern) {
  try {
    registry().add(pattern, /*built_in=*/false);
  } catch (const std::exception& error) {
    TORCHTRT_THROW_ERROR("cannot register a converter for '" << pattern.signature << "': " << error.what());
  }
}

RegisterNodeConversionPatterns&& RegisterNodeConversionPatterns::pattern(ConversionPattern pattern) && {
  try {
    register_node_converter(std::move(pattern));
  } catch (const std::exception& error) {
    LOG_ERROR(error.what());
  }
  return std::move(*this);
}

Decision converter_decision(const torch::jit::Node* n) {
  const auto* schema = n->maybeSchema();
  if (schema == nullptr) return Decision::no(torch_tensorrt::str("the node has no schema: ", n->kind().toQualString()));
  Registration found;
  Decision decision = registry().find(*schema, &found);
  if (!decision || !found.supports) return decision;
  return found.supports(n);
}

bool makes_late_sizes(const torch::jit::Node* n) {
  const auto* schema = n->maybeSchema();
  Registration found;
  if (schema == nullptr || !registry().find(*schema, &found)) return false;
  return found.supports.target<MakesLateSizes>() != nullptr;
}

bool has_converter(const c10::OperatorName& name) { return registry().has(name); }

bool node_is_convertable(const torch::jit::Node* n) { return static_cast<bool>(converter_decision(n)); }

OpConverter get_node_converter_for(const torch::jit::FunctionSchema* signature) {
  Registration found;
  const Decision decision = registry().find(*signature, &found);
  TORCHTRT_CHECK(decision, decision.reason());
  if (!found.built_in) LOG_INFO("Using the converter registered as " << found.signature << " (takes precedence)");
  return found.converter;
}

std::vector<std::string> get_converter_list() {
  std::vector<std::string> signatures;
  for (auto& entry : list_converters()) {
    if (!entry.never) signatures.push_back(std::move(entry.signature));
  }
  return signatures;
}

std::vector<ConverterEntry> list_converters() { return registry().list(); }

}  // namespace torch_tensorrt::core::conversion::converters
