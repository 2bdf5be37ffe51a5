#pragma once

#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"

// What the passes that turn quantize and dequantize layers into integer layers have in common.
namespace torch_tensorrt::optimizer {

// The elements of a constant in f32; null for another tensor.
const float* floats_of(const network::ITensor* tensor);

// The one scale of a quantize or dequantize layer; empty if there are several, or the scale is computed.
std::optional<TensorScale> scale_of(const network::QuantizationBase& layer);
bool has_whole_range(const network::IQuantizeLayer& layer);

// A dequantized tensor: the integers and their scale.
struct Dequantized {
  network::ITensor* integers = nullptr;
  TensorScale scale;
};
// Empty if the tensor is not the result of a dequantize layer with one scale.
std::optional<Dequantized> dequantized(const network::ITensor* tensor);

// The quantize layers that read the tensor, if all its readers are those, with one scale and range.
std::vector<network::IQuantizeLayer*> quantizers_of(const network::ITensor& tensor);
// The tensor, which holds integers now, replaces the results of the layers, which go.
void replace_quantizers(network::Rewriter& rewriter, const std::vector<network::IQuantizeLayer*>& quantizers,
                        network::ITensor& integers);
// The readers read `to` in place of `from`. (A copy of the list: it changes with their inputs.)
void redirect(network::Rewriter& rewriter, network::ITensor& from, network::ITensor& to,
              std::vector<network::ILayer*> readers);

// The operations that store a result as the layer would.
void append_quantization(network::Epilogue& epilogue, const network::IQuantizeLayer& quantize);
// A constant in f32 before the layer, as a further input; returns the input's index.
int32_t append_constant(network::Rewriter& rewriter, network::ILayer& layer, const network::Dims& dims,
                        const std::vector<float>& values);

}  // namespace torch_tensorrt::optimizer
