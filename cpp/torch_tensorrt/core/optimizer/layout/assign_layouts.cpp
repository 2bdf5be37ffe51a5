#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::FormatRole;
using network::ILayer;
using network::IReformatLayer;
using network::ITensor;
using network::TensorFormat;

// The reorders of one network: one for each tensor and format, shared by all readers.
class Reorders {
 public:
  explicit Reorders(network::Rewriter& rewriter) : rewriter_(rewriter) {
    for (const auto& layer : rewriter.network().layers()) {
      if (layer->getType() != IReformatLayer::kType) continue;
      made_[{layer->getInput(0), layer->getOutput(0)->format()}] = layer->getOutput(0);
    }
  }

  // Returns the tensor in the format.
  ITensor& get(ITensor& tensor, TensorFormat format, const std::string& reason) {
    if (tensor.format() == format) return tensor;
    const auto* producer = network::layer_cast<IReformatLayer>(tensor.producer());
    if (producer != nullptr && producer->getInput(0)->format() == format) return *producer->getInput(0);
    ITensor*& made = made_[{&tensor, format}];
    if (made != nullptr) return *made;
    auto* layer = rewriter_.insert_after<IReformatLayer>(*tensor.producer(), {&tensor}, reason);
    layer->getOutput(0)->set_format(format);
    LOG_INFO("reorder of the output of " << network::describe(*tensor.producer()) << " to "
                                         << network::enum_name(format) << ": " << reason);
    made = layer->getOutput(0);
    return *made;
  }

  // Removes reorders that have no reader, or nothing left to change.
  void clean() {
    for (auto* layer : layer_snapshot(rewriter_.network())) {
      if (!alive(rewriter_.network(), layer) || layer->getType() != IReformatLayer::kType) continue;
      ITensor& from = *layer->getInput(0);
      ITensor& to = *layer->getOutput(0);
      const bool is_taken = from.isNetworkInput() || from.isNetworkOutput();
      if (from.format() == to.format() && !(to.isNetworkOutput() && is_taken)) rewriter_.replace_all_uses(to, from);
      if (!to.isNetworkOutput() && to.consumers().empty()) rewriter_.erase(*layer);
    }
  }

 private:
  network::Rewriter& rewriter_;
  std::map<std::pair<const ITensor*, TensorFormat>, ITensor*> made_;
};

class Assignment {
 public:
  Assignment(network::INetworkDefinition& network, const PassContext& context)
      : rewriter_(network), reorders_(rewriter_), context_(context), format_(context.activation_format) {
    for (const ITensor* output : network.outputs()) output_formats_.push_back(output->format());
    find_ways_to_anchors();
  }

  bool run() {
    for (auto* layer : layer_snapshot(rewriter_.network())) visit(*layer);
    restore_outputs();
    reorders_.clean();
    return changed_ || rewriter_.changed();
  }

 private:
  FormatRole role(const ILayer& layer) const {
    const FormatRole role = layer.format_role();
    if (role == FormatRole::kIndifferent || role == FormatRole::kLinear) return role;
    if (!has_channels(*layer.getInput(0))) return FormatRole::kLinear;
    const bool takes =
        format_ != TensorFormat::kLINEAR && (!context_.takes_format || context_.takes_format(layer, format_));
    return takes ? role : FormatRole::kLinear;
  }

