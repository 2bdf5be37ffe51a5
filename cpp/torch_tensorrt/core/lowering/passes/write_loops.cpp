#include <algorithm>

#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/write_walk.h"
#include "torch_tensorrt/core/util/macros.h"

// Loops. A loop takes in and returns the storages that it writes. A carried tensor gets a storage of its own, linked to
// the outer tensors that it may be (its candidates). The loop carries one flag per candidate to tell which one it is.
namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;
using Kind = Alias::Kind;

const Node* first_write(Block* body) {
  for (const auto* node : all_nodes(body)) {
    if (writes_tensors(node)) return node;
  }
  return body->owningNode();
}

template <typename Set>
bool meet(const Set& a, const Set& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& element) { return b.count(element) != 0; });
}

Value* insert_bool(Node* place, const char* name, Value* a, Value* b) {
  return insert_before(place, c10::Symbol::aten(name), {a, b}, c10::BoolType::get())->output();
}

}  // namespace

void WriteWalk::visit_loop(Node* node) {
  auto* body = node->blocks()[0];
  LoopWalk loop;
  loop.node = node;
  auto start = redirect(node);
  loop.start.assign(start.begin() + 2, start.end());
  loop.written = written_in(model_, body);
  loop.first = model_.storage_count();
  const Storages& written = loop.written.storages;
  const size_t first_pair = model_.related().size();
  find_carried(loop);
  std::vector<Value*> before;
  for (auto* storage : written) {
    node->addInput(storage->whole->value);
    before.push_back(body->addInput()->setType(c10::TensorType::get()));
  }
  model_.enter_block();
  Storages followed = bind_parameters(loop);
  size_t place = 0;
  for (auto* storage : written) model_.replace(storage, before[place++]);
  auto ends = walk(body);
  ends.erase(ends.begin());
  for (auto* storage : written) body->registerOutput(storage->whole->value);
  for (auto* storage : model_.written_in_block()) {
    if (written.count(storage) == 0)
      TORCHTRT_THROW_ERROR("internal error: a loop writes memory that the tracing of writes did not find");
  }
  std::vector<Value*> after;
  for (size_t i = 0; i < written.size(); ++i) after.push_back(node->addOutput()->setType(c10::TensorType::get()));
  give_flags(loop, ends);
  std::vector<Storages> others;
  for (size_t i = 0; i < loop.carried.size(); ++i) {
    others.push_back(may_share(ends[i], loop.first));
    if (loop.written.inside.count(body->inputs()[i + 1]) == 0) continue;
    for (auto* storage : others.back()) {
      if (storage->number >= loop.first) followed.insert(storage);
    }
  }
  followed.insert(written.begin(), written.end());
  doubt_later_rounds(followed, loop.first, first_pair, node);
  model_.require_certain_again();
  model_.leave_block();
  bind_loop_results(loop, ends, others);
  place = 0;
  for (auto* storage : written) model_.replace(storage, after[place++]);
}

// Finds the carried tensors whose memory follows from the body alone.
void WriteWalk::find_carried(LoopWalk& loop) {
  auto* body = loop.node->blocks()[0];
  for (size_t i = 0; i < loop.start.size(); ++i) {
    auto* end = body->outputs()[i + 1];
    Carried carried;
    loop.ends.push_back(is_tensor_type(end->type()) ? ends_of(model_, end, body) : LoopEnds());
    carried.is_known = loop.ends.back().is_known && loop.start[i].kind == Kind::kTensor;
    if (carried.is_known) carried.candidates.push_back(loop.start[i].tensor->view);
    for (auto* outside : loop.ends.back().outside) {
      const auto& alias = model_.of(outside);
      carried.is_known = carried.is_known && alias.kind == Kind::kTensor;
      if (carried.is_known) carried.candidates.push_back(alias.tensor->view);
    }
    loop.carried.push_back(std::move(carried));
  }
  find_candidates(loop);
}

