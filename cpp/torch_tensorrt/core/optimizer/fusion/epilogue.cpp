#include "torch_tensorrt/core/optimizer/fusion/epilogue.h"

#include "torch_tensorrt/core/network/shapes/dim_origin.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ElementWiseOperation;
using network::EpilogueOp;
using network::IActivationLayer;
using network::IElementWiseLayer;
using network::ILayer;
using network::ITensor;

// Models have no longer chains, and vendor libraries limit theirs.
constexpr size_t kMaxOperations = 4;

class Fuser {
 public:
  Fuser(network::Rewriter& rewriter, ILayer& layer, network::Epilogue& epilogue, const PassContext& context)
      : rewriter_(rewriter), layer_(layer), epilogue_(epilogue), context_(context) {}

  bool fuse_once(const OperandRule& rule) {
    const ITensor& output = *layer_.getOutput(0);
    if (epilogue_.size() >= kMaxOperations || !network::is_floating_point(output.getType())) return false;
    ILayer* reader = only_reader(output);
    if (reader == nullptr || reader->getOutput(0)->format() != output.format()) return false;
    if (auto* activation = network::layer_cast<IActivationLayer>(reader)) return fuse_activation(*activation);
    if (auto* elementwise = network::layer_cast<IElementWiseLayer>(reader)) return fuse_elementwise(*elementwise, rule);
    return false;
  }

 private:
  bool fuse_activation(IActivationLayer& reader) {
    EpilogueOp op;
    op.activation = reader.getActivationType();
    op.alpha = reader.getAlpha();
    op.beta = reader.getBeta();
    if (!try_op(op)) return false;
    absorb(reader);
    return true;
  }

  bool fuse_elementwise(IElementWiseLayer& reader, const OperandRule& rule) {
    const auto operation = reader.getOperation();
    if (operation != ElementWiseOperation::kSUM && operation != ElementWiseOperation::kPROD) return false;
    if (!reader.epilogue().empty()) return false;
    const bool is_first = reader.getInput(0) == layer_.getOutput(0);
    ITensor& operand = *reader.getInput(is_first ? 1 : 0);
    if (!rule(operand, layer_)) return false;
    const int32_t inputs = layer_.getNbInputs();
    ILayer& successor = *rewriter_.network().getLayer(position_of(layer_) + 1);
    EpilogueOp op;
    op.kind = EpilogueOp::Kind::kElementWise;
    op.elementwise = operation;
    op.input = rewriter_.append_input(layer_, operand);
    if (!try_op(op)) {
      rewriter_.truncate_inputs(layer_, inputs);
      rewriter_.move_before(layer_, successor);
      return false;
    }
    absorb(reader);
    return true;
  }

  bool try_op(const EpilogueOp& op) {
    epilogue_.push_back(op);
    if (!context_.can_run || context_.can_run(layer_)) return true;
    epilogue_.pop_back();
    return false;
  }

  void absorb(ILayer& reader) {
    rewriter_.replace_all_uses(*reader.getOutput(0), *layer_.getOutput(0));
    rewriter_.erase(reader);
  }

  network::Rewriter& rewriter_;
  ILayer& layer_;
  network::Epilogue& epilogue_;
  const PassContext& context_;
};

}  // namespace

bool fuse_readers(network::Rewriter& rewriter, ILayer& layer, network::Epilogue& epilogue, const PassContext& context,
                  const OperandRule& rule) {
  Fuser fuser(rewriter, layer, epilogue, context);
  bool changed = false;
  while (fuser.fuse_once(rule)) changed = true;
  return changed;
}

bool is_bias_or_residual(const ITensor& operand, const ILayer& layer) {
  const auto result = layer.getOutput(0)->getDimensions();
  if (is_constant(&operand)) return broadcasts_into(operand.getDimensions(), result);
  if (!network::have_same_dims(operand, *layer.getOutput(0))) return false;
  const ILayer& other = *operand.producer();
  const bool is_rival = other.getType() == layer.getType() && only_reader(operand) != nullptr;
  return !is_rival || position_of(other) < position_of(layer);
}

}  // namespace torch_tensorrt::optimizer
