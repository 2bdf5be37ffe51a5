#pragma once

#include <vector>

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::backends::tensorrt {

class Translator;

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
// indexing.cpp
void translate_slice(Translator& t);
void translate_gather(Translator& t);
void translate_scatter(Translator& t);
void translate_non_zero(Translator& t);
// pointwise.cpp
void translate_activation(Translator& t);
void translate_elementwise(Translator& t);
void translate_select(Translator& t);
void translate_scale(Translator& t);
// unary.cpp
void translate_unary(Translator& t);
// convolution.cpp
void translate_convolution(Translator& t);
void translate_deconvolution(Translator& t);
// pooling.cpp
void translate_pooling(Translator& t);
// sampling.cpp
void translate_resize(Translator& t);
void translate_grid_sample(Translator& t);
// reductions.cpp
void translate_reduce(Translator& t);
void translate_softmax(Translator& t);
void translate_matrix_multiply(Translator& t);
void translate_topk(Translator& t);
void translate_cumulative(Translator& t);
// normalization.cpp
void translate_normalization(Translator& t);
// attention.cpp
void translate_attention(Translator& t);
// recurrent.cpp
void translate_recurrent(Translator& t);

}  // namespace torch_tensorrt::backends::tensorrt
