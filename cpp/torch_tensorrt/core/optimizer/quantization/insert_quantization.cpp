#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"
#include "torch_tensorrt/core/optimizer/quantization/quantized_weights.h"
#include "torch_tensorrt/core/optimizer/quantization/tensor_ranges.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::optimizer {

using network::DataType;
using network::Dims;
using network::IConvolutionLayer;
using network::ILayer;
using network::IMatrixMultiplyLayer;
using network::ITensor;
using network::LayerType;
using network::Weights;

namespace {

// Whether only layers that move elements stand between the layer's result and an output of the network.
bool gives_output(const ILayer& layer) {
  const ITensor& output = *layer.getOutput(0);
  if (output.isNetworkOutput()) return true;
  const auto& readers = output.consumers();
  return std::any_of(readers.begin(), readers.end(),
                     [](const ILayer* reader) { return passes_elements(*reader) && gives_output(*reader); });
}

bool averages(const ILayer& layer) {
  if (const auto* reduce = network::layer_cast<network::IReduceLayer>(&layer)) {
    return reduce->getOperation() == network::ReduceOperation::kAVG;
  }
  const auto* pooling = network::layer_cast<network::IPoolingLayer>(&layer);
  return pooling != nullptr && pooling->getPoolingType() == network::PoolingType::kAVERAGE;
}

// A sum or product of two tensors of floats.
bool joins(const ILayer& layer) {
  const auto* pair = network::layer_cast<network::IElementWiseLayer>(&layer);
  if (pair == nullptr || layer.getOutput(0)->getType() != DataType::kFLOAT) return false;
  return pair->getOperation() == network::ElementWiseOperation::kSUM ||
         pair->getOperation() == network::ElementWiseOperation::kPROD;
}

// But for the range of its input.
bool may_quantize(const ILayer& layer) {
  const Weights weights = weights_of(layer);
  if (weights.count == 0 || weights.type != DataType::kFLOAT) return false;
  const ITensor& input = *layer.getInput(0);
  if (input.getType() != DataType::kFLOAT || layer.getOutput(0)->getType() != DataType::kFLOAT) return false;
  return are_finite(weights) && !gives_output(layer) && !is_kept_for_others(layer);
}

std::vector<int32_t> quantizable_layers(const network::INetworkDefinition& network, const TensorRanges& ranges,
                                        bool with_range) {
  const SharedRanges shared(network, ranges);
  std::vector<int32_t> result;
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    const ILayer& layer = *network.getLayer(i);
    if (may_quantize(layer) && (shared.find(*layer.getInput(0)) != nullptr) == with_range) result.push_back(i);
  }
  return result;
}

class Insertion {
 public:
  Insertion(network::INetworkDefinition& network, const TensorRanges& ranges,
            const std::unordered_set<const ILayer*>& chosen, QuantizedForm form, const PassContext& context)
      : rewriter_(network), ranges_(network, ranges), chosen_(chosen), form_(form), context_(context) {}

  bool run() {
    const auto layers = layer_snapshot(rewriter_.network());
    for (auto* layer : layers) {
      if (chosen_.count(layer) != 0) quantize_input(*layer, 0);
    }
    for (auto* layer : layers) {
      if (chosen_.count(layer) != 0) quantize_residuals(*layer);
    }
    if (form_ == QuantizedForm::kTensorRT) {
      for (auto* layer : layers) quantize_averaged(*layer);
    } else {
      quantize_between(layers);
    }
    for (auto* layer : layers) {
      if (chosen_.count(layer) != 0) quantize_weights(*layer);
    }
    for (ILayer* constant : constants_) remove_if_unread(*constant);
    release_unused(rewriter_.network(), replaced_);
    return rewriter_.changed();
  }

 private:
  void quantize_input(ILayer& layer, int32_t index) {
    ITensor& tensor = *layer.getInput(index);
    rewriter_.set_input(layer, index, pair_of(tensor));
    const auto found = divisors_of_.find(&tensor);
    if (index == 0 && found != divisors_of_.end()) divisors_for_[&layer] = &found->second;
  }

  bool reads_as_input(const ILayer& layer, const ITensor& tensor) const {
    return chosen_.count(&layer) != 0 && layer.getInput(0) == &tensor;
  }

