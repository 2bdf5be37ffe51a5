#pragma once

#include <NvInfer.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "torch_tensorrt/core/backends/tensorrt/prepare/host_values.h"
#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::backends::tensorrt {

namespace trt = ::nvinfer1;

// Makes TensorRT's network from ours, layer by layer. Weights are not copied: our network must live until the engine is
// built, and so must this translator, which owns the few weights that it had to convert.
class Translator {
 public:
  struct Options {
    bool strongly_typed = true;  // the target keeps the dtypes of every tensor
    // Gives each use of weights in TensorRT's network its own memory and name, so that all of them can be replaced.
    bool name_all_weights = false;
    // Layers that shall compute in a precision of their own. In networks that are not strongly typed.
    std::unordered_map<const network::ILayer*, network::DataType> precisions = {};
  };
  // `messages` gathers TensorRT's messages during the translation.
  Translator(const network::INetworkDefinition& source, trt::INetworkDefinition& target, const Options& options,
             MessageGatherer& messages);

  // Throws Error naming the layer that TensorRT refuses, with its message.
  void run();

  // With Options::name_all_weights: the weights of each name. They live as long as the translator and the source.
  const std::map<std::string, network::Weights>& named_weights() const { return named_weights_; }

  // ---- for the functions of the table: the current layer ----------------------------------------------------------
  template <typename L>
  const L& layer() const {
    return static_cast<const L&>(*layer_);
  }
  const network::ILayer& layer() const { return *layer_; }
  trt::INetworkDefinition& target() { return target_; }
  // TensorRT's tensor for a tensor of ours, of this layer or an earlier one.
  trt::ITensor& became(const network::ITensor& ours) const { return *tensors_.at(&ours); }
  // TensorRT's tensor for input `index`, which must be given.
  trt::ITensor& input(int32_t index) const;
  bool has_input(int32_t index) const { return layer_->getInput(index) != nullptr; }
  // Sets TensorRT's tensor for output `index`.
  void give(trt::ITensor& tensor, int32_t index = 0);

  // Names and tags a layer that was just added. Throws Error with TensorRT's message if the layer is null.
  template <typename L>
  L& added(L* made) {
    finish(made);
    return *made;
  }
  // Output 0 of a layer that has all its inputs and attributes. Also throws Error if TensorRT finds no dims for it.
  template <typename L>
  trt::ITensor& output_of(L* made) {
    return checked(*added(made).getOutput(0));
  }

  // Adds a constant; its weights must live as long as the translator.
  trt::ITensor& constant(const trt::Dims& dims, const trt::Weights& weights);
  // The weights of a tensor from constant(), else null.
  const trt::Weights* weights_of(const trt::ITensor& tensor) const;
  // Weights without a copy, named for refitting after the layer, and `role` if it is not empty.
  trt::Weights borrow(const network::Weights& weights, const char* role);
  // While one lives, added layers compute in f32 regardless of the enabled precisions: sums, norms.
  class KeepF32 {
   public:
    explicit KeepF32(Translator& t, bool keep = true) : t_(t), before_(t.keep_f32_) { t.keep_f32_ |= keep; }
    ~KeepF32() { t_.keep_f32_ = before_; }
    KeepF32(const KeepF32&) = delete;
    KeepF32& operator=(const KeepF32&) = delete;

   private:
    Translator& t_;
    bool before_;
  };
  // Allocates memory that lives as long as the translator.
  void* keep(size_t bytes);

 private:
  void translate_layer(const network::ILayer& layer);
  void add_computed(const network::ILayer& layer);
  void finish(trt::ILayer* made);
  void ask_for(trt::ILayer& made, network::DataType type);
  trt::ITensor& checked(trt::ITensor& tensor);
  void check_output(const network::ITensor& ours, trt::ITensor& theirs) const;
  void keep_name(const network::ITensor& ours, trt::ITensor& theirs);
  void add_epilogue();
  void mark_outputs();
  trt::ITensor& final_output(const network::ITensor& ours, trt::ITensor& theirs);
  std::string weights_name(const char* role) const;
  void name_weights(trt::ILayer& made);

  const network::INetworkDefinition& source_;
  trt::INetworkDefinition& target_;
  Options options_;
  MessageGatherer& messages_;
  const network::ILayer* layer_ = nullptr;
  bool keep_f32_ = false;
  int32_t steps_ = 0;  // layers added so far for the current one
  std::unordered_map<const network::ITensor*, trt::ITensor*> tensors_;
  std::unordered_set<const trt::ITensor*> named_;
  std::unordered_set<std::string> weight_names_;
  std::unordered_set<std::string> layer_names_;
  std::vector<std::pair<trt::Weights, std::string>> unnamed_;
  std::map<std::string, network::Weights> named_weights_;
  std::unordered_set<const void*> used_memory_;  // of named weights
  std::deque<std::vector<uint8_t>> kept_;
  HostValues host_values_;
  std::unordered_set<const network::ILayer*> on_whole_numbers_;  // computed in f32
  std::unordered_map<const trt::ITensor*, trt::Weights> constants_;
};

// ---- the table -----------------------------------------------------------------------------------------------------

// One row for each kind of layer, in the order of the kinds. Its function adds TensorRT's layers and gives the
// translator a tensor for every output. The table in support/ has already decided which layers are possible.
struct TranslationRow {
  network::LayerType type;
  void (*translate)(Translator& t);
};
const std::vector<TranslationRow>& translation_table();

// movement.cpp
void translate_input(Translator& t);
void translate_constant(Translator& t);
void translate_shuffle(Translator& t);
void translate_concatenation(Translator& t);
void translate_shape(Translator& t);
void translate_cast(Translator& t);
void translate_same(Translator& t);
void translate_slice(Translator& t);
void translate_gather(Translator& t);
void translate_scatter(Translator& t);
void translate_non_zero(Translator& t);
// pointwise.cpp
void translate_activation(Translator& t);
void translate_elementwise(Translator& t);
void translate_select(Translator& t);
void translate_quantize(Translator& t);
void translate_dequantize(Translator& t);
void translate_scale(Translator& t);
void translate_unary(Translator& t);
// The operations of these layers, for epilogues as well. `second` is our tensor of operand b, if there is one: a
// constant exponent is read from it.
trt::ITensor& apply_activation(Translator& t, trt::ITensor& x, network::ActivationType type, double alpha, double beta);
trt::ITensor& apply_elementwise(Translator& t, network::ElementWiseOperation operation, trt::ITensor& a,
                                trt::ITensor& b, const network::ITensor* second);
// spatial.cpp
void translate_convolution(Translator& t);
void translate_deconvolution(Translator& t);
void translate_pooling(Translator& t);
void translate_resize(Translator& t);
void translate_grid_sample(Translator& t);
// reductions.cpp
void translate_reduce(Translator& t);
void translate_softmax(Translator& t);
void translate_topk(Translator& t);
void translate_cumulative(Translator& t);
void translate_normalization(Translator& t);
// products.cpp
void translate_matrix_multiply(Translator& t);
void translate_attention(Translator& t);
void translate_recurrent(Translator& t);

}  // namespace torch_tensorrt::backends::tensorrt
