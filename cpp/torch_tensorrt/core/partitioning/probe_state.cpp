#include <algorithm>
#include <string>

#include "torch_tensorrt/core/partitioning/graph_facts.h"
#include "torch_tensorrt/core/partitioning/probe.h"
#include "torch_tensorrt/core/partitioning/probe_facts.h"

// The attributes that calls of the module write, in the probe.
namespace torch_tensorrt::core::partitioning {

using c10::IValue;
using torch::jit::Node;
using torch::jit::Value;

namespace {

bool holds_collections(const IValue& list) {
  const auto kind = list.toList().elementType()->kind();
  return kind == c10::TypeKind::ListType || kind == c10::TypeKind::DictType || kind == c10::TypeKind::TupleType;
}

bool is_empty(const Probe& probe) {
  return std::all_of(probe.at.begin(), probe.at.end(), [](const auto& at) {
    return at && (at->isNone() || (at->isTensor() && at->toTensor().defined() && at->toTensor().numel() == 0));
  });
}

bool have_same_shapes(const Probe& a, const Probe& b) {
  return std::equal(a.at.begin(), a.at.end(), b.at.begin(), b.at.end(), [](const auto& x, const auto& y) {
    if (!x || !y || !x->isTensor() || !y->isTensor()) return false;
    const auto& one = x->toTensor();
    const auto& other = y->toTensor();
    if (!one.defined() || !other.defined()) return false;
    return one.sizes() == other.sizes() && one.scalar_type() == other.scalar_type();
  });
}

}  // namespace

bool GraphProbe::may_grow(const c10::Type& type) const {
  return std::any_of(changed_collections_.begin(), changed_collections_.end(),
                     [&](const c10::TypePtr& changed) { return *changed == type; });
}

void GraphProbe::visit_other(const OtherMethod& other) {
  is_elsewhere_ = true;
  const auto inputs = other.graph->inputs();
  objects_[inputs[0]] = module_;
  for (size_t i = 1; i < inputs.size(); ++i) {
    probes_[inputs[i]] = other.arguments.empty() ? unknown() : bound_argument(inputs[i], other.arguments.at(i - 1));
  }
  visit(other.graph->block(), /*always=*/false);
  is_elsewhere_ = false;
}

// Whether the state after a call has more kinds of values than before it.
bool GraphProbe::update_attributes(const std::unordered_map<std::string, Probe>& before) {
  bool changed = false;
  for (auto& [name, after] : attributes_) {
    const auto found = before.find(name);
    if (found == before.end()) {
      changed = true;
      continue;
    }
    Probe joined = join(found->second, after, /*grows=*/true);
    changed = changed || has_changed(found->second, joined);
    after = std::move(joined);
  }
  return changed;
}

void GraphProbe::visit_attribute(const Node* node) {
  const auto object = objects_.find(node->input());
  if (object == objects_.end()) {
    probes_[node->output()] = unknown();
    return;
  }
  const std::string name = node->s(c10::attr::name);
  const IValue value = object->second.toObjectRef().getAttr(name);
  if (value.isObject()) {
    objects_[node->output()] = value;
    return;
  }
  const std::string key = std::to_string(reinterpret_cast<uintptr_t>(&object->second.toObjectRef())) + "." + name;
  const auto written = attributes_.find(key);
  probes_[node->output()] = written != attributes_.end() ? written->second : known(to_meta(value));
  // A list or dict may grow in later calls; a number may be counted.
  if (!value.isTensor() && !value.isNone()) probes_[node->output()].varies = true;
  if (value.isGenericDict() || (value.isList() && (may_grow(*node->output()->type()) || holds_collections(value)))) {
    probes_[node->output()] = unknown();
  }
}

void GraphProbe::set_attribute(const Node* node) {
  const auto object = objects_.find(node->input(0));
  if (object == objects_.end()) return;
  const std::string name = node->s(c10::attr::name);
  const std::string key = std::to_string(reinterpret_cast<uintptr_t>(&object->second.toObjectRef())) + "." + name;
  const auto found = attributes_.find(key);
  const Probe before =
      found != attributes_.end() ? found->second : known(to_meta(object->second.toObjectRef().getAttr(name)));
  const auto probe = probes_.find(node->input(1));
  const Probe value = probe == probes_.end() ? unknown() : probe->second;
  // Engines are built for what the method itself leaves behind.
  if (is_elsewhere_ && !(value.is_known() && is_empty(before))) {
    attributes_[key] = before;
    attributes_[key].is_assumed = before.is_assumed || !have_same_shapes(before, value);
    return;
  }
  if (growing_ && growing_->count(name) == 0 && before.is_known() && before.at[kOpt]->isList()) {
    const size_t length = before.at[kOpt]->toListRef().size();
    const bool keeps = value.is_known() && value.at[kOpt]->toListRef().size() == length;
    if (!keeps) found_growing_.insert(name);
    attributes_[key] = keeps ? join(before, value, /*grows=*/true) : before;
    return;
  }
  attributes_[key] = join(before, value, /*grows=*/true);
}

bool GraphProbe::takes_assumed(const Node* node) const {
  const auto inputs = node->inputs();
  return std::any_of(inputs.begin(), inputs.end(), [&](const Value* input) { return is_assumed(input); });
}

}  // namespace torch_tensorrt::core::partitioning
