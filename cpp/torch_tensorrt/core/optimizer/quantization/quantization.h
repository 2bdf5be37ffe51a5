#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/optimizer/pass.h"

// int8: which layers may compute with 8-bit integers, and the passes that make them do so.
namespace torch_tensorrt::optimizer {

// The numbers of a tensor, seen in calibration: |x| <= amax, but for values that calibration clips.
struct TensorRange {
  float amax = 0;
  bool is_signed = true;  // whether some are negative
  float largest = 0;      // of the magnitudes, also of those that calibration clips
  // The largest magnitude at each index of the last dimension, for tensors that a product with a constant matrix reads.
  std::vector<float> channels = {};
};
// The name of the tensor, or of its copy in another format or dtype: builds put copies where the formats and dtypes
// that they choose need them, and the name of an output is then that of the copy. Empty if there is none.
std::string given_name(const network::ITensor& tensor);
// Names of tensors that two builds of one network have in common: given ones, or (as fusions leave tensors without
// names) the kind of the layer, the name of the value that the layer computes, and a number if there are several such
// layers. Copies in another format have the name of the original.
using TensorKeys = std::unordered_map<const network::ITensor*, std::string>;
TensorKeys tensor_keys(const network::INetworkDefinition& network);
// By the keys of tensors in the optimized network.
using TensorRanges = std::unordered_map<std::string, TensorRange>;

// How a tensor is stored as 8-bit integers: x = (q - zero) * scale.
struct TensorScale {
  float scale = 1;
  int64_t zero = 0;
  network::DataType type = network::DataType::kINT8;
};
bool operator==(const TensorScale& a, const TensorScale& b);

// What the channels of a tensor are divided by before it is quantized with one scale, where they differ so much that
// most would get few of the 255 steps: their ranges, but not less than 1/16 of the largest. Empty where they are alike.
std::vector<float> channel_divisors(const TensorRange& range);
// The metadata of the constant that holds the reciprocals of these divisors, in the epilogue of the tensor's producer.
constexpr const char* kChannelFactors = "channel factors of the quantization";

// kUINT8 from 0 to amax for numbers that are not negative, else kINT8 from -amax to amax.
TensorScale scale_of(const TensorRange& range);

// The layers, by their indices, that may compute with 8-bit integers: convolutions and products with a constant matrix
// in f32, with finite weights, whose input has a range. The layers whose results are the network's outputs are not
// among them: their errors are those of the network.
std::vector<int32_t> layers_that_may_quantize(const network::INetworkDefinition& network, const TensorRanges& ranges);

// Names the layers of the same kind whose input has no range; empty if there are none.
std::string layers_without_range(const network::INetworkDefinition& network, const TensorRanges& ranges);

// The layers, by their indices, that read or compute numbers of which the calibration saw some beyond the dtype's
// range.
std::vector<int32_t> layers_beyond(const network::INetworkDefinition& network, const TensorRanges& ranges,
                                   network::DataType low);

// Before: a network in f32. After: the chosen layers read their inputs through quantize and dequantize layers with the
// scales of the ranges, one pair for each tensor, and have constant kernels in kINT8 with a scale for each output map.
// Residuals that are added by the chosen convolutions are quantized as well where they come from a chosen convolution,
// or are quantized for another reader. So are the inputs of averages, sums and products of two tensors between chosen
// layers. The input of products may be divided by a number for each channel first, and the
// rows of their matrices multiplied by it.
// kTensorRT: tensors are kINT8 only, weights are quantized by layers that TensorRT folds, and averages of the chosen
// layers' results read them quantized.
enum class QuantizedForm : int32_t { kNative, kTensorRT };
std::unique_ptr<Pass> make_insert_quantization(TensorRanges ranges, std::unordered_set<const network::ILayer*> chosen,
                                               QuantizedForm form = QuantizedForm::kNative);
// The same for all layers that may quantize when the pass runs.
std::unique_ptr<Pass> make_quantize_all(TensorRanges ranges, QuantizedForm form);

// Before: convolutions and products of dequantized tensors and dequantized constants; quantize layers behind them.
// After: layers that compute with 8-bit integers and store them where all readers take them. Quantization moves towards
// the producers through layers that only move elements or take maxima.
std::unique_ptr<Pass> make_fuse_quantization();

// Before: averages of a dequantized tensor; sums and products of two tensors, one of them dequantized; quantize layers
// behind them. After: averages of integers, and dequantize layers with an epilogue, which give integers.
std::unique_ptr<Pass> make_join_integers();

// Before: clamp(round(x * s), low, high) / s, or clamp(round(x / s), low, high) * s, in f32, with a constant s (one
// number, or numbers along one dimension) and integers of 8 bits as bounds. After: quantize and dequantize layers with
// the scale 1 / s (or s). Both multiply where the original divides, so the result may be the next integer near a tie,
// and differ by the rounding of f32. Does nothing unless PassContext::may_quantize.
std::unique_ptr<Pass> make_form_quantization();

// Before: quantize and dequantize layers. After: the same in element-wise layers of floats, for targets that have no
// such layers; pairs need no integers. Layers for which `stays` is true are left alone.
std::unique_ptr<Pass> make_expand_quantization(std::function<bool(const network::QuantizationBase&)> stays);

// Whether the layer's input, and its weights if it has any, are 8-bit integers: also averages and sums, not copies.
bool computes_with_integers(const network::ILayer& layer);
// Whether the layer multiplies floats by 8-bit weights.
bool has_integer_weights_only(const network::ILayer& layer);
// Products in f32 with a finite constant matrix, by their indices.
std::vector<int32_t> layers_with_weights_to_quantize(const network::INetworkDefinition& network);
// After: the chosen products have 8-bit weights, one row for each column of the result, with a scale for each row.
std::unique_ptr<Pass> make_quantize_weights(std::unordered_set<const network::ILayer*> chosen);

// Whether the network has quantize or dequantize layers.
bool has_quantization(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::optimizer
