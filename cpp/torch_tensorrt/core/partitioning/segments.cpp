#include "torch_tensorrt/core/partitioning/segments.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/partitioning/graph_facts.h"

namespace torch_tensorrt::core::partitioning {
namespace {

namespace prim = torch::jit::prim;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;
using RoleOf = std::function<Role(const Node*)>;
using BackendOf = std::function<size_t(const Node*)>;

// Groups the nodes of one block into units: segments, and single nodes.
class BlockGrouping {
 public:
  BlockGrouping(Block* block, const RoleOf& role_of, const BackendOf& backend_of, const torch::jit::AliasDb& aliases,
                Join join)
      : role_of_(role_of), backend_of_(backend_of), aliases_(aliases), join_(join) {
    for (auto* node : block->nodes()) {
      if (node->kind() == prim::Constant) continue;
      places_[node] = nodes_.size();
      nodes_.push_back(node);
    }
  }

  void run(Grouping& found) {
    find_dependencies();
    for (size_t i = 0; i < nodes_.size(); ++i) place(i);
    order(found);
  }

 private:
  struct Unit {
    std::vector<size_t> members;
    std::set<size_t> before;  // units that must come first
    bool is_segment = false;
    size_t backend = 0;  // of a segment
  };

  // The values that the node reads, and its results. Of an engine's node also those of the shared nodes that the
  // engine repeats; `sources` are then the nodes that compute what the engine reads.
  struct Touched {
    torch::jit::ValueSet values;
    std::set<size_t> sources;
  };

  void add_source(Value* value, bool through_shared, Touched& touched) const {
    if (!touched.values.insert(value).second) return;
    auto* node = value->node();
    const auto place = places_.find(node);
    if (through_shared && node->kind() != prim::Param && role_of_(node) == Role::kShared) {
      for (auto* input : node->inputs()) add_source(input, true, touched);
      return;
    }
    if (place != places_.end()) touched.sources.insert(place->second);
  }

  // No node may change from before the given one to behind it, or back.
  void keep_sides(size_t border) {
    for (size_t i = 0; i < border; ++i) before_[border].insert(i);
    for (size_t i = border + 1; i < nodes_.size(); ++i) before_[i].insert(border);
  }

  void find_dependencies() {
    before_.resize(nodes_.size());
    std::vector<Touched> touched(nodes_.size());
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const bool in_engine = role_of_(nodes_[i]) == Role::kEngine;
      for (auto* value : values_read(nodes_[i])) add_source(value, in_engine, touched[i]);
      before_[i] = touched[i].sources;
      for (auto* output : nodes_[i]->outputs()) touched[i].values.insert(output);
    }
    std::optional<size_t> last_effect;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (lowering::passes::casts_in_block(nodes_[i])) keep_sides(i);
    }
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (!has_effects(nodes_[i])) continue;
      if (last_effect) before_[i].insert(*last_effect);
      last_effect = i;
      for (size_t j = 0; j < nodes_.size(); ++j) {
        if (j == i || !aliases_.writesToAlias(nodes_[i], touched[j].values)) continue;
        before_[std::max(i, j)].insert(std::min(i, j));
      }
    }
  }

  // The units that must come before the given ones, without these unless one comes before another.
  std::set<size_t> all_before(const std::set<size_t>& units) const {
    std::set<size_t> found;
    std::vector<size_t> open(units.begin(), units.end());
    while (!open.empty()) {
      const size_t unit = open.back();
      open.pop_back();
      for (const size_t earlier : units_[unit].before) {
        if (found.insert(earlier).second) open.push_back(earlier);
      }
    }
    return found;
  }

  void place(size_t node) {
    std::set<size_t> before;
    for (const size_t earlier : before_[node]) before.insert(unit_of_.at(earlier));
    std::optional<size_t> home;
    if (role_of_(nodes_[node]) == Role::kEngine) {
      // Joining a segment that must come before one of the node's own predecessors would make a circle.
      const auto blocked = all_before(before);
      for (size_t i = segments_.size(); i-- > 0;) {
        const size_t unit = segments_[i];
        if (blocked.count(unit) != 0 || units_[unit].backend != backend_of_(nodes_[node])) continue;
        const bool feeds = before.count(unit) != 0;
        if (!home || feeds) home = unit;
        if (feeds || join_ == Join::kLast) break;
      }
    }
    if (!home) {
      home = units_.size();
      units_.emplace_back();
      units_.back().is_segment = role_of_(nodes_[node]) == Role::kEngine;
      if (units_.back().is_segment) {
        units_.back().backend = backend_of_(nodes_[node]);
        segments_.push_back(*home);
      }
    }
    units_[*home].members.push_back(node);
    before.erase(*home);
    units_[*home].before.insert(before.begin(), before.end());
    unit_of_[node] = *home;
  }

  // Orders the units, the earliest first where there is a choice.
  void order(Grouping& found) {
    std::vector<size_t> missing(units_.size());
    std::vector<std::vector<size_t>> after(units_.size());
    std::set<std::pair<size_t, size_t>> ready;
    for (size_t i = 0; i < units_.size(); ++i) {
      missing[i] = units_[i].before.size();
      for (const size_t earlier : units_[i].before) after[earlier].push_back(i);
      if (missing[i] == 0) ready.emplace(units_[i].members.front(), i);
    }
    while (!ready.empty()) {
      const size_t unit = ready.begin()->second;
      ready.erase(ready.begin());
      Segment segment;
      segment.backend = units_[unit].backend;
      for (const size_t member : units_[unit].members) {
        found.order.push_back(nodes_[member]);
        segment.nodes.push_back(nodes_[member]);
      }
      if (units_[unit].is_segment) found.segments.push_back(std::move(segment));
      for (const size_t later : after[unit]) {
        if (--missing[later] == 0) ready.emplace(units_[later].members.front(), later);
      }
    }
  }

  const RoleOf& role_of_;
  const BackendOf& backend_of_;
  const torch::jit::AliasDb& aliases_;
  Join join_;
  std::vector<Node*> nodes_;
  std::unordered_map<const Node*, size_t> places_;
  std::vector<std::set<size_t>> before_;  // by node: nodes that must come first
  std::vector<Unit> units_;
  std::vector<size_t> segments_;  // the units that are segments
  std::unordered_map<size_t, size_t> unit_of_;
};

