#include <algorithm>
#include <cmath>
#include <utility>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"
#include "torch_tensorrt/core/optimizer/quantization/quantized_weights.h"

namespace torch_tensorrt::optimizer {

using network::DataType;
using network::Dims;
using network::EpilogueOp;
using network::IConvolutionLayer;
using network::ILayer;
using network::IMatrixMultiplyLayer;
using network::LayerType;
using network::Weights;

bool are_finite(const Weights& weights) {
  const auto* values = static_cast<const float*>(weights.values);
  return std::all_of(values, values + weights.count, [](float value) { return std::isfinite(value); });
}

Weights weights_of(const ILayer& layer) {
  if (const auto* convolution = network::layer_cast<IConvolutionLayer>(&layer)) {
    return convolution->own_input_count() == 1 ? convolution->getKernelWeights() : Weights{};
  }
  if (layer.getType() != LayerType::kMATRIX_MULTIPLY) return {};
  const auto& product = static_cast<const IMatrixMultiplyLayer&>(layer);
  const auto* constant = constant_of(layer.getInput(1));
  const bool is_matrix = constant != nullptr && constant->getDimensions().nbDims == 2 &&
                         product.getOperation(1) != network::MatrixOperation::kVECTOR &&
                         product.getOperation(0) == network::MatrixOperation::kNONE;
  return is_matrix ? constant->getWeights() : Weights{};
}

bool is_kept_for_others(const ILayer& layer) {
  constexpr int64_t kLargeBytes = int64_t{1} << 20;
  if (layer.getType() != LayerType::kMATRIX_MULTIPLY || weights_of(layer).bytes() < kLargeBytes) return false;
  const auto& readers = layer.getInput(1)->consumers();
  return std::any_of(readers.begin(), readers.end(),
                     [](const ILayer* reader) { return reader->getType() != LayerType::kMATRIX_MULTIPLY; });
}

QuantizedKernel quantize_maps(const Weights& weights, int64_t maps, int64_t map_step, int64_t step) {
  const auto* from = static_cast<const float*>(weights.values);
  const int64_t count = weights.count / maps;
  QuantizedKernel result{std::vector<int8_t>(static_cast<size_t>(weights.count)), {}};
  for (int64_t m = 0; m < maps; ++m) {
    float amax = 0;
    for (int64_t i = 0; i < count; ++i) amax = std::max(amax, std::abs(from[m * map_step + i * step]));
    const float scale = amax > 0 ? amax / 127.0F : 1.0F;
    result.scales.push_back(scale);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t place = m * map_step + i * step;
      result.elements[static_cast<size_t>(place)] =
          static_cast<int8_t>(network::quantize(from[place], scale, 0, -127, 127));
    }
  }
  return result;
}

bool computes_with_integers(const ILayer& layer) {
  if (layer.getType() == LayerType::kDEQUANTIZE) return !layer.epilogue().empty();
  return network::begins_with_dequantize(layer.epilogue()) && !network::is_floating_point(layer.getInput(0)->getType());
}

bool has_integer_weights_only(const ILayer& layer) {
  return network::begins_with_dequantize(layer.epilogue()) && network::is_floating_point(layer.getInput(0)->getType());
}

namespace {

bool may_quantize_weights(const ILayer& layer) {
  if (layer.getType() != LayerType::kMATRIX_MULTIPLY || network::begins_with_dequantize(layer.epilogue())) return false;
  const Weights weights = weights_of(layer);
  if (weights.count == 0 || weights.type != DataType::kFLOAT || !are_finite(weights)) return false;
  if (layer.getInput(0)->getType() != DataType::kFLOAT || layer.getOutput(0)->getType() != DataType::kFLOAT)
    return false;
  return layer.getInput(0)->getDimensions().nbDims >= 2 && !is_kept_for_others(layer);
}

class WeightQuantization {
 public:
  explicit WeightQuantization(network::INetworkDefinition& network) : rewriter_(network) {}

  void quantize(IMatrixMultiplyLayer& layer) {
    ILayer& constant = *layer.getInput(1)->producer();
    const Weights weights = weights_of(layer);
    const Dims dims = layer.getInput(1)->getDimensions();
    const bool is_transposed = layer.getOperation(1) == network::MatrixOperation::kTRANSPOSE;
    const int64_t columns = dims.d[is_transposed ? 0 : 1];
    const int64_t inner = dims.d[is_transposed ? 1 : 0];
    auto values =
        is_transposed ? quantize_maps(weights, columns, inner, 1) : quantize_maps(weights, columns, 1, columns);
    if (!is_transposed) values.elements = transposed(values.elements, inner, columns);
    auto* elements =
        rewriter_.insert_constant_before(layer, Dims{columns, inner}, DataType::kINT8, values.elements.data());
    auto* scale = rewriter_.insert_constant_before(layer, Dims{columns}, DataType::kFLOAT, values.scales.data());
    rewriter_.set_input(layer, 1, *elements->getOutput(0));
    layer.setOperation(1, network::MatrixOperation::kTRANSPOSE);
    EpilogueOp op;
    op.kind = EpilogueOp::Kind::kDequantize;
    op.input = layer.getNbInputs();
    rewriter_.append_input(layer, *scale->getOutput(0));
    layer.mutable_epilogue().insert(layer.mutable_epilogue().begin(), op);
    remove_if_unread(constant);
  }

  bool finish() {
    release_unused(rewriter_.network(), replaced_);
    return rewriter_.changed();
  }

 private:
  static std::vector<int8_t> transposed(const std::vector<int8_t>& from, int64_t rows, int64_t columns) {
    std::vector<int8_t> to(from.size());
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        to[static_cast<size_t>(c * rows + r)] = from[static_cast<size_t>(r * columns + c)];
      }
    }
    return to;
  }

  void remove_if_unread(ILayer& constant) {
    if (!constant.getOutput(0)->consumers().empty() || constant.getOutput(0)->isNetworkOutput()) return;
    replaced_.push_back(static_cast<const network::IConstantLayer&>(constant).getWeights().values);
    rewriter_.erase(constant);
  }

  network::Rewriter rewriter_;
  std::vector<const void*> replaced_;  // memory of weights
};

class QuantizeWeights final : public Pass {
 public:
  explicit QuantizeWeights(std::unordered_set<const ILayer*> chosen) : chosen_(std::move(chosen)) {}

  const char* name() const override { return "quantize-weights"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    WeightQuantization quantization(network);
    for (ILayer* layer : layer_snapshot(network)) {
      if (chosen_.count(layer) != 0) quantization.quantize(static_cast<IMatrixMultiplyLayer&>(*layer));
    }
    return quantization.finish();
  }

 private:
  std::unordered_set<const ILayer*> chosen_;
};

}  // namespace

std::vector<int32_t> layers_with_weights_to_quantize(const network::INetworkDefinition& network) {
  std::vector<int32_t> result;
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    if (may_quantize_weights(*network.getLayer(i))) result.push_back(i);
  }
  return result;
}

std::unique_ptr<Pass> make_quantize_weights(std::unordered_set<const ILayer*> chosen) {
  return std::make_unique<QuantizeWeights>(std::move(chosen));
}

}  // namespace torch_tensorrt::optimizer
