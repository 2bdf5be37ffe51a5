#include <algorithm>
#include <vector>

#include "torch_tensorrt/core/network/host/evaluate.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/network/shapes/shape_inputs.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::HostTensor;
using network::ILayer;
using network::ITensor;

// A result beyond both limits (e.g. a small constant broadcast to a large one) is cheaper to compute than to store.
constexpr int64_t kMaxGrowth = 4;
constexpr int64_t kAlwaysFoldedBytes = 1 << 20;

bool is_source(const ILayer& layer) {
  return layer.getType() == network::LayerType::kCONSTANT || layer.getType() == network::LayerType::kINPUT;
}

bool reads_constants_only(const ILayer& layer) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    if (layer.getInput(i) != nullptr && !is_constant(layer.getInput(i))) return false;
  }
  return layer.getNbInputs() > 0;
}

bool stays(const ILayer& layer, QuantizedConstants quantized) {
  const bool quantizes = layer.getType() == network::LayerType::kQUANTIZE;
  const bool dequantizes = layer.getType() == network::LayerType::kDEQUANTIZE;
  if (quantized == QuantizedConstants::kStay) return quantizes || dequantizes;
  return quantized == QuantizedConstants::kStoreBytes && dequantizes;
}

std::vector<HostTensor> input_values(const ILayer& layer) {
  std::vector<HostTensor> inputs;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const auto* constant = constant_of(layer.getInput(i));
    inputs.push_back(constant == nullptr ? HostTensor{} : network::constant_value(*constant));
  }
  return inputs;
}

bool grows_too_much(const ITensor& output, const std::vector<HostTensor>& inputs) {
  int64_t before = 0;
  for (const HostTensor& input : inputs) before += input.data == nullptr ? 0 : input.bytes();
  const int64_t after = output.getDimensions().volume() * network::element_size(output.getType());
  return after > kAlwaysFoldedBytes && after / kMaxGrowth > before;
}

// Shape arithmetic whose result inference already knows.
HostTensor shape_tensor(const ITensor& tensor) {
  const auto& elements = tensor.shape_value()->elements;
  HostTensor result;
  result.type = {tensor.getType(), tensor.getDimensions()};
  auto memory = std::make_shared<std::vector<char>>(static_cast<size_t>(result.bytes()) + 1);
  const network::DataType type = result.type.dtype;
  for (size_t i = 0; i < elements.size(); ++i) {
    const auto place = static_cast<int64_t>(i);
    if (network::is_floating_point(type)) {
      network::store_double(type, memory->data(), place, network::to_real(elements[i]));
    } else {
      network::store_integer(type, memory->data(), place, elements[i]);
    }
  }
  result.data = std::shared_ptr<const void>(memory, memory->data());
  return result;
}

// Before: a layer whose inputs are all constants, or a shape computation whose result is known.
// After: a constant. Left alone: results that need much more memory than the inputs, and operations without a result
// (integer division by zero), which are errors at run time.
class ConstantFolding final : public Pass {
 public:
  const char* name() const override { return "constant-folding"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    Folder folder(network, context.quantized_constants);
    for (auto* layer : layer_snapshot(network)) {
      if (alive(network, layer)) folder.fold(*layer);
    }
    folder.release_memory();
    return folder.changed();
  }

 private:
  class Folder {
   public:
    Folder(network::INetworkDefinition& network, QuantizedConstants quantized)
        : rewriter_(network), quantized_(quantized) {}

    bool changed() const { return rewriter_.changed(); }

    void fold(ILayer& layer) {
      if (is_source(layer) || layer.getNbOutputs() != 1) return;
      const ITensor& output = *layer.getOutput(0);
      if (output.format() != network::TensorFormat::kLINEAR) return;
      if (stays(layer, quantized_)) return;
      const bool is_known = output.shape_value() && output.shape_value()->is_known();
      if (is_known && network::has_elements(output.getType())) {
        replace(layer, shape_tensor(output));
        return;
      }
      if (!reads_constants_only(layer) || !network::can_evaluate(layer)) return;
      const auto inputs = input_values(layer);
      if (grows_too_much(output, inputs)) return;
      try {
        replace(layer, network::evaluate_layer(layer, inputs)[0]);
      } catch (const Error& error) {
        LOG_DEBUG("constant-folding leaves " << network::describe(layer) << ": " << error.msg());
      }
    }

    // Intermediate results may be as large as the weights.
    void release_memory() { release_unused(rewriter_.network(), memory_); }

   private:
    void replace(ILayer& layer, const HostTensor& value) {
      for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
        const auto* constant = constant_of(layer.getInput(i));
        if (constant != nullptr) memory_.push_back(constant->getWeights().values);
      }
      rewriter_.network().keep_alive(value.data);
      const network::Weights weights{value.type.dtype, value.values(), value.type.dims.volume()};
      auto* constant = rewriter_.insert_before<network::IConstantLayer>(layer, {}, value.type.dims, weights);
      rewriter_.replace_all_uses(*layer.getOutput(0), *constant->getOutput(0));
      rewriter_.erase_if_dead(layer);
    }

    network::Rewriter rewriter_;
    QuantizedConstants quantized_;
    std::vector<const void*> memory_;
  };
};

}  // namespace

std::unique_ptr<Pass> make_constant_folding() { return std::make_unique<ConstantFolding>(); }

}  // namespace torch_tensorrt::optimizer
