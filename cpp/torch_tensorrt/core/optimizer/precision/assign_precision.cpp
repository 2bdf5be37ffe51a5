#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ConvolutionBase;
using network::DataType;
using network::ICastLayer;
using network::ILayer;
using network::ITensor;
using network::Weights;

class Assignment {
 public:
  Assignment(network::INetworkDefinition& network, DataType low, const std::unordered_set<const ILayer*>& chosen)
      : rewriter_(network), low_(low), chosen_(chosen) {}

  bool run() {
    keep_outputs();
    for (auto* layer : layer_snapshot(rewriter_.network())) visit(*layer);
    for (ILayer* layer : maybe_unread_) remove_if_unread(*layer);
    release_unused(rewriter_.network(), replaced_);
    return rewriter_.changed();
  }

 private:
  // Outputs of the network keep their dtype. They leave the network through casts, which do nothing so far.
  void keep_outputs() {
    const auto outputs = rewriter_.network().outputs();
    for (ITensor* output : outputs) {
      if (chosen_.count(output->producer()) == 0 || output->getType() != DataType::kFLOAT) continue;
      const auto readers = output->consumers();
      ITensor& copy = insert_cast(*output, DataType::kFLOAT);
      rewriter_.replace_all_uses(*output, copy);
      for (ILayer* reader : readers) {
        for (int32_t i = 0; i < reader->getNbInputs(); ++i) {
          if (reader->getInput(i) == &copy) rewriter_.set_input(*reader, i, *output);
        }
      }
      floats_[output] = &copy;
    }
  }

  // Layers come in order, so all inputs have been visited.
  void visit(ILayer& layer) {
    const bool is_chosen = chosen_.count(&layer) != 0;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      ITensor* input = layer.getInput(i);
      if (input == nullptr) continue;
      if (is_chosen && input->getType() == DataType::kFLOAT) {
        rewriter_.set_input(layer, i,
                            is_constant(input) ? rounded_constant(*input, layer) : cast(*input, low_, roundings_));
      } else if (!is_chosen && low_outputs_.count(input) != 0 && layer.getType() != ICastLayer::kType) {
        rewriter_.set_input(layer, i, cast(*input, DataType::kFLOAT, floats_));
      }
    }
    if (!is_chosen) return;
    if (is_convolution(layer)) round_kernel(static_cast<ConvolutionBase&>(layer));
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) low_outputs_.insert(layer.getOutput(i));
  }

  using Casts = std::unordered_map<const ITensor*, ITensor*>;

  // One cast for all readers; none for what a cast of the network has just widened.
  ITensor& cast(ITensor& tensor, DataType type, Casts& casts) {
    ITensor*& made = casts[&tensor];
    if (made == nullptr) made = narrow_origin(tensor, type);
    if (made == nullptr) made = &insert_cast(tensor, type);
    return *made;
  }

  // The tensor of the dtype that a cast made this one of; null if it has another origin.
  ITensor* narrow_origin(ITensor& tensor, DataType type) {
    if (type != low_ || tensor.producer()->getType() != ICastLayer::kType) return nullptr;
    ITensor* origin = tensor.producer()->getInput(0);
    if (origin->getType() != type) return nullptr;
    maybe_unread_.push_back(tensor.producer());
    return origin;
  }

  ITensor& insert_cast(ITensor& tensor, DataType type) {
    auto* layer = rewriter_.insert_after<ICastLayer>(*tensor.producer(), {&tensor}, type);
    layer->getOutput(0)->set_format(tensor.format());
    return *layer->getOutput(0);
  }

  ITensor& rounded_constant(ITensor& tensor, ILayer& reader) {
    ITensor*& made = roundings_[&tensor];
    if (made != nullptr) return *made;
    const auto& constant = *constant_of(&tensor);
    const auto elements = rounded(constant.getWeights());
    maybe_unread_.push_back(tensor.producer());
    made = rewriter_.insert_constant_before(reader, constant.getDimensions(), low_, elements.data())->getOutput(0);
    return *made;
  }

  void remove_if_unread(ILayer& layer) {
    if (!layer.getOutput(0)->consumers().empty() || layer.getOutput(0)->isNetworkOutput()) return;
    const auto* constant = network::layer_cast<network::IConstantLayer>(&layer);
    if (constant != nullptr) replaced_.push_back(constant->getWeights().values);
    rewriter_.erase(layer);
  }

  void round_kernel(ConvolutionBase& layer) {
    const Weights kernel = layer.getKernelWeights();
    if (kernel.count == 0 || kernel.type != DataType::kFLOAT) return;
    // Layers may share a kernel.
    auto made = kernels_.find(kernel.values);
    if (made == kernels_.end()) {
      const auto elements = rounded(kernel);
      made = kernels_.emplace(kernel.values, rewriter_.network().own(low_, elements.data(), kernel.count)).first;
    }
    layer.setKernelWeights(made->second);
    rewriter_.note_change();
    replaced_.push_back(kernel.values);
  }

  std::vector<uint16_t> rounded(const Weights& weights) const {
    const auto* from = static_cast<const float*>(weights.values);
    const auto round = low_ == DataType::kHALF ? network::float_to_half : network::float_to_bfloat16;
    std::vector<uint16_t> elements(static_cast<size_t>(weights.count));
    for (size_t i = 0; i < elements.size(); ++i) elements[i] = round(from[i]);
    return elements;
  }

  network::Rewriter rewriter_;
  DataType low_;
  const std::unordered_set<const ILayer*>& chosen_;
  std::unordered_set<const ITensor*> low_outputs_;  // outputs of chosen layers
  Casts roundings_;
  Casts floats_;
  std::unordered_map<const void*, Weights> kernels_;
  std::vector<ILayer*> maybe_unread_;  // constants with a rounded copy, and casts that are passed by
  std::vector<const void*> replaced_;  // memory of weights
};

