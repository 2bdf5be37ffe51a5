#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/hybrid_record.h"
#include "torch_tensorrt/core/ir/input_tree.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"
#include "torch_tensorrt/core/util/decision.h"

// Modules that run as much as pays in engines, and the rest in PyTorch.
namespace torch_tensorrt::core {

// One method on its way from a module to engines.
class HybridMethod {
 public:
  // Copies the module and makes one graph of the method, without running it. `arguments`: what the user gives for each
  // argument of the method. Throws Error if it fails.
  HybridMethod(const torch::jit::Module& mod, std::string method, CompileSpec cfg,
               std::vector<ir::BoundArgument> arguments);
  ~HybridMethod();

  // Whether one engine for the whole method would do all that the method does, as far as it can be converted: an engine
  // raises no exceptions of the model, and its results have memory of their own.
  Decision can_be_whole();

  // Whether the method runs for the declared inputs, as far as their shapes and dtypes tell.
  Decision fits_inputs();

  // A copy of the module whose method runs engines where it can. It has the method's signature and results, and keeps
  // the module's state and its other methods. A call raises if its arguments contradict the given ones, and casts
  // floating tensors that the module would not accept in their dtype. Logs what PyTorch runs, and why. Throws
  // DoesNotFit (hybrid_segments.h), with the error of the node that fails. Call it once.
  torch::jit::Module compile();

  // The same module as compile() makes, with engines like the given ones, which only get other weights: times nothing.
  // `made_by` is the record of the module that has these engines. Throws Error naming the parameters, the operation or
  // the layer that differs. Call it once.
  torch::jit::Module refit(const HybridRecord& made_by,
                           const std::vector<c10::intrusive_ptr<runtime::TRTEngine>>& engines);

 private:
  class Graphs;
  std::unique_ptr<Graphs> graphs_;
};

}  // namespace torch_tensorrt::core
