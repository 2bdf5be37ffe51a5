#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::Dims;
using network::ElementWiseOperation;
using network::IElementWiseLayer;
using network::IScaleLayer;
using network::ScaleMode;
using network::Weights;

// Dims with which the weights broadcast to the input: 1, except for the channels.
Dims broadcast_dims(const IScaleLayer& scale) {
  const int32_t rank = scale.getInput(0)->getDimensions().nbDims;
  Dims dims(std::vector<int64_t>(static_cast<size_t>(rank), 1));
  const int64_t count = std::max(scale.getScale().count, scale.getShift().count);
  if (scale.getMode() == ScaleMode::kCHANNEL) dims.d[scale.getChannelAxis()] = count;
  return dims;
}

bool has_type_of_input(const IScaleLayer& scale, const Weights& weights) {
  return weights.count == 0 || weights.type == scale.getInput(0)->getType();
}

bool can_lower(const IScaleLayer& scale) {
  const bool is_affine = scale.getPower().count == 0 && scale.getScale().count + scale.getShift().count > 0;
  return is_affine && scale.getMode() != ScaleMode::kELEMENTWISE && has_type_of_input(scale, scale.getScale()) &&
         has_type_of_input(scale, scale.getShift()) && scale.getInput(0)->format() == scale.getOutput(0)->format();
}

// Before: a scale that was not folded into a convolution. After: a product with a constant, with a sum in its epilogue
// (or either alone). It can also take an activation, and vendor libraries know it. The target must run it.
class LowerScales final : public Pass {
 public:
  const char* name() const override { return "lower-scales"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    network::Rewriter rewriter(network);
    bool changed = false;
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* scale = network::layer_cast<IScaleLayer>(layer);
      if (scale != nullptr && can_lower(*scale)) changed |= lower(rewriter, *scale, context);
    }
    return changed;
  }

 private:
  static network::ITensor* constant(network::Rewriter& rewriter, IScaleLayer& scale, const Weights& weights) {
    return rewriter.insert_before<network::IConstantLayer>(scale, {}, broadcast_dims(scale), weights)->getOutput(0);
  }

  static bool lower(network::Rewriter& rewriter, IScaleLayer& scale, const PassContext& context) {
    const bool multiplies = scale.getScale().count > 0;
    auto* operand = constant(rewriter, scale, multiplies ? scale.getScale() : scale.getShift());
    const auto operation = multiplies ? ElementWiseOperation::kPROD : ElementWiseOperation::kSUM;
    auto* result = rewriter.insert_before<IElementWiseLayer>(scale, {scale.getInput(0), operand}, operation);
    if (multiplies && scale.getShift().count > 0) {
      network::EpilogueOp op;
      op.kind = network::EpilogueOp::Kind::kElementWise;
      op.input = rewriter.append_input(*result, *constant(rewriter, scale, scale.getShift()));
      result->mutable_epilogue().push_back(op);
    }
    if (context.can_run && !context.can_run(*result)) {
      rewriter.erase_if_dead(*result);
      return false;
    }
    rewriter.replace_all_uses(*scale.getOutput(0), *result->getOutput(0));
    rewriter.erase(scale);
    return true;
  }
};

}  // namespace

std::unique_ptr<Pass> make_lower_scales() { return std::make_unique<LowerScales>(); }

}  // namespace torch_tensorrt::optimizer