// Before: the chosen layers take f32.
// After: they compute in f16 or bf16, with rounded constants, and casts stand where tensors enter and leave them, one
// for each tensor and dtype. Inputs and outputs of the network keep their dtypes, and biases of convolutions theirs.
class AssignPrecision final : public Pass {
 public:
  AssignPrecision(DataType low, std::unordered_set<const ILayer*> chosen) : low_(low), chosen_(std::move(chosen)) {}

  const char* name() const override { return "assign-precision"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    return Assignment(network, low_, chosen_).run();
  }

 private:
  DataType low_;
  std::unordered_set<const ILayer*> chosen_;
};

// Whether an element is finite and becomes infinite in the dtype.
bool overflows(const Weights& weights, DataType low) {
  if (weights.type != DataType::kFLOAT) return false;
  const auto* values = static_cast<const float*>(weights.values);
  return std::any_of(values, values + weights.count,
                     [&](float value) { return std::isfinite(value) && std::abs(value) > largest_number(low); });
}

bool overflows(double bound, DataType low) { return std::isfinite(bound) && std::abs(bound) > largest_number(low); }

bool is_product(const ILayer& layer) {
  return is_convolution(layer) || layer.getType() == network::LayerType::kMATRIX_MULTIPLY;
}

// The layers that may compute in f16 or bf16 without an error beyond rounding.
class AbleLayers {
 public:
  AbleLayers(const network::INetworkDefinition& network, DataType low) : network_(network), low_(low) {}

