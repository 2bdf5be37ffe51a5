#include <algorithm>

#include "torch_tensorrt/core/lowering/passes/alias_model.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

// Links say under which condition two tensors are one. A write to one of them reaches the other by a choice on it.
namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// Gives `then` where both have one dtype, else `otherwise`.
Value* if_same_dtype(Value* then, Value* otherwise, Node* place) {
  static const auto kKind = c10::Symbol::fromQualString("trt::if_same_dtype");
  return insert_before(place, kKind, {then, otherwise}, c10::TensorType::get())->output();
}

bool writes_one_number(const Node* writer) {
  return writer->kind() == c10::Symbol::aten("fill_") || writer->kind() == c10::Symbol::aten("zero_");
}

Value* insert_bool(Node* place, const char* name, std::initializer_list<Value*> inputs) {
  return insert_before(place, c10::Symbol::aten(name), inputs, c10::BoolType::get())->output();
}

}  // namespace

void AliasModel::link(View* source, Storage* copy, Value* condition) {
  if (condition != nullptr) source->storage->has_views = copy->has_views = true;
  if (copy->doubt.empty()) copy->doubt = source->storage->doubt;
  links_.push_back({source, copy, condition});
}

std::vector<Link> AliasModel::links_of(const Storage* copy) const {
  std::vector<Link> found;
  for (const auto& link : links_) {
    if (link.copy == copy) found.push_back(link);
  }
  return found;
}

Value* AliasModel::holds(const Link& link, Node* place) const {
  if (link.condition != nullptr) return link.condition;
  static const auto kDtype = c10::Symbol::prim("dtype");
  auto* left = insert_before(place, kDtype, {link.source->storage->whole->value}, c10::IntType::get())->output();
  auto* right = insert_before(place, kDtype, {link.copy->whole->value}, c10::IntType::get())->output();
  return insert_bool(place, "eq", {left, right});
}

std::vector<Storage*> AliasModel::linked_with(const Storage* storage) const {
  std::vector<Storage*> others;
  for (const auto& link : links_) {
    if (link.copy == storage) others.push_back(link.source->storage);
    if (link.source->storage == storage) others.push_back(link.copy);
  }
  return others;
}

View* AliasModel::rebased(View* view, const View* from, View* onto) {
  if (view == from) return onto;
  auto* parent = rebased(view->parent, from, onto);
  return unread_view(parent, view->step, view->is_contiguous);
}

// If the condition holds, the value that `taken` makes before the place passed to it; else `otherwise`.
Value* AliasModel::choose(Value* condition, const std::function<Value*(Node*)>& taken, Value* otherwise, Node* place) {
  auto* node = place->owningGraph()->create(c10::prim::If, {condition}, 0);
  node->copyMetadata(place);
  node->insertBefore(place);
  auto* then = node->addBlock();
  then->return_node()->copyMetadata(place);
  enter_block();
  then->registerOutput(taken(then->return_node()));
  leave_block();
  node->addBlock()->registerOutput(otherwise);
  return node->addOutput()->setType(c10::TensorType::get());
}

// Propagates a write from the written storage: first to the sources of its links, and to their sources, then from all
// of these to their copies. A copy has a higher number than its source.
class AliasModel::Spread {
 public:
  Spread(AliasModel& model, Storage* written, Node* writer)
      : model_(model), written_(written), writer_(writer), reached_{written} {}

  Storages run() {
    write_sources();
    refresh_copies();
    return reached_;
  }

 private:
  void write_sources() {
    Storages open = {written_};
    while (!open.empty()) {
      auto* copy = *open.rbegin();
      open.erase(copy);
      for (const auto& link : model_.links_of(copy)) {
        auto* source = link.source->storage;
        write_source(link);
        ways_[source].push_back(link);
        reached_.insert(source);
        open.insert(source);
      }
    }
  }

