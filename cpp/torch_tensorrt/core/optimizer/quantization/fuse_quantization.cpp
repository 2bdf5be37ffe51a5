#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/optimizer/quantization/quantized_patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::DataType;
using network::Dims;
using network::Epilogue;
using network::EpilogueOp;
using network::IConvolutionLayer;
using network::IDequantizeLayer;
using network::ILayer;
using network::IMatrixMultiplyLayer;
using network::IQuantizeLayer;
using network::ITensor;
using network::LayerType;
using network::Weights;

// A constant kernel in kINT8 with zero point 0, and its scale for each index of the axis.
struct Kernel {
  const network::IConstantLayer* constant = nullptr;
  std::vector<float> scales;
};

std::optional<Kernel> kernel_of(const ITensor* tensor, int32_t axis, int64_t maps) {
  const auto* layer = tensor == nullptr ? nullptr : network::layer_cast<IDequantizeLayer>(tensor->producer());
  if (layer == nullptr || layer->getZeroPoint() != 0 || tensor->getType() != DataType::kFLOAT) return std::nullopt;
  const auto* constant = constant_of(layer->getInput(0));
  const float* scales = floats_of(layer->getInput(1));
  if (constant == nullptr || constant->getWeights().type != DataType::kINT8 || scales == nullptr) return std::nullopt;
  if (layer->getAxis() != -1 && layer->getAxis() != axis) return std::nullopt;
  Kernel kernel{constant, {}};
  for (int64_t i = 0; i < maps; ++i) kernel.scales.push_back(scales[layer->getAxis() == -1 ? 0 : i]);
  return kernel;
}

// Layers whose results are elements of their inputs, or the largest of some, at any scale.
bool moves_elements(const ILayer& layer) {
  if (layer.getNbOutputs() != 1 || !layer.epilogue().empty()) return false;
  switch (layer.getType()) {
    case LayerType::kPOOLING:
      return static_cast<const network::IPoolingLayer&>(layer).getPoolingType() == network::PoolingType::kMAX;
    case LayerType::kSHUFFLE:
    case LayerType::kCONCATENATION:
    case LayerType::kREFORMAT:
    case LayerType::kIDENTITY:
      return true;
    default:
      return false;
  }
}

// A layer's inputs and epilogue, to be restored if no tactic runs the changed layer.
class Saved {
 public:
  Saved(network::Rewriter& rewriter, ILayer& layer, Epilogue* epilogue) : rewriter_(rewriter), layer_(layer) {
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) inputs_.push_back(layer.getInput(i));
    if (epilogue != nullptr) epilogue_ = *epilogue;
    if (const auto* convolution = network::layer_cast<IConvolutionLayer>(&layer)) {
      kernel_ = convolution->getKernelWeights();
      bias_ = convolution->getBiasWeights();
    }
  }

  void restore(Epilogue* epilogue) {
    rewriter_.truncate_inputs(layer_, 1);
    rewriter_.set_input(layer_, 0, *inputs_[0]);
    for (size_t i = 1; i < inputs_.size(); ++i) {
      if (inputs_[i] != nullptr) rewriter_.set_input(layer_, static_cast<int32_t>(i), *inputs_[i]);
    }
    if (epilogue != nullptr) *epilogue = epilogue_;
    if (auto* convolution = network::layer_cast<IConvolutionLayer>(&layer_)) {
      convolution->setKernelWeights(kernel_);
      convolution->setBiasWeights(bias_);
    }
  }

 private:
  network::Rewriter& rewriter_;
  ILayer& layer_;
  std::vector<ITensor*> inputs_;
  Epilogue epilogue_;
  Weights kernel_;
  Weights bias_;
};

Epilogue* epilogue_of(ILayer& layer) {
  if (auto* convolution = network::layer_cast<IConvolutionLayer>(&layer)) return &convolution->mutable_epilogue();
  if (auto* product = network::layer_cast<IMatrixMultiplyLayer>(&layer)) return &product->mutable_epilogue();
  return nullptr;
}

class Fusion {
 public:
  Fusion(network::INetworkDefinition& network, const PassContext& context) : rewriter_(network), context_(context) {}

