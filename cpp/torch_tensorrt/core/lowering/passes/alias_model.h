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

// Models, during a walk from a graph's first node to its last, which values share memory and which value holds the
// current elements. A write makes a new version of the memory. A reader of another name for the memory gets a view that
// is made anew from the new version.
namespace torch_tensorrt::core::lowering::passes {

// One step from a tensor to a view of it: how to make the view anew, and how to update the tensor after a write to the
// view.
struct ViewStep {
  // The operator that makes the view, or the list of views; null for an element of such a list.
  torch::jit::Node* node = nullptr;
  size_t viewed = 0;                   // index of the viewed argument of the operator
  torch::jit::Value* index = nullptr;  // the element's index in the list
  torch::jit::Node* list = nullptr;    // the operator that made the element's list
};

// Applies the step to another tensor (or list, for an element) than the original one, before the place.
torch::jit::Value* derive(const ViewStep& step, torch::jit::Value* viewed, torch::jit::Node* place);

// Whether elements cannot be written through the step, because its result has another dtype than the tensor.
bool is_read_only(const ViewStep& step);
// Whether `write_back` supports the step. For other steps, compute the elements' places and use trt::write_at.
bool can_write_back(const ViewStep& step);
// Whether the view may show one element of the tensor several times, as an expanded view does.
bool may_repeat(const ViewStep& step);
// The new value of the tensor `base` after its view became `value`. For an element of a list, `base` is the tensor that
// the list was made from.
torch::jit::Value* write_back(const ViewStep& step, torch::jit::Value* base, torch::jit::Value* value,
                              torch::jit::Node* place);
// A tensor of `base`'s shape that holds each element's place in `base`.
torch::jit::Value* places_of(torch::jit::Value* base, torch::jit::Node* place);
// `base` with the elements of `value` at the places. No place may occur twice; this is checked unless `is_certain`:
// all elements of `value` are equal, or no step repeats an element.
torch::jit::Value* write_at(torch::jit::Value* base, torch::jit::Value* places, torch::jit::Value* value,
                            bool is_certain, torch::jit::Node* place);

struct View;
struct Storage;

// Orders by number, not by address, so that every run rewrites a graph in the same way.
struct ByNumber {
  bool operator()(const Storage* a, const Storage* b) const;
};
using Storages = std::set<Storage*, ByNumber>;

// The memory of a tensor and all its views; or a list, dict or object whose parts are not tracked.
struct Storage {
  View* whole = nullptr;  // null if this is no tensor
  size_t number = 0;      // order of appearance in the walk
  int64_t version = 0;
  // Storages that may share this memory although no view is known.
  std::set<Storage*, ByNumber> perhaps;
  bool has_views = false;
  // Whether a view may be the very tensor that it views; changing the shape of one then changes both.
  bool has_other_names = false;
  torch::jit::Value* argument = nullptr;  // the graph input with this memory
  // A write that may or may not have changed this memory; empty: none.
  std::string doubt;
};

inline bool ByNumber::operator()(const Storage* a, const Storage* b) const { return a->number < b->number; }

// A selection of a storage's elements, seen as a tensor (or as a list of tensors).
struct View {
  Storage* storage = nullptr;
  View* parent = nullptr;  // null: the view is the whole storage
  ViewStep step;
  torch::jit::Value* value = nullptr;  // holds the elements as they were at `version`
  int64_t version = 0;
  bool is_contiguous = false;
  size_t number = 0;  // order of appearance in the walk
};

// While the condition (a bool of the graph) holds, all of `copy` is the same memory as `source`. No condition: while
// the dtypes are the same. Otherwise `copy` has memory of its own, or is the same as the source of another link.
struct Link {
  View* source = nullptr;
  Storage* copy = nullptr;
  torch::jit::Value* condition = nullptr;
};

// The view that a tensor value refers to. An operator such as t_ changes the view for every name of the tensor.
struct Tensor {
  View* view = nullptr;
  const torch::jit::Block* block = nullptr;  // where it was made
};

// The meaning of a graph value in the model.
struct Alias {
  enum class Kind { kNothing, kTensor, kViews, kParts, kOpaque };
  Kind kind = Kind::kNothing;
  Tensor* tensor = nullptr;                 // kTensor
  View* views = nullptr;                    // kViews: a list of views
  Storage* storage = nullptr;               // kOpaque
  std::vector<Alias> parts;                 // kParts: a list or tuple that nothing modifies
  std::vector<torch::jit::Value*> made_of;  // kParts: the values of the parts
};

class AliasModel {
 public:
  // The meaning of the value. A tensor seen for the first time gets memory of its own.
  const Alias& of(torch::jit::Value* value);
  void bind(torch::jit::Value* value, Alias alias) { aliases_[value] = std::move(alias); }
  bool knows(const torch::jit::Value* value) const { return aliases_.count(value) != 0; }

  Alias new_tensor(torch::jit::Value* value, bool is_contiguous);
  // new_tensor for a tensor that the caller passes.
  Alias new_argument(torch::jit::Value* value);
  Alias new_opaque(torch::jit::Value* value);
  Alias tensor_of(View* view, const torch::jit::Block* block);
  View* new_view(View* parent, ViewStep step, torch::jit::Value* value, bool is_contiguous);

  // Every storage that the value may share.
  Storages storages(const Alias& alias) const;
  // Records that either storage may share the other from now on.
  void relate(Storage* a, Storage* b);
  void link(View* source, Storage* copy, torch::jit::Value* condition);
  // The links of `copy`; holds() gives a bool that is true while the link holds.
  std::vector<Link> links_of(const Storage* copy) const;
  torch::jit::Value* holds(const Link& link, torch::jit::Node* place) const;
  // The storages on the other end of links from or to this storage; a write to it may write them.
  std::vector<Storage*> linked_with(const Storage* storage) const;
  // Applies the steps that lead from `from` to `view` to the view `onto`.
  View* rebased(View* view, const View* from, View* onto);
  // A view without elements yet; the first read makes it.
  View* unread_view(View* parent, ViewStep step, bool is_contiguous);

  // The value with the current elements; made before the reader if it does not exist. Throws Error if it is unknown
  // whether a write has changed them.
  torch::jit::Value* read(torch::jit::Value* value, torch::jit::Node* reader);
  torch::jit::Value* read(View* view, torch::jit::Node* reader);
  // Gives the view these elements, and updates all views that share its memory.
  void write(View* view, torch::jit::Value* elements, torch::jit::Node* writer);
  // Makes the value the current elements of the view, for later readers.
  void rename(View* view, torch::jit::Value* value) { set(view, value, view->version); }
  // Gives the whole storage another value, for example after a block that wrote it.
  void replace(Storage* storage, torch::jit::Value* value);

  // Values made inside a block are unknown after it, so leave_block restores the earlier values.
  void enter_block();
  // Storages from outside that the block has written, by number.
  std::vector<Storage*> written_in_block() const;
  void leave_block();
  // Throws Refused if a later write of the block may change memory that was read earlier: the next round reads it too.
  void require_certain_again() const;
  // Storages and views that appear later have this number or a higher one.
  size_t storage_count() const { return storages_.size(); }
  size_t view_count() const { return views_.size(); }
  // All related pairs, in the order in which they were related.
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
  // The place and the writer of a write; new values are made before `place`.
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

// "aten::add_ (model.py:3: y.add_(1))": a user's operator in messages.
std::string operator_and_line(const torch::jit::Node* node);

}  // namespace torch_tensorrt::core::lowering::passes
