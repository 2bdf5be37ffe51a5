#pragma once

#include <functional>
#include <vector>

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/util/decision.h"

// The built-in converters, one function and file per family of operators. The operators of no family, which no engine
// can run, are in families.cpp.
namespace torch_tensorrt::core::conversion::converters {

// One row of a family: a PyTorch operator by name and overload ("aten::add.Tensor"; all overloads: "aten::add.*").
// Registering the row looks up the full schema and, if PyTorch has one, the in-place variant
// ("aten::add_.Tensor").
struct BuiltinConverter {
  const char* op;
  OpConverter convert;
  // Declines nodes with arguments that the converter does not handle. Empty: the converter handles every node.
  std::function<Decision(const torch::jit::Node*)> supports = {};
};
using Family = std::vector<BuiltinConverter>;

Family activation_family();      // activation functions, clamps to numbers
Family attention_family();       // attention, transformer layers, nested tensors
Family convolution_family();     // convolutions, paddings
Family distances_family();       // norms, distances, losses
Family element_wise_family();    // two or three operands, element by element
Family grouping_family();        // histograms, bags of embeddings, mixtures of experts
Family index_family();           // reads slices, elements at places, elements of a mask
Family joining_family();         // joins and splits
Family linear_algebra_family();  // other products of vectors and matrices, diagonals
Family normalization_family();   // by the statistics of a batch, a layer or a group
Family ordering_family();        // sorts, ranks, searches, running results
Family pooling_family();         // poolings and their inverses
Family products_family();        // matrix products, Einstein summation
Family quantization_family();    // rounding to the numbers of quantized dtypes
Family rearrange_family();       // moves, repeats or masks elements
Family recurrent_family();       // recurrent cells and layers, packed sequences
Family reduce_family();          // over dimensions: sums, extremes, variances, softmax
Family sampling_family();        // resizes, samples of grids, windows as columns
Family scatter_family();         // x[a, b], and writes at places
Family shape_family();           // other dims of the same elements
Family special_family();         // functions of numbers that take several layers
Family unary_family();           // one operand, element by element; casts, copies

// The built-in converters, with the full schemas of the running PyTorch.
std::vector<ConversionPattern> builtin_patterns();

}  // namespace torch_tensorrt::core::conversion::converters
