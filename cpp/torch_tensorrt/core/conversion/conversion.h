#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/ir/inputs.h"
#include "torch_tensorrt/core/ir/value_tree.h"
#include "torch_tensorrt/core/util/decision.h"

// Converts a lowered block to an engine.
namespace torch_tensorrt::core::conversion {

struct ConversionInfo {
  ir::InputSpecMap inputs;
  ir::CollectionInputSpecMap collection_input_spec_map;
  BuilderSettings engine_settings;
};

// The context of the converted block. Inputs are named input_0, input_1, ..., outputs output_0, ... Throws Error naming
// the node that cannot be converted, its schema and its Python line. `results`: as below.
std::unique_ptr<ConversionCtx> convert_block(const torch::jit::Block* b, const ConversionInfo& info,
                                             ir::StaticParams& static_params,
                                             std::vector<ir::ValueTree>* results = nullptr);

// The network of that context. `results`: the block's results; their tensors, in order, are the network's outputs.
std::shared_ptr<nvinfer1::INetworkDefinition> ConvertBlockToNetwork(const torch::jit::Block* b,
                                                                    ConversionInfo build_info,
                                                                    ir::StaticParams& static_params,
                                                                    std::vector<ir::ValueTree>* results = nullptr);

// Whether a node can be converted, evaluated or left out, else the reason.
Decision node_decision(const torch::jit::Node* n);

// One operation of a block that cannot be converted.
struct UnsupportedOp {
  std::string schema;  // the schema, or the kind of a node without one
  int64_t count = 0;
  std::string reason;
  std::string source;  // the Python line of the first use
};
std::vector<UnsupportedOp> unsupported_ops(const torch::jit::Block* b);
// Whether all operations can be converted. Logs the others as errors unless the errors are suppressed.
bool VerifyConverterSupportForBlock(const torch::jit::Block* b, bool suppress_errors = false);

// The value of a node that has an evaluator. Evaluates the node's inputs first; `limit` bounds the recursion.
std::optional<torch::jit::IValue> EvaluateNode(ConversionCtx* ctx, const torch::jit::Node* n, int level = 0,
                                               int limit = 10);

// Implemented in core/compat for programs that convert blocks themselves.

// The bytes of an engine for the block.
std::string ConvertBlockToEngine(const torch::jit::Block* b, ConversionInfo build_info,
                                 ir::StaticParams& static_params);
bool OpSupported(const torch::jit::Node* n);
bool InputIsCollection(const torch::jit::Block* b);
bool OutputIsCollection(const torch::jit::Block* b);

}  // namespace torch_tensorrt::core::conversion