// A carried value may come from another carried value in a later round.
void WriteWalk::find_candidates(LoopWalk& loop) {
  std::vector<bool> is_fresh;
  for (const auto& ends : loop.ends) is_fresh.push_back(!ends.fresh.empty());
  for (size_t round = 0; round <= loop.carried.size(); ++round) {
    for (size_t i = 0; i < loop.carried.size(); ++i) {
      auto& carried = loop.carried[i];
      for (const size_t other : loop.ends[i].parameters) {
        const auto from = loop.carried[other].candidates;
        carried.is_known = carried.is_known && loop.carried[other].is_known;
        carried.candidates.insert(carried.candidates.end(), from.begin(), from.end());
        is_fresh[i] = is_fresh[i] || is_fresh[other];
      }
      const auto by_number = [](const View* a, const View* b) { return a->number < b->number; };
      std::sort(carried.candidates.begin(), carried.candidates.end(), by_number);
      carried.candidates.erase(std::unique(carried.candidates.begin(), carried.candidates.end()),
                               carried.candidates.end());
    }
  }
  for (size_t i = 0; i < loop.carried.size(); ++i) {
    loop.carried[i].is_candidate_always = !is_fresh[i] && loop.carried[i].candidates.size() == 1;
  }
}

// Returns the storages of parameters that a later round writes and that may be a tensor kept from an earlier round.
Storages WriteWalk::bind_parameters(LoopWalk& loop) {
  Storages followed;
  auto* body = loop.node->blocks()[0];
  std::vector<Sources> all;
  for (size_t i = 0; i < loop.carried.size(); ++i) {
    auto* parameter = body->inputs()[i + 1];
    all.emplace_back();
    if (!holds_tensors(parameter->type()) || bind_parameter(loop, i)) continue;
    all.back() = sources_of(model_, body->outputs()[i + 1], body);
    auto& inside = all.back().inside;
    auto* storage = *model_.storages(model_.of(parameter)).begin();
    if (inside.count(parameter) != 0 && loop.written.inside.count(parameter) != 0) followed.insert(storage);
    inside.insert(parameter);
    if (loop.carried[i].is_known) continue;
    for (auto* other : all.back().storages) model_.relate(storage, other);
  }
  relate_parameters(loop, all);
  return followed;
}

// Whether the parameter is the same outer tensor in every round.
bool WriteWalk::bind_parameter(LoopWalk& loop, size_t i) {
  auto* body = loop.node->blocks()[0];
  auto* parameter = body->inputs()[i + 1];
  auto& carried = loop.carried[i];
  const auto& start = loop.start[i];
  if (start.kind == Kind::kTensor && is_same_tensor(body->outputs()[i + 1], parameter)) {
    model_.bind(parameter, start);
    return true;
  }
  if (carried.is_known && carried.is_candidate_always) {
    auto* view = carried.candidates[0];
    view->storage->has_other_names = true;
    model_.bind(parameter, model_.tensor_of(view, body));
    return true;
  }
  if (!carried.is_known) {
    bind_unknown(parameter, {start});
    return false;
  }
  bind_unknown(parameter, {});
  carried.whole = model_.of(parameter).tensor->view;
  add_flags(loop, i);
  return false;
}

void WriteWalk::add_flags(LoopWalk& loop, size_t i) {
  auto& carried = loop.carried[i];
  for (auto* candidate : carried.candidates) {
    loop.node->addInput(constant_before(loop.node, candidate == loop.start[i].tensor->view));
    auto* flag = loop.node->blocks()[0]->addInput()->setType(c10::BoolType::get());
    carried.flags.push_back(flag);
    model_.link(candidate, carried.whole->storage, flag);
  }
}

// Relates two parameters if both may hold a tensor that was made in one round.
void WriteWalk::relate_parameters(LoopWalk& loop, const std::vector<Sources>& sources) {
  auto* body = loop.node->blocks()[0];
  const auto storage = [&](size_t i) { return *model_.storages(model_.of(body->inputs()[i + 1])).begin(); };
  for (size_t i = 0; i < sources.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      const bool is_exact = loop.carried[i].whole != nullptr && loop.carried[k].whole != nullptr;
      if (!is_exact && meet(sources[i].inside, sources[k].inside)) model_.relate(storage(i), storage(k));
    }
  }
  Values fresh;
  for (const auto& ends : loop.ends) fresh.insert(ends.fresh.begin(), ends.fresh.end());
  for (const auto* value : fresh) {
    std::set<size_t> holders;
    for (size_t i = 0; i < loop.ends.size(); ++i) {
      if (loop.ends[i].fresh.count(value) != 0 && loop.carried[i].whole != nullptr) holders.insert(i);
    }
    for (std::set<std::set<size_t>> seen; seen.insert(holders).second;) {
      for (const size_t i : holders) {
        for (const size_t k : holders) model_.relate(storage(i), storage(k));
      }
      std::set<size_t> next;
      for (size_t i = 0; i < loop.ends.size(); ++i) {
        if (loop.carried[i].whole != nullptr && meet(loop.ends[i].parameters, holders)) next.insert(i);
      }
      holders = std::move(next);
    }
  }
}

