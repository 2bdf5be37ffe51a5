#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/build_settings.h"
#include "torch_tensorrt/core/compat/nvinfer1.h"
#include "torch_tensorrt/core/ir/inputs.h"

// The device and the inputs of a graph by themselves, for programs that convert graphs without the compiler.
namespace torch_tensorrt::core::ir {

using Device = engine::DeviceTarget;

enum class ShapeMode { kMIN, kOPT, kMAX };

using GraphIO = std::pair<GraphInputs, torch::jit::IValue>;
using TypeMap = std::unordered_map<const torch::jit::Value*, std::optional<at::ScalarType>>;
using CollectionTypeMap = std::unordered_map<const torch::jit::Value*, std::vector<std::optional<at::ScalarType>>>;

std::vector<const torch::jit::Value*> get_tensor_inputs(std::shared_ptr<torch::jit::Graph>& g,
                                                        StaticParams& static_params);
// Throws Error if the number of specs differs from the number of inputs.
InputSpecMap pair_input_vals_with_specs(std::vector<const torch::jit::Value*> vals, std::vector<Input> specs);
InputSpecMap associate_specs_with_inputs(std::shared_ptr<torch::jit::Graph>& g, std::vector<Input> specs,
                                         StaticParams& static_params);
CollectionInputSpecMap associate_specs_with_collection_inputs(std::shared_ptr<torch::jit::Graph>& g,
                                                              GraphInputs graph_inputs, StaticParams& static_params);

// ir::get_value_first_calc_dtype_opt of every input of the block that is a tensor, or a tensor or collection.
TypeMap get_block_first_calc_dtypes_opt(torch::jit::Block* b);
CollectionTypeMap get_block_first_calc_dtypes_opt_collection(torch::jit::Block* b);

}  // namespace torch_tensorrt::core::ir
