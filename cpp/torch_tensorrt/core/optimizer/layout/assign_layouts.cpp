#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ILayer;
using network::IReformatLayer;
using network::ITensor;
using network::LayerType;
using network::TensorFormat;

constexpr int32_t kFirstRankWithChannels = 3;

// Layers that are much faster in the activation format, and bring it into the network.
bool is_anchor(LayerType type) {
  return type == LayerType::kCONVOLUTION || type == LayerType::kDECONVOLUTION || type == LayerType::kPOOLING ||
         type == LayerType::kRESIZE;
}

// Layers that work element by element or along one dimension, in whatever format their input is.
bool is_agnostic(LayerType type) {
  static const LayerType kTypes[] = {LayerType::kACTIVATION, LayerType::kELEMENTWISE,   LayerType::kUNARY,
                                     LayerType::kSCALE,      LayerType::kCONCATENATION, LayerType::kSLICE,
                                     LayerType::kREDUCE,     LayerType::kSELECT,        LayerType::kCAST,
                                     LayerType::kIDENTITY,   LayerType::kSOFTMAX,       LayerType::kNORMALIZATION,
                                     LayerType::kGATHER};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

bool has_channels(const ITensor& tensor) { return tensor.getDimensions().nbDims >= kFirstRankWithChannels; }

// Whether all operands have the result's rank: only then do channels stand in one place.
bool operands_line_up(const ILayer& layer) {
  const int32_t rank = layer.getOutput(0)->getDimensions().nbDims;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const auto* input = layer.getInput(i);
    if (input == nullptr || is_constant(input)) continue;
    if (input->getDimensions().nbDims != rank) return false;
  }
  return true;
}

bool needs_lined_up_operands(LayerType type) {
  return type == LayerType::kELEMENTWISE || type == LayerType::kSELECT || type == LayerType::kCONVOLUTION;
}

// Before: every tensor row-major. After: the activations between layers that run fastest in the target's activation
// format are in it, as far as layers take it; reorders stand where it begins and ends, each with its reason.
// Network inputs and outputs keep the format they were given.
class AssignLayouts final : public Pass {
 public:
  const char* name() const override { return "assign-layouts"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    if (context.activation_format == TensorFormat::kLINEAR) return false;
    Assignment assignment(network, context);
    for (auto* layer : layer_snapshot(network)) assignment.visit(*layer);
    assignment.restore_outputs();
    return assignment.changed();
  }

 private:
  class Assignment {
   public:
    Assignment(network::INetworkDefinition& network, const PassContext& context)
        : rewriter_(network), context_(context), format_(context.activation_format) {}

    void visit(ILayer& layer) {
      const LayerType type = layer.getType();
      if (type == LayerType::kINPUT || type == LayerType::kCONSTANT || type == LayerType::kREFORMAT) return;
      if (!wants_format(layer)) {
        bring_inputs(layer, TensorFormat::kLINEAR, "layer takes row-major tensors only: " + network::enum_name(type));
        return;
      }
      bring_inputs(layer, format_, network::enum_name(type) + " runs fastest in " + network::enum_name(format_));
      for (int32_t i = 0; i < layer.getNbOutputs(); ++i) assign(*layer.getOutput(i));
    }

    // Outputs leave the network row-major.
    void restore_outputs() {
      const auto outputs = rewriter_.network().outputs();
      for (auto* output : outputs) {
        if (output->format() != format_ || output->isNetworkInput()) continue;
        const auto readers = output->consumers();
        auto* copy = reformat(*output, TensorFormat::kLINEAR, "network outputs are row-major");
        rewriter_.replace_all_uses(*output, *copy);
        for (auto* reader : readers) restore_reader(*reader, *copy, *output);
      }
    }

    bool changed() const { return changed_ || rewriter_.changed(); }

   private:
    bool takes(const ILayer& layer) const {
      if (context_.takes_format) return context_.takes_format(layer, format_);
      return is_anchor(layer.getType()) || is_agnostic(layer.getType());
    }

    bool reads_format(const ILayer& layer) const {
      for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
        const auto* input = layer.getInput(i);
        if (input != nullptr && input->format() == format_) return true;
      }
      return false;
    }

    bool wants_format(const ILayer& layer) const {
      const LayerType type = layer.getType();
      if (!has_channels(*layer.getInput(0)) || (needs_lined_up_operands(type) && !operands_line_up(layer)))
        return false;
      const bool anchor = is_anchor(type) && layer.getInput(0)->getDimensions().nbDims > kFirstRankWithChannels - 1;
      return (anchor || (is_agnostic(type) && reads_format(layer))) && takes(layer);
    }

    void assign(ITensor& tensor) {
      if (!has_channels(tensor)) return;
      changed_ = changed_ || tensor.format() != format_;
      tensor.set_format(format_);
    }

    void bring_inputs(ILayer& layer, TensorFormat wanted, const std::string& reason) {
      for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
        auto* input = layer.getInput(i);
        if (input == nullptr || is_constant(input) || !has_channels(*input) || input->format() == wanted) continue;
        rewriter_.set_input(layer, i, *reformat(*input, wanted, reason));
      }
    }

    // One reorder a tensor and format, shared by its readers.
    ITensor* reformat(ITensor& tensor, TensorFormat wanted, const std::string& reason) {
      auto& made = reformats_[{&tensor, wanted}];
      if (made != nullptr) return made;
      if (auto* back = origin(tensor, wanted)) return back;
      auto* layer = rewriter_.insert_after<IReformatLayer>(*tensor.producer(), {&tensor}, reason);
      layer->getOutput(0)->set_format(wanted);
      LOG_INFO("Reorder of " << tensor.getName() << " to " << network::enum_name(wanted) << ": " << reason);
      made = layer->getOutput(0);
      return made;
    }

    // What a reorder was made of, when that has the wanted format.
    static ITensor* origin(const ITensor& tensor, TensorFormat wanted) {
      auto* producer = network::layer_cast<IReformatLayer>(tensor.producer());
      if (producer == nullptr || producer->getInput(0)->format() != wanted) return nullptr;
      return producer->getInput(0);
    }

    void restore_reader(ILayer& reader, ITensor& copy, ITensor& original) {
      for (int32_t i = 0; i < reader.getNbInputs(); ++i) {
        if (reader.getInput(i) == &copy) rewriter_.set_input(reader, i, original);
      }
    }

    network::Rewriter rewriter_;
    const PassContext& context_;
    TensorFormat format_;
    std::map<std::pair<const ITensor*, TensorFormat>, ITensor*> reformats_;
    bool changed_ = false;
  };
};

}  // namespace

std::unique_ptr<Pass> make_assign_layouts() { return std::make_unique<AssignLayouts>(); }

}  // namespace torch_tensorrt::optimizer
