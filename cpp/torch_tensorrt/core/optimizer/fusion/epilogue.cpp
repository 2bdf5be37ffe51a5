#include "torch_tensorrt/core/optimizer/fusion/epilogue.h"

#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ElementWiseOperation;
using network::EpilogueOp;
using network::IActivationLayer;
using network::IElementWiseLayer;
using network::ILayer;
using network::ITensor;

// More would not be a pattern of any model, and vendor libraries bound their chains.
constexpr size_t kMaxOperations = 4;

bool target_runs(const ILayer& layer, const PassContext& context) { return !context.can_run || context.can_run(layer); }

void absorb(network::Rewriter& rewriter, ILayer& layer, ILayer& reader) {
  rewriter.replace_all_uses(*reader.getOutput(0), *layer.getOutput(0));
  rewriter.erase(reader);
  rewriter.note_change();
}

bool fuse_activation(network::Rewriter& rewriter, ILayer& layer, network::Epilogue& epilogue, IActivationLayer& reader,
                     const PassContext& context) {
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kActivation;
  op.activation = reader.getActivationType();
  op.alpha = reader.getAlpha();
  op.beta = reader.getBeta();
  epilogue.push_back(op);
  if (!target_runs(layer, context)) {
    epilogue.pop_back();
    return false;
  }
  absorb(rewriter, layer, reader);
  return true;
}

bool fuse_elementwise(network::Rewriter& rewriter, ILayer& layer, network::Epilogue& epilogue, IElementWiseLayer& reader,
                      const PassContext& context, const OperandRule& rule) {
  const auto operation = reader.getOperation();
  if (operation != ElementWiseOperation::kSUM && operation != ElementWiseOperation::kPROD) return false;
  if (!reader.epilogue().empty()) return false;
  const bool first = reader.getInput(0) == layer.getOutput(0);
  ITensor& operand = *reader.getInput(first ? 1 : 0);
  if (&operand == layer.getOutput(0) || !rule(operand, layer)) return false;
  const int32_t inputs = layer.getNbInputs();
  EpilogueOp op;
  op.kind = EpilogueOp::Kind::kElementWise;
  op.elementwise = operation;
  op.input = rewriter.append_input(layer, operand);
  epilogue.push_back(op);
  if (!target_runs(layer, context)) {
    epilogue.pop_back();
    rewriter.truncate_inputs(layer, inputs);
    return false;
  }
  absorb(rewriter, layer, reader);
  return true;
}

bool fuse_once(network::Rewriter& rewriter, ILayer& layer, network::Epilogue& epilogue, const PassContext& context,
               const OperandRule& rule) {
  if (epilogue.size() >= kMaxOperations) return false;
  ILayer* reader = only_reader(*layer.getOutput(0));
  if (auto* activation = network::layer_cast<IActivationLayer>(reader)) {
    return fuse_activation(rewriter, layer, epilogue, *activation, context);
  }
  if (auto* elementwise = network::layer_cast<IElementWiseLayer>(reader)) {
    return fuse_elementwise(rewriter, layer, epilogue, *elementwise, context, rule);
  }
  return false;
}

}  // namespace

void fuse_readers(network::Rewriter& rewriter, ILayer& layer, network::Epilogue& epilogue, const PassContext& context,
                  const OperandRule& rule) {
  while (fuse_once(rewriter, layer, epilogue, context, rule)) {
  }
}

}  // namespace torch_tensorrt::optimizer