  // Empty unless all chosen layers that take the tensor as their input are products along its last dimension.
  std::vector<float> divisors(const ITensor& tensor, const TensorRange& range) const {
    if (form_ == QuantizedForm::kTensorRT) return {};
    for (const ILayer* reader : tensor.consumers()) {
      if (!reads_as_input(*reader, tensor)) continue;
      const auto* product = network::layer_cast<IMatrixMultiplyLayer>(reader);
      if (product == nullptr || product->getOperation(0) != network::MatrixOperation::kNONE) return {};
    }
    const Dims dims = tensor.getDimensions();
    if (dims.nbDims < 2 || dims.d[dims.nbDims - 1] != static_cast<int64_t>(range.channels.size())) return {};
    return channel_divisors(range);
  }

  // Whether nothing else reads the tensor, so that its producer may divide it.
  bool is_read_as_input_only(const ITensor& tensor) const {
    const auto& readers = tensor.consumers();
    return !tensor.isNetworkOutput() && std::all_of(readers.begin(), readers.end(), [&](const ILayer* reader) {
      int32_t count = 0;
      for (int32_t i = 0; i < reader->getNbInputs(); ++i) count += reader->getInput(i) == &tensor ? 1 : 0;
      return count == 1 && reads_as_input(*reader, tensor);
    });
  }

  // The tensor with its channels divided: by its producer if that is a product, else by a layer of its own.
  ITensor& divided(ITensor& tensor, const std::vector<float>& divisors) {
    std::vector<float> factors;
    for (const float divisor : divisors) factors.push_back(1 / divisor);
    const auto count = static_cast<int64_t>(factors.size());
    ILayer& producer = *tensor.producer();
    if (producer.getType() == LayerType::kMATRIX_MULTIPLY && is_read_as_input_only(tensor)) {
      auto* row = rewriter_.insert_constant_before(producer, Dims{count}, DataType::kFLOAT, factors.data());
      row->setMetadata(kChannelFactors);
      network::EpilogueOp op;
      op.kind = network::EpilogueOp::Kind::kElementWise;
      op.elementwise = network::ElementWiseOperation::kPROD;
      op.input = rewriter_.append_input(producer, *row->getOutput(0));
      static_cast<IMatrixMultiplyLayer&>(producer).mutable_epilogue().push_back(op);
      return tensor;
    }
    std::vector<int64_t> dims(static_cast<size_t>(tensor.getDimensions().nbDims), 1);
    dims.back() = count;
    auto* row = rewriter_.insert_after<network::IConstantLayer>(
        producer, {}, Dims(dims), rewriter_.network().own(DataType::kFLOAT, factors.data(), count));
    auto* product = rewriter_.insert_after<network::IElementWiseLayer>(*row, {&tensor, row->getOutput(0)},
                                                                       network::ElementWiseOperation::kPROD);
    product->getOutput(0)->set_format(tensor.format());
    return *product->getOutput(0);
  }

  // One pair for all readers.
  ITensor& pair_of(ITensor& tensor) {
    ITensor*& made = pairs_[&tensor];
    if (made != nullptr) return *made;
    TensorRange range = *ranges_.find(tensor);
    range.is_signed = range.is_signed || form_ == QuantizedForm::kTensorRT;
    ITensor* source = &tensor;
    if (const auto numbers = divisors(tensor, range); !numbers.empty()) {
      source = &divided(tensor, numbers);
      range.amax = 1;
      divisors_of_[&tensor] = numbers;
    }
    const TensorScale scale = scale_of(range);
    ILayer& position = *source->producer();
    auto* constant = rewriter_.insert_after<network::IConstantLayer>(
        position, {}, Dims{}, rewriter_.network().own(DataType::kFLOAT, &scale.scale, 1));
    auto* quantize =
        rewriter_.insert_after<network::IQuantizeLayer>(*constant, {source, constant->getOutput(0)}, scale.type);
    quantize->setZeroPoint(scale.zero);
    auto* dequantize = rewriter_.insert_after<network::IDequantizeLayer>(
        *quantize, {quantize->getOutput(0), constant->getOutput(0)}, DataType::kFLOAT);
    dequantize->setZeroPoint(scale.zero);
    for (ILayer* layer : {static_cast<ILayer*>(quantize), static_cast<ILayer*>(dequantize)}) {
      layer->getOutput(0)->set_format(tensor.format());
    }
    made = dequantize->getOutput(0);
    return *made;
  }

