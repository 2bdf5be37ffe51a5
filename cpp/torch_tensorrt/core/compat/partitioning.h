#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/compat/ir.h"
#include "torch_tensorrt/core/compat/partitioning_ctx.h"

// Partitioning for programs that cut a lowered graph, convert its segments and stitch the result themselves. The
// decisions, groups and shapes are those of core/partitioning; core/hybrid_module.h does all steps for a module.
namespace torch_tensorrt::core::partitioning {

using GraphAndMapping =
    std::pair<std::shared_ptr<torch::jit::Graph>, std::unordered_map<torch::jit::Value*, torch::jit::Value*>>;

// Nodes that may stay outside the one engine of a module with collections of tensors.
extern const std::unordered_set<c10::Symbol> CollectionNodeKinds;

// A random tensor, list or tuple of tensors for each input, within its tensor_domain: on the GPU `gpu_id`, or on the
// CPU if there is none or the id is negative. The dtype is that of `input_types`; without one, that of the input.
ExampleIValues generateRandomInputs(ir::CollectionInputSpecMap& input_ranges, ir::CollectionTypeMap& input_types,
                                    const ir::ShapeMode& shape_mode = ir::ShapeMode::kOPT, int64_t gpu_id = 0);
// Fills the context's examples from settings.collection_input_spec_map: all three if a shape varies, else only opt.
void populateInputIValues(PartitioningCtx* ctx);

// Decides about the nodes of the block and groups them into segments, in an order in which they can run. A decision of
// kUNSUPPORTED, kOPERATOR_FALLBACK or kMODULE_FALLBACK that is set already stays. If the context has examples, nodes of
// unknown dtypes or shapes are left to PyTorch. An If is a segment of its own.
void segmentGraph(PartitioningCtx* ctx, torch::jit::Block* block);

// Sets the dtypes of the segments' inputs and, for the mode, their shapes; adds the results of the segments to the
// examples, as tensors without data (on the device meta). Runs no node. Throws Error if a shape of an engine's input is
// unknown.
void runShapeAnalysis(PartitioningCtx* ctx, torch::jit::Block* block, ExampleIValues& examples,
                      const ir::ShapeMode& shape_mode);

// Segments all blocks of the context, with the inputs and outputs of each segment and, if there are examples, their
// shapes. An engine takes and gives only tensors: it repeats the nodes that compute numbers for it.
void partition(PartitioningCtx* ctx, bool expect_full_compilation = false);

// One graph of the block's segments, and its values by those of the block. A graph with an engine (update_graph) takes
// the module as its first input; so does then the result. Several results are a tuple. Throws Error unless the block
// and the blocks of its Ifs are partitioned.
GraphAndMapping stitch(PartitioningCtx* ctx, torch::jit::Block* block);

}  // namespace torch_tensorrt::core::partitioning
