#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "support/jit_graph.h"
#include "torch_tensorrt/core/partitioning/partitioning.h"

// Graphs to partition with the names of Torch-TensorRT.
namespace torch_tensorrt::core::partitioning {

using torch::jit::Graph;
using Ints = std::vector<int64_t>;
using Parts = std::vector<std::string>;

// Convolutions in a row, with an operator in the middle that the tests leave to PyTorch.
inline constexpr const char* kRow = R"(graph(%x : Tensor, %w1 : Float(8, 3, 3, 3), %b1 : Float(8),
                                  %w2 : Float(4, 8, 3, 3), %b2 : Float(4), %w3 : Float(2, 4, 3, 3), %b3 : Float(2)):
          %ones : int[] = prim::Constant[value=[1, 1]]()
          %zeros : int[] = prim::Constant[value=[0, 0]]()
          %one : int = prim::Constant[value=1]()
          %no : bool = prim::Constant[value=0]()
          %a : Tensor = aten::_convolution(%x, %w1, %b1, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          %b : Tensor = aten::relu(%a)
          %c : Tensor = aten::_convolution(%b, %w2, %b2, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          %d : Tensor = aten::log_sigmoid(%c)
          %e : Tensor = aten::_convolution(%d, %w3, %b3, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          return (%e))";

// Two paths from one convolution to a sum; one of them passes PyTorch.
inline constexpr const char* kFork = R"(graph(%x : Tensor, %w1 : Float(8, 3, 3, 3), %b1 : Float(8),
                                   %w2 : Float(4, 8, 3, 3), %b2 : Float(4)):
          %twos : int[] = prim::Constant[value=[2, 2]]()
          %ones : int[] = prim::Constant[value=[1, 1]]()
          %zeros : int[] = prim::Constant[value=[0, 0]]()
          %one : int = prim::Constant[value=1]()
          %no : bool = prim::Constant[value=0]()
          %a : Tensor = aten::_convolution(%x, %w1, %b1, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          %b : Tensor = aten::_convolution(%a, %w2, %b2, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          %c : Tensor = aten::log_sigmoid(%a)
          %d : Tensor = aten::_convolution(%c, %w2, %b2, %ones, %ones, %ones, %no, %zeros, %one, %no, %no, %no, %no)
          %e : Tensor = aten::relu(%b)
          %f : Tensor = aten::add(%d, %e, %one)
          %g : Tensor = aten::max_pool2d(%f, %twos, %twos, %zeros, %ones, %no)
          return (%g))";

inline const std::vector<Ints> kRowShapes = {{3, 3, 16, 16}, {8, 3, 3, 3}, {8}, {4, 8, 3, 3}, {4}, {2, 4, 3, 3}, {2}};
inline const std::vector<Ints> kForkShapes = {{3, 3, 16, 16}, {8, 3, 3, 3}, {8}, {4, 8, 3, 3}, {4}};

inline PartitioningInfo info_with(std::vector<std::string> of_torch, uint64_t min_block_size = 1) {
  PartitioningInfo info;
  info.enabled = true;
  info.min_block_size = min_block_size;
  info.forced_fallback_operators = std::move(of_torch);
  info.target_device = ir::Device::cpu();
  return info;
}

// A graph and its partitioning. The inputs have the shapes if there are any.
struct Partitioned {
  std::shared_ptr<Graph> graph;
  PartitioningCtx ctx;

  Partitioned(const std::string& text, PartitioningInfo info, const std::vector<ir::Input>& specs = {})
      : graph(tests::parse_graph(text)), ctx(graph->block(), with_specs(std::move(info), specs)) {}

  PartitioningInfo with_specs(PartitioningInfo info, const std::vector<ir::Input>& specs) const {
    for (size_t i = 0; i < specs.size(); ++i) info.collection_input_spec_map[graph->inputs()[i]] = {specs[i]};
    return info;
  }

  PartitionedGraph& segments() { return ctx.partitioned_blocks.at(graph->block()); }

  // "E 0 1 2" for an engine and "T 3" for PyTorch, with the places of the nodes in the graph.
  Parts parts() {
    std::unordered_map<const torch::jit::Node*, size_t> places;
    for (const auto* node : graph->nodes()) {
      if (node->kind() != c10::prim::Constant) places.emplace(node, places.size());
    }
    Parts found;
    for (auto& segment : segments()) {
      std::string part = segment.target() == SegmentedBlock::kTensorRT ? "E" : "T";
      for (const auto* node : segment.raw_nodes()) part += " " + std::to_string(places.at(node));
      found.push_back(part);
    }
    return found;
  }
};

inline std::vector<ir::Input> inputs_of(const std::vector<Ints>& shapes) {
  std::vector<ir::Input> inputs;
  for (const auto& shape : shapes) inputs.emplace_back(shape);
  return inputs;
}

inline Parts segmented(const std::string& text, PartitioningInfo info) {
  Partitioned found(text, std::move(info));
  segmentGraph(&found.ctx, found.graph->block());
  return found.parts();
}

inline std::unique_ptr<Partitioned> partitioned(const std::string& text, PartitioningInfo info,
                                                const std::vector<ir::Input>& specs) {
  auto found = std::make_unique<Partitioned>(text, std::move(info), specs);
  populateInputIValues(&found->ctx);
  partition(&found->ctx);
  return found;
}

}  // namespace torch_tensorrt::core::partitioning
