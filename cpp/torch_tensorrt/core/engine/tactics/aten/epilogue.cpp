#include "torch_tensorrt/core/engine/tactics/aten/epilogue.h"

#include "torch_tensorrt/core/engine/tactics/aten/pointwise.h"
#include "torch_tensorrt/core/network/enum_names.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::ElementWiseOperation;
using network::EpilogueOp;

bool gives_bool(ElementWiseOperation operation) {
  return operation == ElementWiseOperation::kEQUAL || operation == ElementWiseOperation::kGREATER ||
         operation == ElementWiseOperation::kLESS;
}

void apply(const EpilogueOp& op, const at::Tensor& operand, at::Tensor& result) {
  if (op.kind == EpilogueOp::Kind::kActivation) {
    activation_out(result, result, op.activation, op.alpha, op.beta);
    return;
  }
  const at::Tensor& first = op.swapped ? operand : result;
  const at::Tensor& second = op.swapped ? result : operand;
  elementwise_out(result, first, second, op.elementwise);
}

}  // namespace

Decision epilogue_supported(const network::ILayer& layer) {
  for (const EpilogueOp& op : layer.epilogue()) {
    const network::DataType dtype = layer.getOutput(0)->getType();
    if (op.kind == EpilogueOp::Kind::kActivation) {
      if (auto decision = activation_supported(op.activation, dtype); !decision) return decision;
      continue;
    }
    if (gives_bool(op.elementwise)) return Decision::no("a comparison changes the dtype of the result");
    if (auto decision = elementwise_supported(op.elementwise, dtype); !decision) return decision;
  }
  return Decision::yes();
}

Compute make_epilogue(const network::ILayer& layer, size_t done, const std::vector<at::Tensor>& inputs,
                      const at::Tensor& output) {
  if (layer.epilogue().size() <= done) return {};
  struct Step {
    EpilogueOp op;
    at::Tensor operand;
  };
  std::vector<Step> steps;
  for (size_t i = done; i < layer.epilogue().size(); ++i) {
    const EpilogueOp& op = layer.epilogue()[i];
    const bool reads = op.kind == EpilogueOp::Kind::kElementWise;
    steps.push_back({op, reads ? inputs.at(static_cast<size_t>(op.input)) : at::Tensor()});
  }
  return [steps = std::move(steps), output = at::Tensor(output)]() mutable {
    for (const Step& step : steps) apply(step.op, step.operand, output);
  };
}

}  // namespace torch_tensorrt::engine::aten