  void quantize_residuals(ILayer& layer) {
    if (layer.getType() != LayerType::kCONVOLUTION) return;
    for (const network::EpilogueOp& op : layer.epilogue()) {
      if (!op.reads_input() || op.elementwise != network::ElementWiseOperation::kSUM) continue;
      if (is_wanted(*layer.getInput(op.input))) quantize_input(layer, op.input);
    }
  }

  // Whether the tensor is quantized for another reader, or its producer can give it in integers.
  bool is_wanted(const ITensor& tensor) const {
    if (ranges_.find(tensor) == nullptr || divisors_of_.count(&tensor) != 0) return false;
    const ILayer& producer = *tensor.producer();
    if (pairs_.count(&tensor) != 0 || chosen_.count(&producer) != 0 || between_.count(&producer) != 0) return true;
    if (!passes_elements(producer)) return false;
    for (int32_t i = 0; i < producer.getNbInputs(); ++i) {
      const ITensor* input = producer.getInput(i);
      if (input != nullptr && network::is_floating_point(input->getType()) && !is_wanted(*input)) return false;
    }
    return true;
  }

  // Averages, sums and products whose results are quantized for all their readers, and which get integers.
  void quantize_between(const std::vector<ILayer*>& layers) {
    for (ILayer* layer : layers) {
      const bool may_be = !context_.may_use_integers || context_.may_use_integers(*layer);
      const bool has_form = averages(*layer) || joins(*layer);
      if (may_be && has_form && ranges_.find(*layer->getOutput(0)) != nullptr) between_.insert(layer);
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (ILayer* layer : layers) {
        if (between_.count(layer) == 0 || (reads_integers(*layer) && is_read_as_integers(*layer->getOutput(0))))
          continue;
        between_.erase(layer);
        changed = true;
      }
    }
    for (ILayer* layer : layers) {
      if (between_.count(layer) == 0) continue;
      for (int32_t i = 0; i < layer->own_input_count(); ++i) {
        if (is_wanted(*layer->getInput(i))) quantize_input(*layer, i);
      }
    }
  }

  // Whether one of the tensors that have the dims of the result, or are averaged, is wanted.
  bool reads_integers(const ILayer& layer) const {
    for (int32_t i = 0; i < layer.own_input_count(); ++i) {
      const ITensor& input = *layer.getInput(i);
      const bool counts = averages(layer) || input.getDimensions() == layer.getOutput(0)->getDimensions();
      if (counts && is_wanted(input)) return true;
    }
    return false;
  }

  bool is_read_as_integers(const ITensor& tensor) const {
    const auto& readers = tensor.consumers();
    if (tensor.isNetworkOutput() || readers.empty() || divisors_of_.count(&tensor) != 0) return false;
    return std::all_of(readers.begin(), readers.end(), [&](const ILayer* reader) {
      if (passes_elements(*reader)) return is_read_as_integers(*reader->getOutput(0));
      return between_.count(reader) != 0 || reader->getType() == LayerType::kQUANTIZE;
    });
  }

  // Else TensorRT computes the sum before the average in floats, and copies the residual for it.
  void quantize_averaged(ILayer& layer) {
    if (!averages(layer) || (context_.may_use_integers && !context_.may_use_integers(layer))) return;
    const ITensor& input = *layer.getInput(0);
    if (chosen_.count(input.producer()) != 0 && ranges_.find(input) != nullptr) quantize_input(layer, 0);
  }

  void quantize_weights(ILayer& layer) {
    if (layer.getType() == LayerType::kCONVOLUTION) {
      quantize_kernel(static_cast<IConvolutionLayer&>(layer));
    } else {
      quantize_matrix(static_cast<IMatrixMultiplyLayer&>(layer));
    }
  }

