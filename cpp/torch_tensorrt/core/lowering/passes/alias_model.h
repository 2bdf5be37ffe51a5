#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/lowering/passes/view_steps.h"

// Who shares memory with whom while a graph is walked from its first node to its last, and which value of the graph
// holds the elements now. A write makes a new version of the memory; whoever reads it under another name is given a
// view that is made anew of that version.
namespace torch_tensorrt::core::lowering::passes {

struct View;
struct Storage;

// Graphs are rewritten the same way in every run.
struct ByNumber {
  bool operator()(const Storage* a, const Storage* b) const;
};
using Storages = std::set<Storage*, ByNumber>;

// The memory of one tensor and of all views of it; or a list, dict or object whose parts are not followed.
struct Storage {
  View* whole = nullptr;  // null for what is no tensor
  size_t number = 0;      // in the order in which they appear in the walk
  int64_t version = 0;
  // What may share this memory without being a known view of it.
  std::set<Storage*, ByNumber> perhaps;
  bool has_views = false;
  // Whether one of its views may be the very tensor that it was made of: what changes the shape of one changes both.
  bool has_other_names = false;
  torch::jit::Value* argument = nullptr;  // the graph's input whose memory this is
  // A write that this memory may or may not have seen; empty: none.
  std::string doubt;
};

inline bool ByNumber::operator()(const Storage* a, const Storage* b) const { return a->number < b->number; }

// Some elements of a storage, seen as a tensor (or as a list of tensors).
struct View {
  Storage* storage = nullptr;
  View* parent = nullptr;  // null: the storage itself
  ViewStep step;
  torch::jit::Value* value = nullptr;  // holds the elements as they were at `version`
  int64_t version = 0;
  bool is_contiguous = false;
  size_t number = 0;  // in the order in which they appear in the walk
};

// The whole of `copy` is the tensor `source` wherever the condition holds, a bool of the graph. No condition: wherever
// both have one dtype. Elsewhere `copy` has memory of its own, or is the source of another link.
struct Link {
  View* source = nullptr;
  Storage* copy = nullptr;
  torch::jit::Value* condition = nullptr;
};

// What a tensor value stands for. An operator such as t_ changes the view under every name of the tensor.
struct Tensor {
  View* view = nullptr;
  const torch::jit::Block* block = nullptr;  // where it was made
};

// What a value of the graph stands for.
struct Alias {
  enum class Kind { kNothing, kTensor, kViews, kParts, kOpaque };
  Kind kind = Kind::kNothing;
  Tensor* tensor = nullptr;                 // kTensor
  View* views = nullptr;                    // kViews: a list of views
  Storage* storage = nullptr;               // kOpaque
  std::vector<Alias> parts;                 // kParts: a list or tuple that nothing changes
  std::vector<torch::jit::Value*> made_of;  // kParts: the values that it was made of
};

class AliasModel {
 public:
  // What the value stands for; a tensor that is met for the first time has memory of its own.
  const Alias& of(torch::jit::Value* value);
  void bind(torch::jit::Value* value, Alias alias) { aliases_[value] = std::move(alias); }
  bool knows(const torch::jit::Value* value) const { return aliases_.count(value) != 0; }

  Alias new_tensor(torch::jit::Value* value, bool is_contiguous);
  // The same for a tensor that the caller gives.
  Alias new_argument(torch::jit::Value* value);
  Alias new_opaque(torch::jit::Value* value);
  Alias tensor_of(View* view, const torch::jit::Block* block);
  View* new_view(View* parent, ViewStep step, torch::jit::Value* value, bool is_contiguous);

  // Every storage that the value may be part of.
  Storages storages(const Alias& alias) const;
  // From now on either may be part of the other.
  void relate(Storage* a, Storage* b);
  void link(View* source, Storage* copy, torch::jit::Value* condition);
  // What `copy` is linked to, and the bool that is true where the link holds.
  std::vector<Link> links_of(const Storage* copy) const;
  torch::jit::Value* holds(const Link& link, torch::jit::Node* place) const;
  // The storages that are written when the storage is, as one is linked to the other.
  std::vector<Storage*> linked_with(const Storage* storage) const;
  // The same steps as from `from` to `view`, taken on `onto`.
  View* rebased(View* view, const View* from, View* onto);
  // The view as one that holds no elements and is made anew where it is read.
  View* unread_view(View* parent, ViewStep step, bool is_contiguous);

