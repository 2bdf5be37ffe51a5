#include "torch_tensorrt/core/backends/tensorrt/translator.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "torch_tensorrt/core/backends/tensorrt/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/prepare/facts.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

// TensorRT takes names of at most 4096 bytes.
constexpr size_t kMaxName = 4000;

std::string shortened(std::string name) {
  if (name.size() > kMaxName) name.resize(kMaxName);
  return name;
}

bool may_be_same(const trt::Dims& theirs, const network::Dims& ours) {
  bool same = theirs.nbDims == ours.nbDims;
  for (int32_t i = 0; same && i < ours.nbDims; ++i) {
    same = theirs.d[i] < 0 || ours.d[i] < 0 || theirs.d[i] == ours.d[i];
  }
  return same;
}

std::string text_of(const trt::Dims& dims) {
  return network::to_string(network::Dims(std::vector<int64_t>(dims.d, dims.d + std::max(dims.nbDims, 0))));
}

// The name; if it is already used, with a number behind it.
std::string unused(const std::string& name, std::unordered_set<std::string>& used) {
  std::string result = name;
  for (int32_t i = 2; !used.insert(result).second; ++i) result = name + " ~" + std::to_string(i);
  return result;
}

// A place for weights in one of TensorRT's layers.
struct WeightsSlot {
  const char* role;
  trt::Weights weights;
  std::function<void(const trt::Weights&)> replace;
};

template <typename L>
std::vector<WeightsSlot> kernel_and_bias(trt::ILayer& layer) {
  auto& made = static_cast<L&>(layer);
  return {
      {".kernel", made.getKernelWeights(), [&made](const trt::Weights& weights) { made.setKernelWeights(weights); }},
      {".bias", made.getBiasWeights(), [&made](const trt::Weights& weights) { made.setBiasWeights(weights); }}};
}

std::vector<WeightsSlot> all_slots(trt::ILayer& layer) {
  if (layer.getType() == trt::LayerType::kCONVOLUTION) return kernel_and_bias<trt::IConvolutionLayer>(layer);
  if (layer.getType() == trt::LayerType::kDECONVOLUTION) return kernel_and_bias<trt::IDeconvolutionLayer>(layer);
  if (layer.getType() != trt::LayerType::kCONSTANT) return {};
  auto& constant = static_cast<trt::IConstantLayer&>(layer);
  return {{"", constant.getWeights(), [&constant](const trt::Weights& weights) { constant.setWeights(weights); }}};
}

// Non-empty weights of the layer kinds that the translation makes.
std::vector<WeightsSlot> weights_slots(trt::ILayer& layer) {
  auto slots = all_slots(layer);
  const auto is_empty = [](const WeightsSlot& slot) { return slot.weights.count == 0; };
  slots.erase(std::remove_if(slots.begin(), slots.end(), is_empty), slots.end());
  return slots;
}

}  // namespace

const std::vector<TranslationRow>& translation_table() {
  using network::LayerType;
  static const std::vector<TranslationRow> table = {
      {LayerType::kINPUT, translate_input},
      {LayerType::kCONSTANT, translate_constant},
      {LayerType::kCONVOLUTION, translate_convolution},
      {LayerType::kDECONVOLUTION, translate_deconvolution},
      {LayerType::kPOOLING, translate_pooling},
      {LayerType::kACTIVATION, translate_activation},
      {LayerType::kELEMENTWISE, translate_elementwise},
      {LayerType::kUNARY, translate_unary},
      {LayerType::kSCALE, translate_scale},
      {LayerType::kREDUCE, translate_reduce},
      {LayerType::kMATRIX_MULTIPLY, translate_matrix_multiply},
      {LayerType::kSOFTMAX, translate_softmax},
      {LayerType::kSHUFFLE, translate_shuffle},
      {LayerType::kCONCATENATION, translate_concatenation},
      {LayerType::kSLICE, translate_slice},
      {LayerType::kSHAPE, translate_shape},
      {LayerType::kGATHER, translate_gather},
      {LayerType::kSELECT, translate_select},
      {LayerType::kCAST, translate_cast},
      {LayerType::kIDENTITY, translate_same},
      {LayerType::kNORMALIZATION, translate_normalization},
      {LayerType::kRESIZE, translate_resize},
      {LayerType::kREFORMAT, translate_same},
      {LayerType::kTOPK, translate_topk},
      {LayerType::kCUMULATIVE, translate_cumulative},
      {LayerType::kSCATTER, translate_scatter},
      {LayerType::kGRID_SAMPLE, translate_grid_sample},
      {LayerType::kATTENTION, translate_attention},
      {LayerType::kNON_ZERO, translate_non_zero},
      {LayerType::kRECURRENT, translate_recurrent},
      {LayerType::kQUANTIZE, translate_quantize},
      {LayerType::kDEQUANTIZE, translate_dequantize},
  };
  return table;
}