  // The kernel becomes input 1. Operands of the epilogue move behind it.
  void quantize_kernel(IConvolutionLayer& layer) {
    const Weights kernel = layer.getKernelWeights();
    const int64_t maps = layer.getNbOutputMaps();
    const auto values = quantize_maps(kernel, maps, kernel.count / maps, 1);
    std::vector<int64_t> dims{maps, kernel.count / maps / layer.getKernelSizeNd().volume()};
    for (int32_t i = 0; i < layer.spatial_rank(); ++i) dims.push_back(layer.getKernelSizeNd().d[i]);
    ITensor& made = dequantized_constant(layer, Dims(dims), kernel, values, 0);
    std::vector<ITensor*> operands;
    for (int32_t i = 1; i < layer.getNbInputs(); ++i) operands.push_back(layer.getInput(i));
    layer.setKernelWeights({});
    replaced_.push_back(kernel.values);
    rewriter_.truncate_inputs(layer, 1);
    rewriter_.append_input(layer, made);
    for (ITensor* operand : operands) rewriter_.append_input(layer, *operand);
    for (network::EpilogueOp& op : layer.mutable_epilogue()) {
      if (op.reads_input()) ++op.input;
    }
  }

  void quantize_matrix(IMatrixMultiplyLayer& layer) {
    const auto& constant = *constant_of(layer.getInput(1));
    const Dims dims = constant.getDimensions();
    const bool is_transposed = layer.getOperation(1) == network::MatrixOperation::kTRANSPOSE;
    const int32_t axis = is_transposed ? 0 : 1;
    const auto divisors = divisors_for_.find(&layer);
    std::vector<float> scaled;
    Weights weights = constant.getWeights();
    if (divisors != divisors_for_.end()) {
      scaled = scaled_rows(weights, *divisors->second, is_transposed);
      weights.values = scaled.data();
    }
    const auto values = is_transposed ? quantize_maps(weights, dims.d[0], dims.d[1], 1)
                                      : quantize_maps(weights, dims.d[1], 1, dims.d[1]);
    constants_.push_back(layer.getInput(1)->producer());
    rewriter_.set_input(layer, 1, dequantized_constant(layer, dims, constant.getWeights(), values, axis));
  }

  // The elements of a matrix with those for each index of the inner dimension multiplied by its factor.
  static std::vector<float> scaled_rows(const Weights& matrix, const std::vector<float>& factors, bool is_transposed) {
    const auto* elements = static_cast<const float*>(matrix.values);
    std::vector<float> result(elements, elements + matrix.count);
    const size_t columns = result.size() / factors.size();
    for (size_t i = 0; i < result.size(); ++i) result[i] *= factors[is_transposed ? i % factors.size() : i / columns];
    return result;
  }

  ITensor& dequantized_constant(ILayer& reader, const Dims& dims, const Weights& exact, const QuantizedKernel& values,
                                int32_t axis) {
    const Dims count{static_cast<int64_t>(values.scales.size())};
    auto* scale = rewriter_.insert_constant_before(reader, count, DataType::kFLOAT, values.scales.data());
    ILayer* elements = nullptr;
    if (form_ == QuantizedForm::kTensorRT) {
      auto* constant = rewriter_.insert_constant_before(reader, dims, DataType::kFLOAT, exact.values);
      auto* quantize = rewriter_.insert_before<network::IQuantizeLayer>(
          reader, {constant->getOutput(0), scale->getOutput(0)}, DataType::kINT8);
      quantize->setAxis(axis);
      elements = quantize;
    } else {
      elements = rewriter_.insert_constant_before(reader, dims, DataType::kINT8, values.elements.data());
    }
    auto* layer = rewriter_.insert_before<network::IDequantizeLayer>(
        reader, {elements->getOutput(0), scale->getOutput(0)}, DataType::kFLOAT);
    layer->setAxis(axis);
    return *layer->getOutput(0);
  }

  void remove_if_unread(ILayer& constant) {
    if (!alive(rewriter_.network(), &constant)) return;
    if (!constant.getOutput(0)->consumers().empty() || constant.getOutput(0)->isNetworkOutput()) return;
    replaced_.push_back(static_cast<const network::IConstantLayer&>(constant).getWeights().values);
    rewriter_.erase(constant);
  }

