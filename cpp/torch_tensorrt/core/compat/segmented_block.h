#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <unordered_map>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/compat/ir.h"

// The segments of a block as programs that partition graphs themselves know them.
namespace torch_tensorrt::core::partitioning {

// Nodes of one block that an engine or PyTorch runs, and their copy in a graph of their own. A raw node or value is one
// of the original graph. The raw inputs are in the order of the graph's inputs, the raw outputs in that of its outputs.
struct SegmentedBlock {
 public:
  enum SegmentedBlockTarget { kTorch, kTensorRT };
  using BlockID = uint64_t;

  static std::string target_to_str(SegmentedBlockTarget target);

  SegmentedBlock() = default;
  SegmentedBlock(SegmentedBlockTarget target);
  SegmentedBlock(SegmentedBlockTarget target, const std::vector<torch::jit::Node*>& nodes);
  SegmentedBlock(SegmentedBlockTarget target, std::shared_ptr<torch::jit::Graph> graph);
  SegmentedBlock(BlockID id, SegmentedBlockTarget target, const std::vector<torch::jit::Node*>& nodes);

  // The copy of the value. A value that is not in the segment becomes an input; a constant is copied.
  torch::jit::Value* getOrAddInputForValue(torch::jit::Value* value);
  torch::jit::Node* cloneNode(torch::jit::Node* node);
  void appendNode(torch::jit::Node* node) { cloneNode(node); }
  // Throws Error unless the segment has a copy of the value.
  void registerOutput(torch::jit::Value* value);
  void eraseInput(size_t index);
  void eraseOutput(size_t index);
  bool contain_raw_value(const torch::jit::Value* value) const { return copies_.count(value) != 0; }

  torch::jit::graph_node_list nodes() { return graph_->nodes(); }
  torch::jit::Block* block() { return graph_->block(); }
  std::shared_ptr<torch::jit::Graph>& g() { return graph_; }
  // Takes another graph for the same values. It may have one more input in front, the module with the engine.
  void update_graph(std::shared_ptr<torch::jit::Graph> graph) { graph_ = std::move(graph); }
  c10::ArrayRef<torch::jit::Value*> inputs() { return graph_->inputs(); }
  c10::ArrayRef<torch::jit::Value*> outputs() { return graph_->outputs(); }
  const std::vector<torch::jit::Node*>& raw_nodes() const { return nodes_; }
  const std::vector<torch::jit::Value*>& raw_inputs() const { return inputs_; }
  const std::vector<torch::jit::Value*>& raw_outputs() const { return outputs_; }

  // Of the inputs that are tensors, in order.
  void register_inshapes(const std::vector<std::vector<int64_t>>& shapes, const ir::ShapeMode& mode);
  void register_intypes(const std::vector<at::ScalarType>& types) { types_ = types; }
  const std::vector<std::vector<int64_t>>& in_min_shapes() const { return min_shapes_; }
  const std::vector<std::vector<int64_t>>& in_opt_shapes() const { return opt_shapes_; }
  const std::vector<std::vector<int64_t>>& in_max_shapes() const { return max_shapes_; }
  const std::vector<at::ScalarType>& in_types() const { return types_; }
  // Ranges of shapes if all three are registered, else the opt shapes.
  std::vector<ir::Input> construct_inputs_spec() const;

  BlockID get_id() const { return id_; }
  void update_id(BlockID id) { id_ = id; }
  SegmentedBlockTarget target() const { return target_; }
  void update_target(SegmentedBlockTarget target) { target_ = target; }
  bool do_not_merge() const { return do_not_merge_; }
  void do_not_merge(bool value) { do_not_merge_ = value; }

  friend std::ostream& operator<<(std::ostream& os, const SegmentedBlock& block);

 private:
  BlockID id_ = 0;
  SegmentedBlockTarget target_ = kTorch;
  std::vector<std::vector<int64_t>> min_shapes_;
  std::vector<std::vector<int64_t>> opt_shapes_;
  std::vector<std::vector<int64_t>> max_shapes_;
  std::vector<at::ScalarType> types_;
  std::vector<torch::jit::Value*> inputs_;
  std::vector<torch::jit::Value*> outputs_;
  std::vector<torch::jit::Node*> nodes_;
  std::shared_ptr<torch::jit::Graph> graph_;
  std::unordered_map<const torch::jit::Value*, torch::jit::Value*> copies_;
  bool do_not_merge_ = false;
};

std::ostream& operator<<(std::ostream& os, const SegmentedBlock::SegmentedBlockTarget& target);

}  // namespace torch_tensorrt::core::partitioning