void group_blocks(Block* block, const RoleOf& role_of, const BackendOf& backend_of, const torch::jit::AliasDb& aliases,
                  Grouping& found) {
  for (auto* node : block->nodes()) {
    for (auto* inner : node->blocks()) group_blocks(inner, role_of, backend_of, aliases, found);
  }
  BlockGrouping(block, role_of, backend_of, aliases, Join::kFeeding).run(found);
}

// Copies the nodes of a segment into a graph of their own.
class Outline {
 public:
  Outline(Segment& segment, size_t count, const Roles& roles)
      : segment_(segment), roles_(roles), graph_(std::make_shared<torch::jit::Graph>()) {
    segment_.inputs.clear();
    segment_.outputs.clear();
    for (size_t i = 0; i < count; ++i) owned_.insert(segment_.nodes[i]);
  }

  std::shared_ptr<torch::jit::Graph> run(size_t count) {
    for (size_t i = 0; i < count; ++i) copy(segment_.nodes[i]);
    for (size_t i = 0; i < count; ++i) {
      for (auto* output : segment_.nodes[i]->outputs()) {
        if (!is_needed_outside(output)) continue;
        segment_.outputs.push_back(output);
        graph_->registerOutput(copies_.at(output));
      }
    }
    return graph_;
  }

 private:
  Value* copy_of(Value* value) {
    const auto found = copies_.find(value);
    if (found != copies_.end()) return found->second;
    auto* node = value->node();
    if (node->kind() != prim::Param && owned_.count(node) == 0 && roles_.of(node) == Role::kShared) {
      copy(node);
      return copies_.at(value);
    }
    segment_.inputs.push_back(value);
    auto* input = graph_->addInput()->setType(c10::TensorType::get());
    return copies_[value] = is_plain_number(value->type()) ? number_in(input, value->type()) : input;
  }

  // The number in a tensor of one element.
  Value* number_in(Value* tensor, const c10::TypePtr& type) {
    const char* name = type->kind() == c10::TypeKind::IntType     ? "Int"
                       : type->kind() == c10::TypeKind::FloatType ? "Float"
                                                                  : "Bool";
    auto* node = graph_->insertNode(graph_->create(c10::Symbol::aten(name), {tensor}));
    return node->output()->setType(type);
  }

  void copy(Node* node) {
    for (auto* input : node->inputs()) copy_of(input);
    if (node->kind() == c10::Symbol::fromQualString("trt::shares")) {  // a mark for alias analysis
      copies_[node->output()] = copies_.at(node->input(1));
      return;
    }
    auto* clone = graph_->createClone(node, [&](Value* value) { return copies_.at(value); });
    graph_->insertNode(clone);
    for (size_t i = 0; i < node->outputs().size(); ++i) copies_[node->outputs()[i]] = clone->outputs()[i];
  }

  // Whether anything but the segment's nodes, and shared nodes for them, uses the value.
  bool is_needed_outside(const Value* value) {
    for (const auto& use : value->uses()) {
      const auto* user = use.user;
      if (owned_.count(user) != 0) continue;
      if (user->kind() == prim::Return || roles_.of(user) != Role::kShared) return true;
      const auto outputs = user->outputs();
      if (std::any_of(outputs.begin(), outputs.end(), [&](const Value* v) { return is_needed_outside(v); }))
        return true;
    }
    return false;
  }

  Segment& segment_;
  const Roles& roles_;
  std::shared_ptr<torch::jit::Graph> graph_;
  std::unordered_set<const Node*> owned_;
  std::unordered_map<const Value*, Value*> copies_;
};

}  // namespace

Grouping group_nodes(torch::jit::Graph& graph, const Roles& roles, const torch::jit::AliasDb& aliases) {
  Grouping found;
  const RoleOf role_of = [&](const Node* node) { return roles.of(node); };
  const BackendOf backend_of = [&](const Node* node) { return roles.backend_of(node); };
  group_blocks(graph.block(), role_of, backend_of, aliases, found);
  return found;
}

Grouping group_block(Block* block, const RoleOf& role_of, const torch::jit::AliasDb& aliases, Join join) {
  Grouping found;
  const BackendOf backend_of = [](const Node*) { return size_t{0}; };
  BlockGrouping(block, role_of, backend_of, aliases, join).run(found);
  return found;
}

void arrange(const Grouping& grouping) {
  for (auto* node : grouping.order) node->moveBefore(node->owningBlock()->return_node());
}

std::shared_ptr<torch::jit::Graph> outline(Segment& segment, size_t count, const Roles& roles) {
  return Outline(segment, count, roles).run(count);
}

}  // namespace torch_tensorrt::core::partitioning
