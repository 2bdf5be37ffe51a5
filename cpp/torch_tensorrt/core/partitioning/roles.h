#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "torch/csrc/jit/ir/alias_analysis.h"
#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/partitioning/decisions.h"
#include "torch_tensorrt/core/partitioning/probe.h"

namespace torch_tensorrt::core::partitioning {

// Where a node can run.
enum class Role {
  kEngine,  // computes tensors that an engine can compute
  kShared,  // cheap, and without effects: views, sizes, collections. Runs wherever its results are used, perhaps twice
  kTorch,   // PyTorch runs it
};

// The role of each node of a graph and its blocks.
class Roles {
 public:
  // `probe` and `aliases` must live as long as the roles. `backends`: how many may have engines of this graph.
  Roles(torch::jit::Graph& graph, const GraphProbe& probe, const torch::jit::AliasDb& aliases,
        const PartitioningInfo& info, size_t backends = 1);

  // False for nodes that the graph did not have when the roles were decided.
  bool knows(const torch::jit::Node* node) const { return decisions_.count(node) != 0; }
  Role of(const torch::jit::Node* node) const { return decisions_.at(node).role; }
  // Why PyTorch runs the node; empty for other nodes, and for nodes that have nothing to compute.
  const std::string& reason(const torch::jit::Node* node) const { return decisions_.at(node).reason; }
  const GraphProbe& probe() const { return probe_; }

  using Reasons = std::unordered_map<const torch::jit::Node*, std::string>;
  // Leaves the nodes to PyTorch. Nodes that need their results in another form follow.
  void leave(const Reasons& nodes);

  // Of an engine's node: the number of the backend that is to build the engine, the preferred one first.
  size_t backend_of(const torch::jit::Node* node) const;
  // The backends of the nodes do not take them: the next ones are to build their engines. After the last backend comes
  // PyTorch.
  void decline(const Reasons& nodes);

 private:
  struct Decided {
    Role role = Role::kTorch;
    std::string reason;
  };

  void decide_all();
  void collect_written(const torch::jit::Block* block);
  bool changes_each_round(const torch::jit::Value* value) const;
  bool gives_written_copy(const torch::jit::Node* node) const;
  bool gives_written_collection(const torch::jit::Node* node) const;
  void collect_layouts();
  void add_layout(const torch::jit::Value* value);
  bool takes_float_of_torch(const torch::jit::Node* node) const;
  bool follows_from_data(const torch::jit::Value* value) const;
  void decide_block(torch::jit::Block* block);
  Decided decide(torch::jit::Node* node) const;
  // Empty if an engine can take the value, as a constant, as an input, or by computing it.
  std::string obstacle(const torch::jit::Value* value) const;
  std::string obstacle_of_inputs(const torch::jit::Node* node) const;
  std::string obstacle_of_results(const torch::jit::Node* node) const;

  torch::jit::Graph& graph_;
  const GraphProbe& probe_;
  const torch::jit::AliasDb& aliases_;
  PartitioningInfo info_;
  std::vector<c10::TypePtr> written_types_;  // of lists and dicts that loops hand on and that nodes write
  std::unordered_set<const torch::jit::Node*> cast_nodes_;               // in blocks that choose the dtypes
  int loops_ = 0;                                                        // around the node that is decided
  mutable std::unordered_map<const torch::jit::Value*, bool> changing_;  // with each round of a loop, as far as asked
  std::unordered_set<const torch::jit::Node*> layout_decides_;           // whose strides decide what a write reaches
  size_t backends_;
  Reasons left_;
  std::unordered_map<const torch::jit::Node*, size_t> declined_;  // by how many backends
  std::unordered_map<const torch::jit::Node*, Decided> decisions_;
};

}  // namespace torch_tensorrt::core::partitioning