  std::vector<int32_t> find() {
    for (const auto& layer : network_.layers()) note_sizes(*layer);
    const auto& layers = network_.layers();
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) note_exactness(**layer);
    std::vector<int32_t> able;
    for (int32_t i = 0; i < network_.getNbLayers(); ++i) {
      if (is_able(*network_.getLayer(i))) able.push_back(i);
    }
    return able;
  }

 private:
  // Whether elements may be finite in f32 and infinite in the lower dtype.
  enum class Size { kOrdinary, kUnknown, kHuge };

  Size size_of(const ITensor& tensor) const {
    const auto found = sizes_.find(&tensor);
    return found == sizes_.end() ? Size::kOrdinary : found->second;
  }

  // Masks are huge: the sum of scores and the smallest number of f32 must not become minus infinity. They are
  // constants, made of constants, or inputs of the network.
  void note_sizes(const ILayer& layer) {
    Size size = Size::kOrdinary;
    if (layer.getType() == network::LayerType::kINPUT) size = Size::kUnknown;
    if (const auto* constant = network::layer_cast<network::IConstantLayer>(&layer)) {
      size = overflows(constant->getWeights(), low_) ? Size::kHuge : Size::kOrdinary;
    }
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      if (layer.getInput(i) == nullptr || is_bounded(layer)) continue;
      if (is_product(layer) && i < layer.own_input_count()) continue;
      size = std::max(size, size_of(*layer.getInput(i)));
    }
    if (size == Size::kOrdinary) return;
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) sizes_[layer.getOutput(i)] = size;
  }

  // Whether the result is small whatever the inputs are.
  static bool is_bounded(const ILayer& layer) {
    if (layer.getType() == network::LayerType::kSOFTMAX || layer.getType() == network::LayerType::kNORMALIZATION) {
      return true;
    }
    const auto* activation = network::layer_cast<network::IActivationLayer>(&layer);
    if (activation == nullptr) return false;
    const auto type = activation->getActivationType();
    return type == network::ActivationType::kSIGMOID || type == network::ActivationType::kTANH;
  }

  // Integers that are computed in floats, such as indices, must stay exact.
  void note_exactness(const ILayer& layer) {
    if (!is_exact(layer)) return;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      const ITensor* input = layer.getInput(i);
      if (input == nullptr || is_product(*input->producer())) continue;
      exact_.insert(input->producer());
    }
  }

  bool is_exact(const ILayer& layer) const {
    if (exact_.count(&layer) != 0) return true;
    if (const auto* cast = network::layer_cast<ICastLayer>(&layer)) {
      return !network::is_floating_point(cast->getToType());
    }
    if (const auto* unary = network::layer_cast<network::IUnaryLayer>(&layer)) {
      const auto operation = unary->getOperation();
      return operation == network::UnaryOperation::kFLOOR || operation == network::UnaryOperation::kCEIL ||
             operation == network::UnaryOperation::kROUND;
    }
    const auto* pair = network::layer_cast<network::IElementWiseLayer>(&layer);
    if (pair == nullptr) return false;
    const auto operation = pair->getOperation();
    return operation == network::ElementWiseOperation::kFLOOR_DIV ||
           operation == network::ElementWiseOperation::kFMOD ||
           operation == network::ElementWiseOperation::kREMAINDER || operation == network::ElementWiseOperation::kEQUAL;
  }

  bool is_able(const ILayer& layer) const {
    if (!layer.may_round() || exact_.count(&layer) != 0) return false;
    if (network::begins_with_dequantize(layer.epilogue())) return false;
    if (layer.getOutput(0)->getType() != DataType::kFLOAT || !bounds_fit(layer)) return false;
    if (is_convolution(layer) && overflows(static_cast<const ConvolutionBase&>(layer).getKernelWeights(), low_)) {
      return false;
    }
    bool reads_floats = false;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      const ITensor* input = layer.getInput(i);
      if (input == nullptr || input->getType() != DataType::kFLOAT) continue;
      // A product of a huge number overflows in f32, too.
      const Size most = is_product(layer) && i < layer.own_input_count() ? Size::kUnknown : Size::kOrdinary;
      if (size_of(*input) > most || is_kept_for_others(*input)) return false;
      reads_floats = reads_floats || !is_constant(input);
    }
    return reads_floats;
  }

  // A large constant that another layer reads in f32 would be held twice: an embedding that is tied to the output
  // layer.
  static bool is_kept_for_others(const ITensor& tensor) {
    constexpr int64_t kLargeBytes = int64_t{1} << 20;
    const auto* constant = constant_of(&tensor);
    if (constant == nullptr || constant->getWeights().bytes() < kLargeBytes) return false;
    const auto& readers = tensor.consumers();
    return std::any_of(readers.begin(), readers.end(), [](const ILayer* reader) { return !reader->may_round(); });
  }

  // Limits of activations, of the layer and of its epilogue.
  bool bounds_fit(const ILayer& layer) const {
    if (const auto* activation = network::layer_cast<network::IActivationLayer>(&layer)) {
      if (overflows(activation->getAlpha(), low_) || overflows(activation->getBeta(), low_)) return false;
    }
    const auto& epilogue = layer.epilogue();
    return std::none_of(epilogue.begin(), epilogue.end(), [&](const network::EpilogueOp& op) {
      return overflows(op.alpha, low_) || overflows(op.beta, low_);
    });
  }

  const network::INetworkDefinition& network_;
  DataType low_;
  std::unordered_map<const ITensor*, Size> sizes_;  // kOrdinary if missing
  std::unordered_set<const ILayer*> exact_;         // whose results must be those of f32
};

}  // namespace

float largest_number(DataType low) { return low == DataType::kHALF ? 65504.F : 3.3895313892515355e38F; }

std::vector<int32_t> layers_that_may_round(const network::INetworkDefinition& network, DataType low) {
  return AbleLayers(network, low).find();
}

std::vector<int32_t> layers_with_large_weights(const network::INetworkDefinition& network, DataType low) {
  const auto has_large = [&](const ILayer& layer) {
    if (is_convolution(layer) && overflows(static_cast<const ConvolutionBase&>(layer).getKernelWeights(), low)) {
      return true;
    }
    for (int32_t i = 0; i < layer.own_input_count(); ++i) {
      const auto* constant = layer.getInput(i) == nullptr ? nullptr : constant_of(layer.getInput(i));
      if (constant != nullptr && overflows(constant->getWeights(), low)) return true;
    }
    return false;
  };
  std::vector<int32_t> result;
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    if (is_product(*network.getLayer(i)) && has_large(*network.getLayer(i))) result.push_back(i);
  }
  return result;
}

std::unique_ptr<Pass> make_assign_precision(DataType low, std::unordered_set<const ILayer*> chosen) {
  return std::make_unique<AssignPrecision>(low, std::move(chosen));
}

}  // namespace torch_tensorrt::optimizer
