#include <functional>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

// Moves biases, residuals and activations into the epilogue of the layer before them.
namespace torch_tensorrt::optimizer {
namespace {

using network::ElementWiseOperation;
using network::EpilogueOp;
using network::IActivationLayer;
using network::IElementWiseLayer;
using network::ILayer;
using network::IMatrixMultiplyLayer;
using network::ITensor;

// Models have no longer chains, and vendor libraries limit theirs.
constexpr size_t kMaxOperations = 4;

// Whether the other operand of an element-wise reader may become an operand of the layer's epilogue.
using OperandRule = std::function<bool(const network::ITensor& operand, const network::ILayer& layer)>;

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

// Moves the only reader of the layer's output into its epilogue, repeatedly, while the reader is an activation, or a
// sum or product whose other operand the rule admits, and the target can run the result. Floats only. The layer moves
// behind its new operands. True if any reader was fused.
bool fuse_readers(network::Rewriter& rewriter, ILayer& layer, network::Epilogue& epilogue, const PassContext& context,
                  const OperandRule& rule) {
  Fuser fuser(rewriter, layer, epilogue, context);
  bool changed = false;
  while (fuser.fuse_once(rule)) changed = true;
  return changed;
}

// True for a constant that broadcasts to the result (a bias), and for a tensor that always has the result's dims (a
// residual). Unknown dims that may differ do not count: either tensor may be broadcast to the other. If two layers of
// one kind without other readers are added, only the later one takes the addition: the earlier one would have to move
// behind it.
bool is_bias_or_residual(const ITensor& operand, const ILayer& layer) {
  const auto result = layer.getOutput(0)->getDimensions();
  if (is_constant(&operand)) return broadcasts_into(operand.getDimensions(), result);
  if (!network::have_same_dims(operand, *layer.getOutput(0))) return false;
  const ILayer& other = *operand.producer();
  const bool is_rival = other.getType() == layer.getType() && only_reader(operand) != nullptr;
  return !is_rival || position_of(other) < position_of(layer);
}

// Before: (de)convolution, then activations, and sums and products with a residual of the same dims, each the only
// reader. After: the convolution has them in its epilogue and stands behind the residual. The bias stays a weight.
class FuseConvolutionEpilogue final : public Pass {
 public:
  const char* name() const override { return "fuse-convolution-epilogue"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    network::Rewriter rewriter(network);
    bool changed = false;
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer) || !is_convolution(*layer)) continue;
      auto& convolution = static_cast<network::ConvolutionBase&>(*layer);
      changed |= fuse_readers(rewriter, convolution, convolution.mutable_epilogue(), context, is_bias_or_residual);
    }
    return changed;
  }
};

// Before: matrix product, then bias, residual and activation, each the only reader. After: one layer with an epilogue.
class FuseMatmulEpilogue final : public Pass {
 public:
  const char* name() const override { return "fuse-matmul-epilogue"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    network::Rewriter rewriter(network);
    bool changed = false;
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* product = network::layer_cast<IMatrixMultiplyLayer>(layer);
      if (product == nullptr) continue;
      changed |= fuse_readers(rewriter, *product, product->mutable_epilogue(), context, is_bias_or_residual);
    }
    return changed;
  }
};

bool no_operand(const network::ITensor&, const network::ILayer&) { return false; }

bool is_arithmetic(const IElementWiseLayer& layer) {
  const auto operation = layer.getOperation();
  return operation == ElementWiseOperation::kSUM || operation == ElementWiseOperation::kPROD ||
         operation == ElementWiseOperation::kSUB || operation == ElementWiseOperation::kDIV;
}

// Before: a sum, product, difference or quotient, then an activation as its only reader.
// After: the element-wise layer with the activation in its epilogue.
class FuseElementwiseActivation final : public Pass {
 public:
  const char* name() const override { return "fuse-elementwise-activation"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    network::Rewriter rewriter(network);
    bool changed = false;
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* elementwise = network::layer_cast<IElementWiseLayer>(layer);
      if (elementwise == nullptr || !is_arithmetic(*elementwise)) continue;
      changed |= fuse_readers(rewriter, *elementwise, elementwise->mutable_epilogue(), context, no_operand);
    }
    return changed;
  }
};

}  // namespace

std::unique_ptr<Pass> make_fuse_convolution_epilogue() { return std::make_unique<FuseConvolutionEpilogue>(); }
std::unique_ptr<Pass> make_fuse_matmul_epilogue() { return std::make_unique<FuseMatmulEpilogue>(); }
std::unique_ptr<Pass> make_fuse_elementwise_activation() { return std::make_unique<FuseElementwiseActivation>(); }

}  // namespace torch_tensorrt::optimizer
