#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "torch_tensorrt/core/lowering/passes/alias_model.h"
#include "torch_tensorrt/core/util/jit_value_map.h"

namespace torch_tensorrt::core::lowering::passes {

// write_tracing.cpp: finds the memory that a loop's body may write, before the walk of the body. The walk sees one
// round only, but a round reads what the previous round wrote.

// In the order in which the graph got the values: that of their addresses differs from run to run.
using Values = std::set<const torch::jit::Value*, util::FirstMade>;

// The possible origins of a value's memory.
struct Sources {
  Storages storages;  // from outside the body
  Values inside;      // results of operators and parameters of blocks inside
};

// The possible tensors that a carried tensor may be at the end of a round.
struct LoopEnds {
  std::set<torch::jit::Value*, util::FirstMade> outside;  // values from outside the body
  std::set<size_t> parameters;                            // indices of carried values
  Values fresh;                                           // memory made in the round
  bool is_known = true;                                   // false if other origins are possible
};

LoopEnds ends_of(AliasModel& model, torch::jit::Value* end, const torch::jit::Block* body);
Sources sources_of(AliasModel& model, torch::jit::Value* value, const torch::jit::Block* body);
// The memory that nodes of the body may write.
Sources written_in(AliasModel& model, const torch::jit::Block* body);
// Whether the value is always the same tensor as the body's parameter, perhaps after in-place writes.
bool is_same_tensor(const torch::jit::Value* value, const torch::jit::Value* parameter);
// Whether no node changes the list after it is made, and no block takes it as input or returns it.
bool is_fixed_list(const torch::jit::Value* list);

class BranchValues;

// Refuses as_strided of a tensor with unknown layout, because as_strided addresses the memory itself.
void require_layout(const torch::jit::Node* node, const View* viewed);

// Walks a graph from its first node to its last with a model of its memory, and replaces operators that write by
// operators that give new tensors.
class WriteWalk {
 public:
  explicit WriteWalk(torch::jit::Graph& graph) : graph_(graph) {}
  void run();

 private:
  using Aliases = std::vector<Alias>;
  using Block = torch::jit::Block;
  using Node = torch::jit::Node;
  using Value = torch::jit::Value;

  // write_through_views.cpp: the walk
  std::vector<Alias> walk(Block* block);
  std::vector<Alias> redirect(Node* node);
  void visit(Node* node);
  void leave_write(Node* node, const std::vector<Alias>& aliases);
  void relate_all(Node* node, const std::vector<Alias>& aliases);
  void write_arguments();

  // write_sharing.cpp: operators that share memory
  void visit_operator(Node* node, const std::vector<Alias>& aliases);
  void bind_argument(Value* input);
  void bind_same(Node* node, const Alias& alias);
  void bind_unknown(Value* value, const std::vector<Alias>& aliases);
  void visit_construct(Node* node, const std::vector<Alias>& aliases);
  void visit_unpack(Node* node, const Alias& whole);
  void visit_item(Node* node, const Alias& whole);
  void bind_part(Value* part, Node* node, const Alias& whole, std::optional<int64_t> place, Value* index);
  void bind_item_of_argument(Value* part, Node* node, const Alias& list, std::optional<int64_t> place);
  void visit_view(Node* node, const std::vector<Alias>& aliases);
  void bind_all_unknown(Node* node, const std::vector<Alias>& aliases);
  void visit_cast(Node* node, const std::vector<Alias>& aliases);
  void visit_perhaps(Node* node, const std::vector<Alias>& aliases);
  bool is_contiguous(const Alias& alias) const;
  bool is_fresh_contiguous(const Node* node, const std::vector<Alias>& aliases) const;

  // write_in_place.cpp: operators that write
  void visit_write(Node* node, const std::vector<Alias>& aliases);
  Node* on_a_copy(Node* node, bool is_in_place);
  void write(Node* node, View* view, Value* result, Value* old, bool is_in_place);
  void visit_list_write(Node* node, const std::vector<Alias>& aliases);
  void raise_where_reached(Node* node, Node* instead, const std::string& message);
  void visit_shape_write(Node* node, const Alias& alias);

  // A block's result is this view of an outer tensor while the condition (a value inside; null: always) holds.
  struct Origin {
    Value* condition;
    View* view;
  };
  struct Branch {
    Aliases outputs;
    std::vector<std::vector<Origin>> origins;  // per output
    std::vector<Storages> others;              // other storages that each output may share
    std::map<Storage*, Value*, ByNumber> written;
  };
  // A result that shares a storage made inside a block, and the view of that storage that the result is.
  struct Holder {
    Storage* result;
    View* view;
  };
  using Holders = std::map<Storage*, std::vector<Holder>, ByNumber>;

  // write_branches.cpp: branches
  void visit_if(Node* node);
  Branch walk_branch(Block* block, size_t first);
  void collect_origins(View* view, Value* condition, size_t first, Node* place, std::vector<Origin>& found);
  Storages may_share(const Alias& alias, size_t first) const;
  bool bind_one(Value* output, const Alias& a, const Alias& b, size_t first);
  void bind_results(Node* node, const std::vector<Branch>& branches, size_t first, size_t first_view);
  Storage* new_result(Value* output, const std::vector<const Alias*>& ways);
  void hold(Storage* result, const Branch& branch, size_t place, size_t first, Holders& holders, BranchValues& values);

  // A tensor that a loop carries. `is_known`: in every round its memory is that of an outer candidate, or only known
  // carried tensors hold it. One flag per candidate is true if the tensor is this candidate.
  struct Carried {
    bool is_known = false;
    bool is_candidate_always = false;
    std::vector<View*> candidates;
    std::vector<Value*> flags;
    View* whole = nullptr;
    size_t offset = 0;  // of the flags among the outputs of the loop
  };
  struct LoopWalk {
    Node* node;
    Aliases start;
    std::vector<LoopEnds> ends;
    std::vector<Carried> carried;
    Sources written;
    size_t first;
  };

  // write_loops.cpp: loops
  void visit_loop(Node* node);
  void find_carried(LoopWalk& loop);
  void find_candidates(LoopWalk& loop);
  Storages bind_parameters(LoopWalk& loop);
  bool bind_parameter(LoopWalk& loop, size_t i);
  void relate_parameters(LoopWalk& loop, const std::vector<Sources>& sources);
  void add_flags(LoopWalk& loop, size_t i);
  void give_flags(LoopWalk& loop, const Aliases& ends);
  Value* is_candidate(LoopWalk& loop, View* view, View* candidate, Node* place);
  void bind_loop_results(LoopWalk& loop, const Aliases& ends, const std::vector<Storages>& others);
  void doubt_later_rounds(const Storages& written, size_t first, size_t first_pair, Node* node);

  torch::jit::Graph& graph_;
  AliasModel model_;
  std::map<Storage*, std::map<int64_t, Alias>> items_of_arguments_;
  std::vector<Node*> retired_;
};

}  // namespace torch_tensorrt::core::lowering::passes