  network::Rewriter rewriter_;
  SharedRanges ranges_;
  const std::unordered_set<const ILayer*>& chosen_;
  QuantizedForm form_;
  const PassContext& context_;
  std::unordered_map<const ITensor*, ITensor*> pairs_;
  std::unordered_map<const ITensor*, std::vector<float>> divisors_of_;         // those that are divided
  std::unordered_map<const ILayer*, const std::vector<float>*> divisors_for_;  // products of divided tensors
  std::unordered_set<const ILayer*> between_;  // averages, sums and products between chosen layers
  std::vector<ILayer*> constants_;             // that have a copy in 8-bit integers
  std::vector<const void*> replaced_;          // memory of weights
};

class InsertQuantization final : public Pass {
 public:
  using Chosen = std::unordered_set<const ILayer*>;
  InsertQuantization(TensorRanges ranges, std::optional<Chosen> chosen, QuantizedForm form)
      : ranges_(std::move(ranges)), chosen_(std::move(chosen)), form_(form) {}

  const char* name() const override { return "insert-quantization"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    const Chosen chosen = chosen_ ? *chosen_ : all(network, context);
    return Insertion(network, ranges_, chosen, form_, context).run();
  }

 private:
  Chosen all(const network::INetworkDefinition& network, const PassContext& context) const {
    Chosen result;
    for (const int32_t i : layers_that_may_quantize(network, ranges_)) {
      const ILayer* layer = network.getLayer(i);
      if (!context.may_use_integers || context.may_use_integers(*layer)) result.insert(layer);
    }
    const std::string missing = layers_without_range(network, ranges_);
    if (!missing.empty()) LOG_WARNING("int8: " << missing);
    return result;
  }

  TensorRanges ranges_;
  std::optional<Chosen> chosen_;  // unset: all that may
  QuantizedForm form_;
};

}  // namespace

std::vector<int32_t> layers_that_may_quantize(const network::INetworkDefinition& network, const TensorRanges& ranges) {
  return quantizable_layers(network, ranges, /*with_range=*/true);
}

std::string layers_without_range(const network::INetworkDefinition& network, const TensorRanges& ranges) {
  constexpr size_t kMostNames = 5;
  const auto layers = quantizable_layers(network, ranges, /*with_range=*/false);
  if (layers.empty()) return {};
  std::string text = fmt::format(
      "{} layers stay in floats, as the calibration has no range for an input of theirs (only zeros, "
      "infinities or NaN, or it never ran there):",
      layers.size());
  for (size_t i = 0; i < std::min(layers.size(), kMostNames); ++i) {
    text += "\n  " + network::describe(*network.getLayer(layers[i]));
  }
  if (layers.size() > kMostNames) text += fmt::format("\n  and {} more", layers.size() - kMostNames);
  return text;
}

std::vector<int32_t> layers_beyond(const network::INetworkDefinition& network, const TensorRanges& ranges,
                                   DataType low) {
  const TensorKeys keys = tensor_keys(network);
  const auto is_beyond = [&](const ITensor* tensor) {
    if (tensor == nullptr) return false;
    const auto found = ranges.find(keys.at(tensor));
    return found != ranges.end() && found->second.largest > largest_number(low);
  };
  std::vector<int32_t> result;
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    const ILayer& layer = *network.getLayer(i);
    bool beyond = false;
    for (int32_t k = 0; k < layer.getNbInputs(); ++k) beyond = beyond || is_beyond(layer.getInput(k));
    for (int32_t k = 0; k < layer.getNbOutputs(); ++k) beyond = beyond || is_beyond(layer.getOutput(k));
    if (beyond) result.push_back(i);
  }
  return result;
}

std::unique_ptr<Pass> make_insert_quantization(TensorRanges ranges, std::unordered_set<const ILayer*> chosen,
                                               QuantizedForm form) {
  return std::make_unique<InsertQuantization>(std::move(ranges), std::move(chosen), form);
}

std::unique_ptr<Pass> make_quantize_all(TensorRanges ranges, QuantizedForm form) {
  return std::make_unique<InsertQuantization>(std::move(ranges), std::nullopt, form);
}

}  // namespace torch_tensorrt::optimizer
