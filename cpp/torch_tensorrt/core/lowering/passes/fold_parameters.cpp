#include "torch/csrc/jit/ir/constants.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {

// A constant keeps the input's name ("fc1.bias"), because people search for this name in a dump.
bool fold_parameters(const GraphPtr& graph, std::vector<torch::jit::IValue>& params) {
  TORCHTRT_CHECK(params.size() <= graph->inputs().size(), "the graph has " << graph->inputs().size() << " inputs, but "
                                                                           << params.size()
                                                                           << " parameters were given");
  const size_t first = graph->inputs().size() - params.size();
  bool changed = false;
  torch::jit::WithInsertPoint guard(*graph->nodes().begin());
  for (size_t i = params.size(); i-- > 0;) {
    auto* input = graph->inputs()[first + i];
    const auto constant = torch::jit::tryInsertConstant(*graph, params[i]);
    if (!constant) continue;
    const std::string name = input->hasDebugName() ? input->debugName() : std::string();  // "%0" has no debug name
    input->replaceAllUsesWith(*constant);
    graph->eraseInput(first + i);
    if (!name.empty()) (*constant)->setDebugName(name);
    params.erase(params.begin() + static_cast<std::ptrdiff_t>(i));
    changed = true;
  }
  return changed;
}

}  // namespace torch_tensorrt::core::lowering::passes