  // Finds layers that reach an anchor through agnostic layers only, including the anchors.
  void find_ways_to_anchors() {
    const auto& layers = rewriter_.network().layers();
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
      const FormatRole own = role(**layer);
      if (own == FormatRole::kAnchor || (own == FormatRole::kAgnostic && readers_lead_to_anchor(**layer))) {
        leads_to_anchor_.insert(layer->get());
      }
    }
  }

  bool readers_lead_to_anchor(const ILayer& layer) const {
    for (const ILayer* reader : layer.getOutput(0)->consumers()) {
      if (leads_to_anchor_.count(reader) != 0) return true;
    }
    return false;
  }

  void visit(ILayer& layer) {
    const FormatRole own = role(layer);
    if (own == FormatRole::kIndifferent) return;
    const std::string kind = network::enum_name(layer.getType());
    if (own == FormatRole::kAnchor) {
      convert(layer, kind + " runs fastest in " + network::enum_name(format_));
    } else if (own == FormatRole::kAgnostic && joins_format(layer)) {
      convert(layer, kind + " has other operands in " + network::enum_name(format_));
    } else {
      keep_linear(layer, own == FormatRole::kAgnostic ? kind + " has other operands that are row-major"
                                                      : kind + " takes row-major tensors only");
    }
  }

  // If the operands have both formats, the layers behind decide where the reorder stands.
  bool joins_format(const ILayer& layer) const {
    bool any = false;
    bool all = true;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      const ITensor* input = layer.getInput(i);
      if (input == nullptr || is_constant(input) || !layer.carries_format(i)) continue;
      any = any || input->format() == format_;
      all = all && input->format() == format_;
    }
    return any && (all || leads_to_anchor_.count(&layer) != 0);
  }

  void convert(ILayer& layer, const std::string& reason) {
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      bring(layer, i, layer.carries_format(i) ? format_ : TensorFormat::kLINEAR, reason);
    }
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) assign(*layer.getOutput(i), format_);
  }

  void keep_linear(ILayer& layer, const std::string& reason) {
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      const ITensor* input = layer.getInput(i);
      if (i == 0 && input->format() != TensorFormat::kLINEAR && layer.reads_in_place(input->format())) continue;
      bring(layer, i, TensorFormat::kLINEAR, reason);
    }
    const bool is_wanted = readers_lead_to_anchor(layer) && layer.getInput(0)->format() == TensorFormat::kLINEAR;
    const bool in_place = is_wanted && layer.writes_in_place(format_);
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
      assign(*layer.getOutput(i), in_place ? format_ : TensorFormat::kLINEAR);
    }
  }

  void bring(ILayer& layer, int32_t index, TensorFormat wanted, const std::string& reason) {
    ITensor* input = layer.getInput(index);
    if (input == nullptr || is_constant(input) || !has_channels(*input)) return;
    rewriter_.set_input(layer, index, reorders_.get(*input, wanted, reason));
  }

  void assign(ITensor& tensor, TensorFormat format) {
    if (!has_channels(tensor) || tensor.format() == format) return;
    tensor.set_format(format);
    changed_ = true;
  }

  // Outputs leave the network in their own format; readers inside the network keep reading the same tensor as before.
  void restore_outputs() {
    const auto outputs = rewriter_.network().outputs();
    for (size_t i = 0; i < outputs.size(); ++i) {
      ITensor& output = *outputs[i];
      if (output.format() == output_formats_[i] || output.isNetworkInput()) continue;
      const auto readers = output.consumers();
      ITensor& copy =
          reorders_.get(output, output_formats_[i], "this network output is " + network::enum_name(output_formats_[i]));
      rewriter_.replace_all_uses(output, copy);
      for (ILayer* reader : readers) restore_reader(*reader, copy, output);
    }
  }

  void restore_reader(ILayer& reader, ITensor& copy, ITensor& original) {
    for (int32_t i = 0; i < reader.getNbInputs(); ++i) {
      if (reader.getInput(i) == &copy && &reader != copy.producer()) rewriter_.set_input(reader, i, original);
    }
  }

  network::Rewriter rewriter_;
  Reorders reorders_;
  const PassContext& context_;
  TensorFormat format_;
  std::vector<TensorFormat> output_formats_;
  std::unordered_set<const ILayer*> leads_to_anchor_;
  bool changed_ = false;
};

// Before: every tensor is row-major, except network inputs and outputs with a given format.
// After: the activations around layers that run fastest in the target's activation format have it, as far as other
// layers take it; reorders stand at the ends, each with its reason. Inputs and outputs keep their format. Networks
// without convolutions, pooling and the like stay row-major.
class AssignLayouts final : public Pass {
 public:
  const char* name() const override { return "assign-layouts"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    return Assignment(network, context).run();
  }
};

}  // namespace

std::unique_ptr<Pass> make_assign_layouts() { return std::make_unique<AssignLayouts>(); }

}  // namespace torch_tensorrt::optimizer
