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

// The device is PyTorch's current GPU, or the CPU on a machine without one, unless it is set.
struct CompileSpec {
  explicit CompileSpec(std::vector<ir::Input> inputs);
  explicit CompileSpec(torch::jit::IValue& input_signature);
  ir::GraphInputs graph_inputs;
  conversion::ConversionInfo convert_info;
  lowering::LowerInfo lower_info;
  partitioning::PartitioningInfo partitioning_info;
};

// Whether every operation of the method can go into an engine; what cannot is logged as an error.
bool CheckMethodOperatorSupport(const torch::jit::script::Module& mod, std::string method_name);

// How the uses of one operator would run, and why those that have the same fate have it.
struct OperatorReport {
  enum class How { kConverted, kEvaluated, kPyTorch };
  std::string op;  // the schema, or the kind of a node without one
  How how = How::kConverted;
  std::string reason;  // of what is left to PyTorch
  std::string source;  // the Python line of the first use
  int64_t uses = 0;
};
struct SupportReport {
  std::vector<OperatorReport> operators;
  // Why the method cannot be one engine for the given inputs although every operator could be; empty otherwise.
  std::string problem;
  bool is_whole() const;
};
// What would become of every operator of the lowered method. With inputs in the specification the network is made, too,
// so that what depends on shapes is seen; nothing is built.
SupportReport ReportSupport(const torch::jit::script::Module& mod, std::string method_name, CompileSpec cfg);
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
