#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/hybrid_record.h"
#include "torch_tensorrt/core/ir/input_tree.h"
#include "torch_tensorrt/core/partitioning/probe.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"
#include "torch_tensorrt/core/util/decision.h"
#include "torch_tensorrt/core/util/jit_exceptions.h"

// Methods that run as much as pays in engines, and the rest in PyTorch.
namespace torch_tensorrt::core {

c10::Device torch_device(const engine::DeviceTarget& device);

// A method, and what the user gives for each of its arguments.
struct BoundMethod {
  std::string name;
  std::vector<ir::BoundArgument> arguments;
};

// Gives an input without a dtype the dtype of its first use in the graph (infer_dtype), and each input one range.
std::vector<ir::BoundArgument> probed_arguments(torch::jit::Graph& graph, std::vector<ir::BoundArgument> arguments);

// One method of a prepared module (lowering/prepare.h) on its way to engines. Changes the method and adds the engines
// to the module.
class HybridMethod {
 public:
  // `others`: those of the module's other methods that may set attributes.
  HybridMethod(torch::jit::Module module, BoundMethod method, CompileSpec cfg,
               std::vector<partitioning::OtherMethod> others);
  ~HybridMethod();

  // Whether one engine for the whole method would do all that the method does, as far as it can be converted: an engine
  // raises no exceptions of the model, and its results have memory of their own.
  Decision can_be_whole();

  // Whether the method runs for the declared inputs, as far as their shapes and dtypes tell.
  Decision fits_inputs();

  // The exceptions of the model that a call may raise, as far as the declared inputs do not rule them out.
  std::vector<util::RaisedException> exceptions();

  // Makes the graph of the hybrid module, and the networks of its engines. `failed_builds`: MethodRecord's. Throws
  // DoesNotFit (hybrid_segments.h), with the error of the node that fails. Call it once, before any of those below.
  void cut(std::vector<FailedBuild> failed_builds);

  // Builds the engines. If a backend takes the layers of an engine and cannot build it, the nodes go to the next
  // backend, or to PyTorch, and the graph is cut again, with a warning.
  void build();

  // Adds engines like those of `compiled`, which was made by the record; the engines only get other weights. Throws
  // Error naming the operation or the layer that differs.
  void refit(const MethodRecord& made_by, const torch::jit::Module& compiled);

  const std::shared_ptr<torch::jit::Graph>& graph() const;
  const HybridReport& report() const;
  MethodRecord record() const;

 private:
  class Graphs;
  std::unique_ptr<Graphs> graphs_;
};

}  // namespace torch_tensorrt::core