  // The value that has the elements now, made before the reader where it is not there. Throws Error where a write may
  // have changed them or not.
  torch::jit::Value* read(torch::jit::Value* value, torch::jit::Node* reader);
  torch::jit::Value* read(View* view, torch::jit::Node* reader);
  // The view has these elements from now on, and what shares its memory follows.
  void write(View* view, torch::jit::Value* elements, torch::jit::Node* writer);
  // The value has the elements of the view as they are now, and is read from now on.
  void rename(View* view, torch::jit::Value* value) { set(view, value, view->version); }
  // The whole storage has another value, as behind a block that wrote it.
  void replace(Storage* storage, torch::jit::Value* value);

  // What is made inside a block of nodes is not there behind it: values are again what they were.
  void enter_block();
  // Storages from outside that the block has written, in the order of their numbers.
  std::vector<Storage*> written_in_block() const;
  void leave_block();
  // Throws Refused for what the block has read before it wrote what may be the same memory: the next round reads it.
  void require_certain_again() const;
  // Storages and views that appear from now on have this number or a higher one.
  size_t storage_count() const { return storages_.size(); }
  size_t view_count() const { return views_.size(); }
  // Pairs that were related since `first`.
  const std::vector<std::pair<Storage*, Storage*>>& related() const { return related_; }

  const std::deque<Storage>& all_storages() const { return storages_; }
  bool is_written(const Storage& storage) const { return storage.version != 0; }

 private:
  struct Saved {
    View* view;
    torch::jit::Value* value;
    int64_t version;
  };
  struct Scope {
    std::vector<Saved> views;
    std::map<Storage*, int64_t, ByNumber> versions;
    std::map<Storage*, const torch::jit::Node*, ByNumber> readers;
    size_t first_storage = 0;
    size_t first_link = 0;
  };
  // Where a write goes: values are made before `place`.
  struct Target {
    torch::jit::Node* place;
    const torch::jit::Node* writer;
    bool writes_one_number;
  };
  class Spread;

  Storage* new_storage();
  torch::jit::Value* read_alias(const Alias& alias, torch::jit::Value* value, torch::jit::Node* reader);
  torch::jit::Value* read_parts(const Alias& alias, torch::jit::Value* value, torch::jit::Node* reader);
  torch::jit::Value* elements_of(View* view, torch::jit::Node* place);
  void require_certain(Storage& storage, const torch::jit::Node* reader);
  void set(View* view, torch::jit::Value* value, int64_t version);
  void new_version(Storage* storage);
  std::vector<std::pair<View*, torch::jit::Value*>> written_back(View* view, torch::jit::Value* elements,
                                                                 const Target& target);
  torch::jit::Value* choose(torch::jit::Value* condition,
                            const std::function<torch::jit::Value*(torch::jit::Node*)>& taken,
                            torch::jit::Value* otherwise, torch::jit::Node* place);
  void write_one(View* view, torch::jit::Value* elements, const Target& target);
  void doubt_others(Storage* written, const Storages& reached, const torch::jit::Node* writer);

  std::deque<Storage> storages_;
  std::deque<View> views_;
  std::deque<Tensor> tensors_;
  std::unordered_map<const torch::jit::Value*, Alias> aliases_;
  std::vector<Link> links_;
  std::vector<Scope> scopes_;
  std::vector<std::pair<Storage*, Storage*>> related_;
  int64_t last_version_ = 0;
};

// "aten::add_ (model.py:3: y.add_(1))", as messages name an operator of the user's.
std::string operator_and_line(const torch::jit::Node* node);

}  // namespace torch_tensorrt::core::lowering::passes