Translator::Translator(const network::INetworkDefinition& source, trt::INetworkDefinition& target,
                       const Options& options, MessageGatherer& messages)
    : source_(source),
      target_(target),
      options_(options),
      messages_(messages),
      on_whole_numbers_(layers_on_whole_numbers(source)) {}

void Translator::run() {
  target_.setName(shortened(source_.getName()).c_str());
  // Inputs come first, in the order of the network, so that the engine has the same order.
  for (const network::ITensor* input : source_.inputs()) translate_layer(*input->producer());
  for (const auto& layer : source_.layers()) {
    if (layer->getType() != network::LayerType::kINPUT) translate_layer(*layer);
  }
  mark_outputs();
}

void Translator::translate_layer(const network::ILayer& layer) {
  layer_ = &layer;
  steps_ = 0;
  try {
    if (is_computed_here(layer)) {
      add_computed(layer);
      return;
    }
    const auto& table = translation_table();
    const auto row = static_cast<size_t>(layer.getType());
    TORCHTRT_ASSERT(row < table.size() && table[row].type == layer.getType());
    const KeepF32 keep(*this, on_whole_numbers_.count(&layer) != 0);
    table[row].translate(*this);
    add_epilogue();
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
      const network::ITensor* ours = layer.getOutput(i);
      check_output(*ours, *tensors_.at(ours));
      keep_name(*ours, *tensors_.at(ours));
    }
  } catch (Error& error) {
    error.AppendMessage("while translating for TensorRT: " + network::describe(layer));
    throw;
  }
  layer_ = nullptr;
}

// A value computed from constants in a dtype that TensorRT lacks is a constant as soon as it has one of TensorRT's.
void Translator::add_computed(const network::ILayer& layer) {
  const network::ITensor& result = *layer.getOutput(0);
  if (!has_dtype(result.getType())) return;
  const network::HostTensor& value = host_values_.of(result);
  const trt::Weights weights{to_trt(value.type.dtype), value.values(), value.type.dims.volume()};
  give(constant(to_trt(value.type.dims), weights));
}

trt::ITensor& Translator::input(int32_t index) const {
  const network::ITensor* ours = layer_->getInput(index);
  TORCHTRT_ASSERT(ours != nullptr, "input " << index << " is not given");
  return *tensors_.at(ours);
}

void Translator::give(trt::ITensor& tensor, int32_t index) {
  const network::ITensor* ours = layer_->getOutput(index);
  tensors_[ours] = &checked(tensor);
}

// If a layer of ours becomes several, the first has its name, and the others have a number behind it.
void Translator::finish(trt::ILayer* made) {
  if (made == nullptr) TORCHTRT_THROW_ERROR("TensorRT refuses the layer. " << messages_.take_errors());
  if (layer_ != nullptr) {
    std::string name = layer_->getName();
    if (name.empty()) name = network::enum_name(layer_->getType());
    if (steps_ > 0) name += " #" + std::to_string(steps_ + 1);
    ++steps_;
    // TensorRT ignores a name that is taken, and its messages would then refer to an unnamed layer.
    made->setName(unused(shortened(name), layer_names_).c_str());
    const std::string& source = layer_->source().empty() ? layer_->getMetadata() : layer_->source();
    if (!source.empty()) made->setMetadata(shortened(source).c_str());
  }
  // TensorRT accepts names only for weights that some layer already uses.
  if (options_.name_all_weights) {
    name_weights(*made);
  } else {
    for (const auto& [weights, name] : unnamed_) target_.setWeightsName(weights, name.c_str());
  }
  unnamed_.clear();
  if (options_.strongly_typed) return;
  const auto wanted = options_.precisions.find(layer_);
  if (keep_f32_) {
    ask_for(*made, network::DataType::kFLOAT);
  } else if (wanted != options_.precisions.end()) {
    ask_for(*made, wanted->second);
  }
}

