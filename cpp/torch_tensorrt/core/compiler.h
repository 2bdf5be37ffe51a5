#pragma once

#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/ir/ir.h"
#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/partitioning/partitioning_info.h"
#include "torch_tensorrt/core/runtime/RTDevice.h"

// The driver: a module and what is wanted of it in, a module with engines or engine bytes out. Throws Error.
namespace torch_tensorrt::core {

struct CompileSpec {
  explicit CompileSpec(std::vector<ir::Input> inputs) : graph_inputs(std::move(inputs)) {}
  explicit CompileSpec(torch::jit::IValue& input_signature) : graph_inputs(input_signature) {}
  ir::GraphInputs graph_inputs;
  conversion::ConversionInfo convert_info;
  lowering::LowerInfo lower_info;
  partitioning::PartitioningInfo partitioning_info;
};

// Whether every operation of the method can go into an engine; what cannot is logged as an error.
bool CheckMethodOperatorSupport(const torch::jit::script::Module& mod, std::string method_name);
// The bytes of one engine for the whole method.
std::string ConvertGraphToTRTEngine(const torch::jit::script::Module& mod, std::string method_name, CompileSpec cfg);
// A new module whose forward takes and gives what the module's does, and runs an engine.
torch::jit::script::Module CompileGraph(const torch::jit::script::Module& mod, CompileSpec cfg);
// A module around engine bytes; `device` must be of the kind that the engine was built for.
torch::jit::script::Module EmbedEngineInNewModule(const std::string& engine, runtime::RTDevice device,
                                                  const std::vector<std::string>& input_binding_names,
                                                  const std::vector<std::string>& output_binding_names);
void set_device(const int gpu_id);

}  // namespace torch_tensorrt::core
