#include "torch_tensorrt/core/runtime/autograd.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/basic_ops.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <algorithm>

#include "torch_tensorrt/core/util/macros.h"

// Makes an engine an operation without a derivative for PyTorch's automatic differentiation.
namespace torch_tensorrt::core::runtime {
namespace {

bool wants_gradients(const std::vector<at::Tensor>& inputs) {
  if (!at::GradMode::is_enabled()) return false;
  return std::any_of(inputs.begin(), inputs.end(),
                     [](const at::Tensor& input) { return input.defined() && input.requires_grad(); });
}

}  // namespace

std::vector<at::Tensor> execute_engine_without_gradients(std::vector<at::Tensor> inputs,
                                                         c10::intrusive_ptr<TRTEngine> compiled_engine) {
  std::vector<at::Tensor> outputs;
  {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    outputs = compiled_engine->run(inputs);
  }
  if (!wants_gradients(inputs)) return outputs;
  const auto node = std::make_shared<torch::autograd::Error>(
      str("the engine ", compiled_engine->name,
          " computes no gradients: compiled modules are for inference. Call them ",
          "under torch.no_grad(), detach their inputs or outputs, or train the module that was compiled"),
      torch::autograd::collect_next_edges(inputs));
  for (const at::Tensor& output : outputs) {
    if (at::isFloatingType(output.scalar_type())) torch::autograd::set_history(output, node);
  }
  return outputs;
}

}  // namespace torch_tensorrt::core::runtime
