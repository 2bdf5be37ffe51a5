#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/engine_module.h"

// From a method to a network. Compiling, checking and refitting begin with these steps.
namespace torch_tensorrt::core {

// "__torch__.torchvision.models.resnet.___torch_mangle_3.ResNet" -> "ResNet"
std::string class_name(const torch::jit::Module& mod);

// The number of arguments that the user gave inputs for; unset if the user gave none.
std::optional<size_t> given_arguments(const CompileSpec& cfg);

struct LoweredMethod {
  std::shared_ptr<torch::jit::Graph> graph;
  std::vector<torch::jit::IValue> values;  // of the graph's inputs that stand for attributes
  lowering::ArgumentWrites writes;
  // find_arguments sets these:
  ir::StaticParams params;
  std::vector<const torch::jit::Value*> arguments;  // of the graph, without the parameters
};

// Lowers the method. An engine outside a module (converting_to_trt_engine) has no outputs for writes to arguments.
LoweredMethod lower_method(const torch::jit::Module& mod, const std::string& method, const CompileSpec& cfg);

// Tells arguments from parameters. Throws Error for an argument that is neither a tensor nor a collection of tensors.
void find_arguments(LoweredMethod& lowered);

// Gives the spec of an argument without a given dtype the dtype of the argument's first use in the graph if that is a
// floating dtype, else float.
void infer_dtype(torch::jit::Graph& graph, const torch::jit::Value* argument, ir::Input& spec);

// Finds the arguments and pairs them with the user's inputs, for conversion. Throws Error if their numbers differ.
void pair_inputs(LoweredMethod& lowered, CompileSpec& cfg);

struct MethodNetwork {
  std::shared_ptr<nvinfer1::INetworkDefinition> network;
  std::vector<WrittenInput> writes;
  std::vector<ir::ValueTree> arguments;
  std::vector<ir::ValueTree> results;
};

// The network of a method with paired inputs. Throws Error naming the node that cannot be converted.
MethodNetwork convert_method(LoweredMethod& lowered, const CompileSpec& cfg);

}  // namespace torch_tensorrt::core