namespace {

// Whether layers of the kind do more than move or convert elements.
bool computes(trt::LayerType type) {
  switch (type) {
    case trt::LayerType::kELEMENTWISE:
    case trt::LayerType::kUNARY:
    case trt::LayerType::kREDUCE:
    case trt::LayerType::kSOFTMAX:
    case trt::LayerType::kMATRIX_MULTIPLY:
    case trt::LayerType::kCONVOLUTION:
    case trt::LayerType::kDECONVOLUTION:
    case trt::LayerType::kACTIVATION:
    case trt::LayerType::kPOOLING:
    case trt::LayerType::kSCALE:
    case trt::LayerType::kNORMALIZATION:
    case trt::LayerType::kRESIZE:
      return true;
    default:
      return false;
  }
}

// Whether layers of the kind give elements of their input, or constants, as they are.
bool moves(trt::LayerType type) {
  switch (type) {
    case trt::LayerType::kCONSTANT:
    case trt::LayerType::kSHUFFLE:
    case trt::LayerType::kSLICE:
    case trt::LayerType::kCONCATENATION:
    case trt::LayerType::kGATHER:
    case trt::LayerType::kSELECT:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Typed networks ask with casts; in other networks TensorRT may choose any enabled precision. A result in f32 stays so:
// it may be beyond the range of others, also where it is constant or only moved.
void Translator::ask_for(trt::ILayer& made, network::DataType type) {
  const bool is_f32 = type == network::DataType::kFLOAT;
  const bool has_use = computes(made.getType()) || (is_f32 && moves(made.getType()));
  if (!has_use || !is_float(made.getOutput(0)->getType())) return;
  made.setPrecision(to_trt(type));
  if (is_f32) made.setOutputType(0, trt::DataType::kFLOAT);
}

trt::ITensor& Translator::checked(trt::ITensor& tensor) {
  if (tensor.getDimensions().nbDims < 0) {
    TORCHTRT_THROW_ERROR("TensorRT cannot infer the dims of the result \"" << tensor.getName() << "\". "
                                                                           << messages_.take_errors());
  }
  return tensor;
}

// The translation must give the dtype and dims that our inference says; anything else is a fault of the translation.
void Translator::check_output(const network::ITensor& ours, trt::ITensor& theirs) const {
  const network::Dims dims = ours.getDimensions();
  if (!may_be_same(theirs.getDimensions(), dims)) {
    TORCHTRT_THROW_ERROR("the result has the dims " << text_of(theirs.getDimensions()) << " in TensorRT, must have "
                                                    << network::to_string(dims));
  }
  const auto type = static_cast<network::DataType>(theirs.getType());
  const bool lowered = !options_.strongly_typed && network::is_floating_point(ours.getType());
  if (type != ours.getType() && !lowered) {
    TORCHTRT_THROW_ERROR("the result is " << network::enum_name(type) << " in TensorRT, must be "
                                          << network::enum_name(ours.getType()));
  }
}

// A tensor that represents several of ours has the name of the first.
void Translator::keep_name(const network::ITensor& ours, trt::ITensor& theirs) {
  if (ours.getName()[0] == '\0' || theirs.isNetworkInput() || !named_.insert(&theirs).second) return;
  theirs.setName(shortened(ours.getName()).c_str());
}

void Translator::add_epilogue() {
  for (const network::EpilogueOp& op : layer_->epilogue()) {
    trt::ITensor& result = *tensors_.at(layer_->getOutput(0));
    if (op.kind == network::EpilogueOp::Kind::kActivation) {
      give(apply_activation(*this, result, op.activation, op.alpha, op.beta));
      continue;
    }
    trt::ITensor& other = input(op.input);
    const network::ITensor* second = op.swapped ? nullptr : layer_->getInput(op.input);
    give(op.swapped ? apply_elementwise(*this, op.elementwise, other, result, second)
                    : apply_elementwise(*this, op.elementwise, result, other, second));
  }
}

void Translator::mark_outputs() {
  for (const network::ITensor* ours : source_.outputs()) {
    trt::ITensor& theirs = final_output(*ours, *tensors_.at(ours));
    theirs.setName(ours->getName());
    target_.markOutput(theirs);
    if (!options_.strongly_typed) theirs.setType(to_trt(ours->getType()));
  }
}

// Inputs, constants and existing outputs cannot be marked as outputs; an identity behind them can.
trt::ITensor& Translator::final_output(const network::ITensor& ours, trt::ITensor& theirs) {
  const auto* made_by = ours.producer();
  const bool fixed = made_by->getType() == network::LayerType::kCONSTANT;
  if (!fixed && !theirs.isNetworkInput() && !theirs.isNetworkOutput()) return theirs;
  // Names are unique, and the engine's output must get its own.
  const bool takes_name = std::string(theirs.getName()) == ours.getName() && !theirs.isNetworkInput();
  if (takes_name) theirs.setName(shortened(std::string(ours.getName()) + ".source").c_str());
  layer_ = made_by;
  steps_ = 1;
  trt::ITensor& copy = output_of(target_.addIdentity(theirs));
  layer_ = nullptr;
  return copy;
}

trt::ITensor& Translator::constant(const trt::Dims& dims, const trt::Weights& weights) {
  trt::ITensor& tensor = output_of(target_.addConstant(dims, weights));
  constants_.emplace(&tensor, weights);
  return tensor;
}

const trt::Weights* Translator::weights_of(const trt::ITensor& tensor) const {
  const auto found = constants_.find(&tensor);
  return found == constants_.end() ? nullptr : &found->second;
}

trt::Weights Translator::borrow(const network::Weights& weights, const char* role) {
  const trt::Weights borrowed{to_trt(weights.type), weights.values, weights.count};
  if (weights.count > 0) {
    const std::string name = weights_name(role);
    // If several layers share memory, it keeps its first name.
    const bool takes = options_.name_all_weights || weight_names_.insert(name).second;
    if (takes && !name.empty()) unnamed_.emplace_back(borrowed, name);
  }
  return borrowed;
}

// TensorRT identifies weights by their address, so that two names for one address would be one to it.
void Translator::name_weights(trt::ILayer& made) {
  for (WeightsSlot& slot : weights_slots(made)) {
    std::string name = std::string(made.getName()) + slot.role;
    for (const auto& [weights, wanted] : unnamed_) {
      if (weights.values == slot.weights.values) name = wanted;
    }
    if (!used_memory_.insert(slot.weights.values).second) {
      const auto type = static_cast<network::DataType>(slot.weights.type);
      const auto bytes = static_cast<size_t>(slot.weights.count * network::element_size(type));
      void* copy = keep(bytes);
      std::memcpy(copy, slot.weights.values, bytes);
      slot.weights.values = copy;
      slot.replace(slot.weights);
      used_memory_.insert(copy);
    }
    name = unused(shortened(name), weight_names_);
    if (!target_.setWeightsName(slot.weights, name.c_str())) {
      TORCHTRT_THROW_ERROR("TensorRT does not take the name \"" << name << "\" for weights. "
                                                                << messages_.take_errors());
    }
    named_weights_[name] = {static_cast<network::DataType>(slot.weights.type), slot.weights.values, slot.weights.count};
  }
}

std::string Translator::weights_name(const char* role) const {
  std::string name = layer_->getName();
  if (layer_->getType() == network::LayerType::kCONSTANT && layer_->getOutput(0)->getName()[0] != '\0') {
    name = layer_->getOutput(0)->getName();
  }
  if (role[0] != '\0') name += std::string(".") + role;
  return shortened(name);
}

void* Translator::keep(size_t bytes) {
  kept_.emplace_back(bytes);
  return kept_.back().data();
}

}  // namespace torch_tensorrt::backends::tensorrt
