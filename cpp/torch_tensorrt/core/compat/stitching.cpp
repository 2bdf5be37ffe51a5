#include "torch_tensorrt/core/compat/partitioning.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::partitioning {
namespace {

namespace prim = torch::jit::prim;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

// Writes the segments of a block and of the blocks inside into one graph.
class Stitcher {
 public:
  Stitcher(PartitioningCtx& ctx, Block* block)
      : ctx_(ctx), block_(block), graph_(std::make_shared<torch::jit::Graph>()) {}

  GraphAndMapping run() {
    for (auto* input : block_->inputs()) values_[input] = graph_->addInput()->copyMetadata(input);
    append(block_);
    std::vector<Value*> outputs;
    for (auto* output : block_->outputs()) outputs.push_back(value_of(output));
    if (outputs.size() > 1) outputs = {graph_->insertNode(graph_->createTuple(outputs))->output()};
    for (auto* output : outputs) graph_->registerOutput(output);
    return {graph_, values_};
  }

 private:
  // Values from outside the block, if it is the body of an If, become inputs.
  Value* value_of(Value* value) {
    const auto found = values_.find(value);
    if (found != values_.end()) return found->second;
    if (value->node()->kind() != prim::Constant) {
      TORCHTRT_CHECK(!is_inside(value->node()),
                     "no segment gives " << util::value_info(value) << "; partition the block before stitching");
      return values_[value] = graph_->addInput()->copyMetadata(value);
    }
    auto* constant = graph_->createClone(value->node(), [](Value* other) { return other; });
    return values_[value] = graph_->block()->prependNode(constant)->output();
  }

  bool is_inside(const Node* node) const {
    for (const auto* block = node->owningBlock(); block != block_; block = block->owningNode()->owningBlock()) {
      if (block->owningNode() == nullptr) return false;
    }
    return true;
  }

  Value* module(const c10::TypePtr& type) {
    if (module_ == nullptr) module_ = graph_->insertInput(0, "self_1")->setType(type);
    return module_;
  }

  void append(Block* block) {
    const auto found = ctx_.partitioned_blocks.find(block);
    TORCHTRT_CHECK(found != ctx_.partitioned_blocks.end(), "the block has no segments; partition it before stitching");
    for (auto& segment : found->second) {
      const auto& nodes = segment.raw_nodes();
      if (!nodes.empty() && nodes.front()->kind() == prim::If) {
        append_if(nodes.front());
      } else {
        append_segment(segment);
      }
    }
  }

  void append_segment(SegmentedBlock& segment) {
    std::unordered_map<Value*, Value*> copies;
    const size_t extra = segment.inputs().size() - segment.raw_inputs().size();
    TORCHTRT_CHECK(extra <= 1 && segment.outputs().size() == segment.raw_outputs().size(),
                   "the graph of segment " << segment.get_id() << " has " << segment.inputs().size() << " inputs and "
                                           << segment.outputs().size() << " outputs, must have "
                                           << segment.raw_inputs().size() << " (one more with a module) and "
                                           << segment.raw_outputs().size());
    if (extra == 1) copies[segment.inputs()[0]] = module(segment.inputs()[0]->type());
    for (size_t i = 0; i < segment.raw_inputs().size(); ++i) {
      copies[segment.inputs()[i + extra]] = value_of(segment.raw_inputs()[i]);
    }
    for (auto* node : segment.nodes()) {
      auto* clone = graph_->insertNode(graph_->createClone(node, [&](Value* value) { return copies.at(value); }));
      for (size_t i = 0; i < node->outputs().size(); ++i) copies[node->outputs()[i]] = clone->outputs()[i];
    }
    for (size_t i = 0; i < segment.raw_outputs().size(); ++i) {
      values_[segment.raw_outputs()[i]] = copies.at(segment.outputs()[i]);
    }
  }

  void append_if(Node* node) {
    auto* copy = graph_->insertNode(graph_->create(prim::If, {value_of(node->input(0))}, /*num_outputs=*/0));
    for (auto* block : node->blocks()) {
      auto* inner = copy->addBlock();
      const torch::jit::WithInsertPoint inside(inner);
      append(block);
      for (auto* output : block->outputs()) inner->registerOutput(value_of(output));
    }
    for (auto* output : node->outputs()) values_[output] = copy->addOutput()->copyMetadata(output);
  }

  PartitioningCtx& ctx_;
  Block* block_;
  std::shared_ptr<torch::jit::Graph> graph_;
  std::unordered_map<Value*, Value*> values_;
  Value* module_ = nullptr;
};

}  // namespace

GraphAndMapping stitch(PartitioningCtx* ctx, Block* block) { return Stitcher(*ctx, block).run(); }

}  // namespace torch_tensorrt::core::partitioning
