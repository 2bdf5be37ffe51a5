#pragma once

#include <functional>
#include <vector>

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/util/decision.h"

// The built-in converters, one function and file per family of operators.
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

Family activation_family();
Family attention_family();
Family cast_family();
Family convolution_family();
Family core_aten_family();
Family declined_family();
Family element_wise_family();
Family grouping_family();
Family index_family();
Family joining_family();
Family linear_algebra_family();
Family lookup_family();
Family loss_family();
Family normalization_family();
Family norms_family();
Family ordering_family();
Family pad_family();
Family pooling_family();
Family products_family();
Family rearrange_family();
Family recurrent_family();
Family reduce_family();
Family sampling_family();
Family scatter_family();
Family shape_family();
Family special_family();
Family unary_family();

// The built-in converters, with the full schemas of the running PyTorch.
std::vector<ConversionPattern> builtin_patterns();

}  // namespace torch_tensorrt::core::conversion::converters
