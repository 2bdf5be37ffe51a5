#include <optional>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/optimizer/quantization/quantized_patterns.h"

// Averages, sums and products of two tensors between integer layers.
namespace torch_tensorrt::optimizer {
namespace {

using network::DataType;
using network::Dims;
using network::Epilogue;
using network::EpilogueOp;
using network::IDequantizeLayer;
using network::ILayer;
using network::ITensor;

class Joining {
 public:
  Joining(network::INetworkDefinition& network, const PassContext& context) : rewriter_(network), context_(context) {}

  bool run() {
    for (ILayer* layer : layer_snapshot(rewriter_.network())) {
      if (!alive(rewriter_.network(), layer)) continue;
      average_integers(*layer);
      join_integers(*layer);
    }
    return changed_;
  }

 private:
  bool can_run(const ILayer& layer) const { return !context_.can_run || context_.can_run(layer); }

  // The epilogue of an average, null if the layer is none.
  static Epilogue* epilogue_of(ILayer& layer) {
    if (auto* reduce = network::layer_cast<network::IReduceLayer>(&layer)) {
      return reduce->getOperation() == network::ReduceOperation::kAVG ? &reduce->mutable_epilogue() : nullptr;
    }
    auto* pooling = network::layer_cast<network::IPoolingLayer>(&layer);
    const bool averages = pooling != nullptr && pooling->getPoolingType() == network::PoolingType::kAVERAGE;
    return averages ? &pooling->mutable_epilogue() : nullptr;
  }

  void average_integers(ILayer& layer) {
    Epilogue* epilogue = epilogue_of(layer);
    if (epilogue == nullptr || !epilogue->empty()) return;
    ITensor& output = *layer.getOutput(0);
    const auto quantizers = quantizers_of(output);
    const auto input = dequantized(layer.getInput(0));
    if (quantizers.empty() || !input) return;
    ITensor& before = *layer.getInput(0);
    rewriter_.set_input(layer, 0, *input->integers);
    EpilogueOp first;
    first.kind = EpilogueOp::Kind::kDequantize;
    first.beta = static_cast<double>(input->scale.zero);
    first.input = append_constant(rewriter_, layer, Dims{}, {input->scale.scale});
    epilogue = epilogue_of(layer);
    epilogue->push_back(first);
    append_quantization(*epilogue, *quantizers.front());
    if (can_run(layer)) {
      replace_quantizers(rewriter_, quantizers, output);
      changed_ = true;
      return;
    }
    epilogue_of(layer)->clear();
    ILayer& scale = *layer.getInput(first.input)->producer();
    rewriter_.truncate_inputs(layer, 1);
    rewriter_.erase_if_dead(scale);
    rewriter_.set_input(layer, 0, before);
  }

  static bool commutes(network::ElementWiseOperation operation) {
    return operation == network::ElementWiseOperation::kSUM || operation == network::ElementWiseOperation::kPROD;
  }

  // The operand that has the dims of the result and integers; -1 if there is none.
  static int32_t whole_integers(const ILayer& layer) {
    for (const int32_t i : {0, 1}) {
      const ITensor& operand = *layer.getInput(i);
      if (operand.getDimensions() == layer.getOutput(0)->getDimensions() && dequantized(&operand)) return i;
    }
    return -1;
  }

  // A dequantize layer of one operand takes the place of the layer: the other is in its epilogue.
  void join_integers(ILayer& layer) {
    const auto* pair = network::layer_cast<network::IElementWiseLayer>(&layer);
    if (pair == nullptr || !commutes(pair->getOperation())) return;
    ITensor& output = *layer.getOutput(0);
    const auto quantizers = quantizers_of(output);
    const int32_t own = whole_integers(layer);
    if (quantizers.empty() || own < 0) return;
    const Dequantized first = *dequantized(layer.getInput(own));
    auto* scale = rewriter_.insert_constant_before(layer, Dims{}, DataType::kFLOAT, &first.scale.scale);
    auto* made = rewriter_.insert_before<IDequantizeLayer>(layer, {first.integers, scale->getOutput(0)});
    made->setZeroPoint(first.scale.zero);
    made->getOutput(0)->set_format(output.format());
    Epilogue epilogue;
    EpilogueOp op;
    op.kind = EpilogueOp::Kind::kElementWise;
    op.elementwise = pair->getOperation();
    ITensor* operand = layer.getInput(1 - own);
    if (const auto second = dequantized(operand)) {
      operand = second->integers;
      op.alpha = static_cast<double>(second->scale.scale);
      op.beta = static_cast<double>(second->scale.zero);
    }
    op.input = rewriter_.append_input(*made, *operand);
    epilogue.push_back(op);
    for (EpilogueOp next : layer.epilogue()) {
      if (next.reads_input()) next.input = rewriter_.append_input(*made, *layer.getInput(next.input));
      epilogue.push_back(next);
    }
    append_quantization(epilogue, *quantizers.front());
    made->mutable_epilogue() = std::move(epilogue);
    if (!can_run(*made)) return rewriter_.erase_if_dead(*made);
    replace_quantizers(rewriter_, quantizers, *made->getOutput(0));  // and the layer, which nothing reads then
    changed_ = true;
  }

  network::Rewriter rewriter_;
  const PassContext& context_;
  bool changed_ = false;
};

class JoinIntegers final : public Pass {
 public:
  const char* name() const override { return "join-integers"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    return Joining(network, context).run();
  }
};

}  // namespace

std::unique_ptr<Pass> make_join_integers() { return std::make_unique<JoinIntegers>(); }

}  // namespace torch_tensorrt::optimizer