  void write_source(const Link& link) {
    auto* source = link.source->storage;
    auto* condition = link.condition;
    // A source already reached by another way no longer has the copy's elements, unless the write reached the copy.
    if (reached_.count(source) != 0 && link.copy != written_) {
      condition = insert_bool(writer_, "__and__", {model_.holds(link, writer_), was_written(link.copy)});
    }
    auto* value = link.copy->whole->value;
    if (condition == nullptr) {
      auto* old = model_.elements_of(link.source, writer_);
      return model_.write_one(link.source, if_same_dtype(value, old, writer_), {writer_, writer_, false});
    }
    const auto write_back = [&](Node* place) {
      return model_.written_back(link.source, value, {place, writer_, false}).back().second;
    };
    model_.replace(source, model_.choose(condition, write_back, source->whole->value, writer_));
  }

  // A bool of the graph: whether the write reached the storage.
  Value* was_written(Storage* storage) {
    Value* any = nullptr;
    for (const auto& link : ways_[storage]) {
      auto* way = model_.holds(link, writer_);
      if (link.copy != written_) way = insert_bool(writer_, "__and__", {way, was_written(link.copy)});
      any = any == nullptr ? way : insert_bool(writer_, "__or__", {any, way});
    }
    return any;
  }

  void refresh_copies() {
    auto links = model_.links_;
    std::stable_sort(links.begin(), links.end(),
                     [](const Link& a, const Link& b) { return a.copy->number < b.copy->number; });
    for (const auto& link : links) {
      auto* source = link.source->storage;
      if (reached_.count(source) == 0 || link.copy == written_ || is_up_to_date(link)) continue;
      refresh_copy(link);
      reached_.insert(link.copy);
      refreshed_.insert(link.copy);
    }
  }

  // Whether the source got its value from this copy alone.
  bool is_up_to_date(const Link& link) {
    const auto ways = ways_.find(link.source->storage);
    return ways != ways_.end() && ways->second.size() == 1 && ways->second[0].copy == link.copy &&
           refreshed_.count(link.source->storage) == 0 && refreshed_.count(link.copy) == 0;
  }

  void refresh_copy(const Link& link) {
    auto* old = link.copy->whole->value;
    Value* now = nullptr;
    if (link.condition == nullptr) {
      now = if_same_dtype(model_.elements_of(link.source, writer_), old, writer_);
    } else {
      const auto read = [&](Node* place) { return model_.elements_of(link.source, place); };
      now = model_.choose(link.condition, read, old, writer_);
    }
    model_.replace(link.copy, now);
  }

  AliasModel& model_;
  Storage* written_;
  Node* writer_;
  Storages reached_;
  Storages refreshed_;
  std::map<Storage*, std::vector<Link>, ByNumber> ways_;  // the links by which a source was written
};

void AliasModel::write(View* view, Value* elements, Node* writer) {
  write_one(view, elements, {writer, writer, writes_one_number(writer)});
  const auto reached = Spread(*this, view->storage, writer).run();
  doubt_others(view->storage, reached, writer);
}

// A storage that may share memory with a reached storage may have been written. So may the storages linked with it,
// even those that the write reached through another link.
void AliasModel::doubt_others(Storage* written, const Storages& reached, const Node* writer) {
  std::vector<Storage*> open;
  for (const auto* storage : reached) open.insert(open.end(), storage->perhaps.begin(), storage->perhaps.end());
  Storages seen;
  while (!open.empty()) {
    auto* doubted = open.back();
    open.pop_back();
    if (doubted == written || !seen.insert(doubted).second) continue;
    if (doubted->doubt.empty()) doubted->doubt = operator_and_line(writer);
    for (auto* linked : linked_with(doubted)) {
      open.push_back(linked);
      if (reached.count(linked) != 0) continue;
      for (auto* other : linked->perhaps) {
        if (reached.count(other) == 0) open.push_back(other);
      }
    }
  }
}

}  // namespace torch_tensorrt::core::lowering::passes