void WriteWalk::give_flags(LoopWalk& loop, const Aliases& ends) {
  auto* body = loop.node->blocks()[0];
  for (size_t i = 0; i < loop.carried.size(); ++i) {
    auto& carried = loop.carried[i];
    carried.offset = loop.node->outputs().size();
    if (carried.whole == nullptr) continue;
    for (auto* candidate : carried.candidates) {
      if (ends[i].kind != Kind::kTensor)
        TORCHTRT_THROW_ERROR("internal error: a loop carries a value that the tracing of writes did not find");
      body->registerOutput(is_candidate(loop, ends[i].tensor->view, candidate, body->return_node()));
      loop.node->addOutput()->setType(c10::BoolType::get());
    }
  }
}

// A bool of the graph: whether the view is the candidate at the end of a round.
torch::jit::Value* WriteWalk::is_candidate(LoopWalk& loop, View* view, View* candidate, Node* place) {
  if (view == candidate) return constant_before(place, true);
  for (const auto& carried : loop.carried) {
    if (carried.whole != view) continue;
    const auto found = std::find(carried.candidates.begin(), carried.candidates.end(), candidate);
    if (found == carried.candidates.end()) break;
    return carried.flags[static_cast<size_t>(found - carried.candidates.begin())];
  }
  Value* any = nullptr;
  const bool is_result = view->parent == nullptr && view->storage->number >= loop.first;
  for (const auto& link : is_result ? model_.links_of(view->storage) : std::vector<Link>()) {
    auto* way = is_candidate(loop, link.source, candidate, place);
    if (constant_bool(way) == false) continue;
    auto* holds = model_.holds(link, place);
    way = constant_bool(way) == true ? holds : insert_bool(place, "__and__", holds, way);
    any = any == nullptr ? way : insert_bool(place, "__or__", any, way);
  }
  return any != nullptr ? any : constant_before(place, false);
}

void WriteWalk::bind_loop_results(LoopWalk& loop, const Aliases& ends, const std::vector<Storages>& others) {
  Holders holders;
  for (size_t i = 0; i < loop.carried.size(); ++i) {
    auto* output = loop.node->outputs()[i];
    if (!holds_tensors(output->type()) || bind_one(output, loop.start[i], ends[i], loop.first)) continue;
    auto* result = new_result(output, {&loop.start[i], &ends[i]});
    const auto& carried = loop.carried[i];
    for (size_t k = 0; k < carried.flags.size(); ++k) {
      model_.link(carried.candidates[k], result, loop.node->outputs()[carried.offset + k]);
    }
    Storages shared = others[i];
    if (carried.whole == nullptr) {
      for (const Alias* alias : {static_cast<const Alias*>(&loop.start[i]), &ends[i]}) {
        for (auto* storage : model_.storages(*alias)) shared.insert(storage);
      }
    }
    for (auto* other : shared) {
      if (other->number < loop.first) {
        model_.relate(result, other);
        continue;
      }
      for (const auto& holder : holders[other]) model_.relate(result, holder.result);
      holders[other].push_back({result, nullptr});
    }
  }
}

// A list that keeps a tensor written by a later round would have to change too; this is not modeled, so doubt it.
void WriteWalk::doubt_later_rounds(const Storages& written, size_t first, size_t first_pair, Node* node) {
  const auto& pairs = model_.related();
  for (size_t i = first_pair; i < pairs.size(); ++i) {
    for (auto [a, b] : {pairs[i], std::pair(pairs[i].second, pairs[i].first)}) {
      if (written.count(a) == 0 || b->number >= first || b->whole == a->whole) continue;
      if (b->doubt.empty()) b->doubt = operator_and_line(first_write(node->blocks()[0]));
    }
  }
}

}  // namespace torch_tensorrt::core::lowering::passes
