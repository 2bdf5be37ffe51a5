#include "torch_tensorrt/core/compat/segmented_block.h"

#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::partitioning {

using torch::jit::Node;
using torch::jit::Value;

std::string SegmentedBlock::target_to_str(SegmentedBlockTarget target) {
  return target == kTorch ? "Torch" : "TensorRT";
}

SegmentedBlock::SegmentedBlock(SegmentedBlockTarget target)
    : target_(target), graph_(std::make_shared<torch::jit::Graph>()) {}

SegmentedBlock::SegmentedBlock(SegmentedBlockTarget target, const std::vector<Node*>& nodes)
    : SegmentedBlock(/*id=*/0, target, nodes) {}

SegmentedBlock::SegmentedBlock(SegmentedBlockTarget target, std::shared_ptr<torch::jit::Graph> graph)
    : target_(target), graph_(std::move(graph)) {}

SegmentedBlock::SegmentedBlock(BlockID id, SegmentedBlockTarget target, const std::vector<Node*>& nodes)
    : id_(id), target_(target), nodes_(nodes), graph_(std::make_shared<torch::jit::Graph>()) {
  for (auto* node : nodes) appendNode(node);
}

Value* SegmentedBlock::getOrAddInputForValue(Value* value) {
  const auto found = copies_.find(value);
  if (found != copies_.end()) return found->second;
  if (value->node()->kind() == torch::jit::prim::Constant) {
    auto* constant = graph_->createClone(value->node(), [](Value* other) { return other; });
    return copies_[value] = graph_->block()->prependNode(constant)->output();
  }
  inputs_.push_back(value);
  return copies_[value] = graph_->addInput()->copyMetadata(value);
}

Node* SegmentedBlock::cloneNode(Node* node) {
  auto* clone = graph_->createClone(node, [this](Value* value) { return getOrAddInputForValue(value); });
  graph_->block()->appendNode(clone);
  for (size_t i = 0; i < node->outputs().size(); ++i) copies_[node->outputs()[i]] = clone->outputs()[i];
  return clone;
}

void SegmentedBlock::registerOutput(Value* value) {
  const auto found = copies_.find(value);
  TORCHTRT_CHECK(found != copies_.end(),
                 "the segment has no value " << util::value_info(value) << "; register a result of one of its nodes");
  outputs_.push_back(value);
  graph_->registerOutput(found->second);
}

void SegmentedBlock::eraseInput(size_t index) {
  copies_.erase(inputs_.at(index));
  inputs_.erase(inputs_.begin() + static_cast<std::ptrdiff_t>(index));
  graph_->eraseInput(index);
}

void SegmentedBlock::eraseOutput(size_t index) {
  outputs_.erase(outputs_.begin() + static_cast<std::ptrdiff_t>(index));
  graph_->eraseOutput(index);
}

void SegmentedBlock::register_inshapes(const std::vector<std::vector<int64_t>>& shapes, const ir::ShapeMode& mode) {
  switch (mode) {
    case ir::ShapeMode::kMIN:
      min_shapes_ = shapes;
      return;
    case ir::ShapeMode::kOPT:
      opt_shapes_ = shapes;
      return;
    case ir::ShapeMode::kMAX:
      max_shapes_ = shapes;
      return;
  }
}

std::vector<ir::Input> SegmentedBlock::construct_inputs_spec() const {
  TORCHTRT_CHECK(types_.size() == opt_shapes_.size(), "the segment has " << opt_shapes_.size() << " shapes and "
                                                                         << types_.size()
                                                                         << " dtypes of inputs; run runShapeAnalysis");
  const bool is_range = min_shapes_.size() == opt_shapes_.size() && max_shapes_.size() == opt_shapes_.size();
  std::vector<ir::Input> inputs;
  for (size_t i = 0; i < opt_shapes_.size(); ++i) {
    if (is_range && min_shapes_[i] != max_shapes_[i]) {
      inputs.emplace_back(min_shapes_[i], opt_shapes_[i], max_shapes_[i], types_[i]);
    } else {
      inputs.emplace_back(opt_shapes_[i], types_[i]);
    }
    inputs.back().dtype_is_user_defined = true;
  }
  return inputs;
}

std::ostream& operator<<(std::ostream& os, const SegmentedBlock& block) {
  os << "Segment " << block.id_ << " for " << block.target_ << ":\n";
  if (block.graph_ != nullptr) os << *block.graph_;
  return os;
}

std::ostream& operator<<(std::ostream& os, const SegmentedBlock::SegmentedBlockTarget& target) {
  return os << SegmentedBlock::target_to_str(target);
}

}  // namespace torch_tensorrt::core::partitioning
