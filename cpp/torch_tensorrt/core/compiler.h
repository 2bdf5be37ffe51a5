#pragma once

#include <map>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/compat/partitioning.h"
#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/ir/inputs.h"
#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/partitioning/decisions.h"
#include "torch_tensorrt/core/runtime/RTDevice.h"

// The driver: turns a module and a specification into a module with engines, or into engine bytes. Throws Error.
namespace torch_tensorrt::core {

// Unless set, the device is PyTorch's current GPU, or the CPU on a machine without a GPU.
struct CompileSpec {
  explicit CompileSpec(std::vector<ir::Input> inputs);
  explicit CompileSpec(torch::jit::IValue& input_signature);
  ir::GraphInputs graph_inputs;
  // The inputs of the methods that a hybrid module compiles; empty: of forward, for which graph_inputs are.
  std::map<std::string, ir::GraphInputs> methods;
  conversion::ConversionInfo convert_info;
  lowering::LowerInfo lower_info;
  partitioning::PartitioningInfo partitioning_info;
};

// Whether every operation of the method can go into an engine. Logs the other operations as errors.
bool CheckMethodOperatorSupport(const torch::jit::script::Module& mod, std::string method_name);

// How the uses of one operator would run, and why. Uses with different outcomes have a report each.
struct OperatorReport {
  enum class How { kConverted, kEvaluated, kPyTorch };
  std::string op;  // the schema, or the kind of a node without one
  How how = How::kConverted;
  std::string reason;  // why the node is left to PyTorch; empty otherwise
  std::string source;  // the Python line of the first use
  int64_t uses = 0;
};
struct SupportReport {
  std::vector<OperatorReport> operators;
  // Why the method cannot be one engine for the given inputs although every operator could be; empty otherwise.
  std::string problem;
  bool is_whole() const;
};
// Reports how every operator of the lowered method would run. With inputs in the specification, also makes the network,
// to find problems that depend on shapes. Builds nothing.
SupportReport ReportSupport(const torch::jit::script::Module& mod, std::string method_name, CompileSpec cfg);
// The bytes of one engine for the whole method.
std::string ConvertGraphToTRTEngine(const torch::jit::script::Module& mod, std::string method_name, CompileSpec cfg);
// A new module that runs engines. Its forward, or each of the methods that the specification names, has the arguments
// and results of the given module's method.
torch::jit::script::Module CompileGraph(const torch::jit::script::Module& mod, CompileSpec cfg);
// A module around engine bytes; `device` must be of the kind that the engine was built for.
torch::jit::script::Module EmbedEngineInNewModule(const std::string& engine, runtime::RTDevice device,
                                                  const std::vector<std::string>& input_binding_names,
                                                  const std::vector<std::string>& output_binding_names);
void set_device(const int gpu_id);

}  // namespace torch_tensorrt::core
