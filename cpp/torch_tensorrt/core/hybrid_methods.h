#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/hybrid_module.h"
#include "torch_tensorrt/core/hybrid_record.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::core {

// Methods of one module on their way to engines. The result is a copy of the module whose listed methods run engines
// where they can. They have their signatures and results, and the copy keeps the module's state and its other methods.
// A call raises if its arguments contradict the given ones, and casts floating tensors that the module would not accept
// in their dtype.
class HybridMethods {
 public:
  // Copies the module and makes one graph of each method, without running it. Throws Error if it fails.
  HybridMethods(const torch::jit::Module& mod, CompileSpec cfg, std::vector<BoundMethod> methods);

  // Whether they hold for all methods (see HybridMethod); else the reason of the first method for which they do not.
  Decision can_be_whole();
  Decision fits_inputs();
  // Those that the methods may raise, each once (see HybridMethod).
  std::vector<util::RaisedException> exceptions();

  // Logs what PyTorch runs, and why; this is an Error if the settings want one engine for each method. Throws
  // DoesNotFit (hybrid_segments.h), with the error of the node that fails. Call it once.
  torch::jit::Module compile();

  // The same module as compile() makes, with engines like those of `compiled`, which only get other weights: times
  // nothing. `made_by` is the record of `compiled`. Throws Error naming the operation or the layer that differs. Call
  // it once.
  torch::jit::Module refit(const HybridRecord& made_by, const torch::jit::Module& compiled);

 private:
  torch::jit::Module finished();

  CompileSpec cfg_;
  torch::jit::Module source_;
  torch::jit::Module module_;
  std::vector<engine::Parameter> parameters_;
  std::vector<std::unique_ptr<HybridMethod>> methods_;
};

// Logs a warning that names the exceptions which the method may raise, as far as the declared inputs do not rule them
// out: one engine for the method raises none.
void warn_of_exceptions(const torch::jit::Module& mod, const std::string& method, const CompileSpec& cfg);

}  // namespace torch_tensorrt::core
