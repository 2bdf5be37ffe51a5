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
    for (ILayer* constant : constants_) remove_if_unread(*constant);
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

  // One cast for all readers.
  ITensor& cast(ITensor& tensor, DataType type, Casts& casts) {
    ITensor*& made = casts[&tensor];
    if (made == nullptr) made = &insert_cast(tensor, type);
    return *made;
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
    constants_.push_back(tensor.producer());
    made = rewriter_.insert_constant_before(reader, constant.getDimensions(), low_, elements.data())->getOutput(0);
    return *made;
  }

  void remove_if_unread(ILayer& constant) {
    if (!constant.getOutput(0)->consumers().empty() || constant.getOutput(0)->isNetworkOutput()) return;
    replaced_.push_back(static_cast<const network::IConstantLayer&>(constant).getWeights().values);
    rewriter_.erase(constant);
  }

  void round_kernel(ConvolutionBase& layer) {
    const Weights kernel = layer.getKernelWeights();
    if (kernel.count == 0 || kernel.type != DataType::kFLOAT) return;
    const auto elements = rounded(kernel);
    layer.setKernelWeights(rewriter_.network().own(low_, elements.data(), kernel.count));
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
  std::vector<ILayer*> constants_;     // that have a rounded copy
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

bool overflows(const Weights& weights, DataType low) {
  if (low != DataType::kHALF || weights.type != DataType::kFLOAT) return false;
  constexpr float kLargestHalf = 65504;
  const auto* values = static_cast<const float*>(weights.values);
  for (int64_t i = 0; i < weights.count; ++i) {
    if (std::abs(values[i]) > kLargestHalf) return true;
  }
  return false;
}

}  // namespace

Decision may_compute_in(const ILayer& layer, DataType low) {
  if (!layer.may_round()) return Decision::no("the layer needs the precision of f32");
  if (layer.getOutput(0)->getType() != DataType::kFLOAT) return Decision::no("the result is not f32");
  bool reads_floats = false;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor* input = layer.getInput(i);
    if (input == nullptr) continue;
    const auto* constant = constant_of(input);
    if (constant != nullptr && overflows(constant->getWeights(), low)) {
      return Decision::no(str("a constant is too large for ", network::enum_name(low)));
    }
    reads_floats = reads_floats || (constant == nullptr && input->getType() == DataType::kFLOAT);
  }
  if (is_convolution(layer) && overflows(static_cast<const ConvolutionBase&>(layer).getKernelWeights(), low)) {
    return Decision::no(str("a weight is too large for ", network::enum_name(low)));
  }
  return reads_floats ? Decision::yes() : Decision::no("no input is f32");
}

std::unique_ptr<Pass> make_assign_precision(DataType low, std::unordered_set<const ILayer*> chosen) {
  return std::make_unique<AssignPrecision>(low, std::move(chosen));
}

}  // namespace torch_tensorrt::optimizer