  bool run() {
    each_layer([this](ILayer& layer) { sink_dequantization(layer); });
    each_layer([this](ILayer& layer) { compute_in_integers(layer); });
    each_layer([this](ILayer& layer) { read_integer_operands(layer); });
    // Towards the producers, so that a chain needs one walk.
    auto layers = layer_snapshot(rewriter_.network());
    std::reverse(layers.begin(), layers.end());
    for (ILayer* layer : layers) {
      if (!alive(rewriter_.network(), layer)) continue;
      hoist_quantization(*layer);
    }
    each_layer([this](ILayer& layer) { cancel(layer); });
    each_layer([this](ILayer& layer) { store_integers(layer); });
    each_layer([this](ILayer& layer) { remove_if_dead(layer); });
    return changed_;
  }

 private:
  template <typename F>
  void each_layer(F f) {
    for (ILayer* layer : layer_snapshot(rewriter_.network())) {
      if (alive(rewriter_.network(), layer)) f(*layer);
    }
  }

  bool can_run(const ILayer& layer) const { return !context_.can_run || context_.can_run(layer); }

  // ---- dequantization moves to the readers -------------------------------------------------------------------------

  // The dequantized inputs, if all inputs of floats are that with one scale.
  std::optional<TensorScale> common_scale(const ILayer& layer) const {
    std::optional<TensorScale> common;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      const ITensor* input = layer.getInput(i);
      if (input == nullptr || !network::is_floating_point(input->getType())) continue;
      const auto found = dequantized(input);
      if (!found || (common && !(*common == found->scale))) return std::nullopt;
      common = found->scale;
    }
    return common;
  }

  void sink_dequantization(ILayer& layer) {
    if (!moves_elements(layer) || layer.getOutput(0)->isNetworkOutput()) return;
    const auto scale = common_scale(layer);
    if (!scale) return;
    Saved saved(rewriter_, layer, nullptr);
    const ITensor* scale_input = nullptr;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      const auto found = dequantized(layer.getInput(i));
      if (!found) continue;
      scale_input = layer.getInput(i)->producer()->getInput(1);
      rewriter_.set_input(layer, i, *found->integers);
    }
    if (!can_run(layer)) return saved.restore(nullptr);
    ITensor& integers = *layer.getOutput(0);
    const auto readers = integers.consumers();
    auto* made = rewriter_.insert_after<IDequantizeLayer>(layer, {&integers, const_cast<ITensor*>(scale_input)},
                                                          DataType::kFLOAT);
    made->setZeroPoint(scale->zero);
    made->getOutput(0)->set_format(integers.format());
    redirect(rewriter_, integers, *made->getOutput(0), readers);
    changed_ = true;
  }

  // ---- layers compute in integers ----------------------------------------------------------------------------------

  void compute_in_integers(ILayer& layer) {
    Epilogue* epilogue = epilogue_of(layer);
    if (epilogue == nullptr || network::begins_with_dequantize(*epilogue)) return;
    const auto input = dequantized(layer.getInput(0));
    if (!input) return;
    if (layer.getType() == LayerType::kCONVOLUTION) {
      convolve_in_integers(static_cast<IConvolutionLayer&>(layer), *input);
    } else {
      multiply_in_integers(static_cast<IMatrixMultiplyLayer&>(layer), *input);
    }
  }

  void convolve_in_integers(IConvolutionLayer& layer, const Dequantized& input) {
    const int64_t maps = layer.getNbOutputMaps();
    if (layer.own_input_count() < 2 || !has_constant_bias(layer)) return;
    const auto kernel = kernel_of(layer.getInput(1), 0, maps);
    if (!kernel) return;
    const std::vector<float> bias = bias_of(layer);
    Epilogue& epilogue = layer.mutable_epilogue();
    Saved saved(rewriter_, layer, &epilogue);
    const std::vector<ITensor*> operands = operands_of(layer);
    rewriter_.truncate_inputs(layer, 1);
    rewriter_.set_input(layer, 0, *input.integers);
    layer.setKernelWeights(kernel->constant->getWeights());
    layer.setBiasWeights({});
    std::vector<int64_t> row(static_cast<size_t>(layer.spatial_rank()) + 1, 1);
    row[0] = maps;
    set_epilogue(layer, layer.mutable_epilogue(), operands, input.scale, kernel->scales, bias, Dims(row));
    if (can_run(layer)) {
      changed_ = true;
    } else {
      saved.restore(&layer.mutable_epilogue());
    }
  }

  // A bias that is an input must be constant.
  static bool has_constant_bias(const IConvolutionLayer& layer) {
    if (layer.own_input_count() < 3 || layer.getInput(2) == nullptr) return true;
    return floats_of(layer.getInput(2)) != nullptr;
  }

  static std::vector<float> bias_of(const IConvolutionLayer& layer) {
    const auto maps = static_cast<size_t>(layer.getNbOutputMaps());
    const float* values = nullptr;
    if (layer.own_input_count() > 2 && layer.getInput(2) != nullptr) values = floats_of(layer.getInput(2));
    if (layer.getBiasWeights().count != 0) values = static_cast<const float*>(layer.getBiasWeights().values);
    return values == nullptr ? std::vector<float>{} : std::vector<float>{values, values + maps};
  }

  void multiply_in_integers(IMatrixMultiplyLayer& layer, const Dequantized& input) {
    const auto& dims = layer.getInput(1)->getDimensions();
    if (dims.nbDims != 2 || layer.getOperation(0) != network::MatrixOperation::kNONE) return;
    if (layer.getOperation(1) == network::MatrixOperation::kVECTOR) return;
    const int32_t axis = layer.getOperation(1) == network::MatrixOperation::kTRANSPOSE ? 0 : 1;
    const auto kernel = kernel_of(layer.getInput(1), axis, dims.d[axis]);
    if (!kernel) return;
    Saved saved(rewriter_, layer, &layer.mutable_epilogue());
    const std::vector<ITensor*> operands = operands_of(layer);
    rewriter_.truncate_inputs(layer, 2);
    rewriter_.set_input(layer, 0, *input.integers);
    rewriter_.set_input(layer, 1, *kernel->constant->getOutput(0));
    set_epilogue(layer, layer.mutable_epilogue(), operands, input.scale, kernel->scales, {}, Dims{dims.d[axis]});
    if (can_run(layer)) {
      changed_ = true;
    } else {
      saved.restore(&layer.mutable_epilogue());
    }
  }

  // The inputs that the operations of the epilogue read, in their order; null for operations that read none.
  static std::vector<ITensor*> operands_of(const ILayer& layer) {
    std::vector<ITensor*> operands;
    for (const EpilogueOp& op : layer.epilogue())
      operands.push_back(op.reads_input() ? layer.getInput(op.input) : nullptr);
    return operands;
  }

  // The scale, the bias, and the operations so far.
  void set_epilogue(ILayer& layer, Epilogue& epilogue, const std::vector<ITensor*>& operands, const TensorScale& input,
                    std::vector<float> scales, const std::vector<float>& bias, const Dims& row) {
    for (float& scale : scales) scale *= input.scale;
    Epilogue made;
    EpilogueOp first;
    first.kind = EpilogueOp::Kind::kDequantize;
    first.beta = static_cast<double>(input.zero);
    first.input = append_constant(rewriter_, layer, row, scales);
    made.push_back(first);
    if (!bias.empty()) {
      EpilogueOp add;
      add.kind = EpilogueOp::Kind::kElementWise;
      add.input = append_constant(rewriter_, layer, row, bias);
      made.push_back(add);
    }
    for (size_t i = 0; i < epilogue.size(); ++i) {
      EpilogueOp op = epilogue[i];
      if (op.reads_input()) op.input = rewriter_.append_input(layer, *operands[i]);
      made.push_back(op);
    }
    epilogue = std::move(made);
  }

  void read_integer_operands(ILayer& layer) {
    Epilogue* epilogue = epilogue_of(layer);
    if (epilogue == nullptr || !network::begins_with_dequantize(*epilogue)) return;
    for (size_t i = 1; i < epilogue->size(); ++i) {
      EpilogueOp& op = (*epilogue)[i];
      if (!op.reads_input() || op.alpha != 0 || op.elementwise != network::ElementWiseOperation::kSUM) continue;
      const auto operand = dequantized(layer.getInput(op.input));
      if (!operand) continue;
      ITensor& before = *layer.getInput(op.input);
      rewriter_.set_input(layer, op.input, *operand->integers);
      op.alpha = static_cast<double>(operand->scale.scale);
      op.beta = static_cast<double>(operand->scale.zero);
      epilogue = epilogue_of(layer);  // forgets what was inferred
      if (can_run(layer)) {
        changed_ = true;
        continue;
      }
      rewriter_.set_input(layer, op.input, before);
      op.alpha = op.beta = 0;
    }
  }

  // ---- quantization moves to the producers -------------------------------------------------------------------------

  void hoist_quantization(ILayer& layer) {
    if (!moves_elements(layer)) return;
    ITensor& output = *layer.getOutput(0);
    const auto quantizers = quantizers_of(output);
    if (quantizers.empty()) return;
    Saved saved(rewriter_, layer, nullptr);
    std::vector<ILayer*> made;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      ITensor* input = layer.getInput(i);
      if (input == nullptr || input->getType() != DataType::kFLOAT) continue;
      made.push_back(&quantize_before(layer, i, *quantizers.front()));
    }
    if (made.empty() || !can_run(layer)) {
      saved.restore(nullptr);
      for (ILayer* added : made) rewriter_.erase_if_dead(*added);
      return;
    }
    replace_quantizers(rewriter_, quantizers, output);
    changed_ = true;
  }

  ILayer& quantize_before(ILayer& reader, int32_t index, const IQuantizeLayer& like) {
    ITensor& input = *reader.getInput(index);
    const TensorScale scale = *scale_of(like);
    auto* constant = rewriter_.insert_constant_before(reader, Dims{}, DataType::kFLOAT, &scale.scale);
    auto* quantize =
        rewriter_.insert_before<IQuantizeLayer>(reader, {&input, constant->getOutput(0)}, like.getToType());
    quantize->setZeroPoint(scale.zero);
    quantize->setRange(like.low(), like.high());
    quantize->getOutput(0)->set_format(input.format());
    rewriter_.set_input(reader, index, *quantize->getOutput(0));
    return *quantize;
  }

  // Quantizing a dequantized tensor with its own scale gives its integers.
  void cancel(ILayer& layer) {
    auto* quantize = network::layer_cast<IQuantizeLayer>(&layer);
    if (quantize == nullptr || quantize->getOutput(0)->isNetworkOutput() || !has_whole_range(*quantize)) return;
    const auto scale = scale_of(*quantize);
    const auto source = dequantized(quantize->getInput(0));
    if (!scale || !source || !(*scale == source->scale)) return;
    redirect(rewriter_, *quantize->getOutput(0), *source->integers, quantize->getOutput(0)->consumers());
    rewriter_.erase_if_dead(*quantize);
    changed_ = true;
  }

  void store_integers(ILayer& layer) {
    Epilogue* epilogue = epilogue_of(layer);
    if (epilogue == nullptr || !network::begins_with_dequantize(*epilogue)) return;
    ITensor& output = *layer.getOutput(0);
    const auto quantizers = quantizers_of(output);
    if (quantizers.empty()) return;
    epilogue = epilogue_of(layer);
    const Epilogue before = *epilogue;
    append_quantization(*epilogue, *quantizers.front());
    if (!can_run(layer)) {
      *epilogue_of(layer) = before;
      return;
    }
    replace_quantizers(rewriter_, quantizers, output);
    changed_ = true;
  }

  void remove_if_dead(ILayer& layer) {
    const LayerType type = layer.getType();
    if (type != LayerType::kQUANTIZE && type != LayerType::kDEQUANTIZE) return;
    if (layer.getOutput(0)->consumers().empty() && !layer.getOutput(0)->isNetworkOutput()) {
      rewriter_.erase_if_dead(layer);
    }
  }

  network::Rewriter rewriter_;
  const PassContext& context_;
  bool changed_ = false;
};

class FuseQuantization final : public Pass {
 public:
  const char* name() const override { return "fuse-quantization"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    return Fusion(network, context).run();
  }
};

}  // namespace

std::unique_ptr<Pass> make_fuse_quantization() { return std::make_unique<FuseQuantization>(); }

}  // namespace torch_tensorrt::optimizer
