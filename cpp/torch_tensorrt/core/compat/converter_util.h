#pragma once

#include <string>
#include <vector>

#include "ATen/core/Tensor.h"

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

// Small networks that converters use. Names given to layers may be empty.
namespace torch_tensorrt::core::conversion::converters {

// Reshapes the tensor to at least nDim dimensions by adding ones at the end (or at the front).
nvinfer1::ITensor* addPadding(ConversionCtx* ctx, const torch::jit::Node* n, nvinfer1::ITensor* tensor, int nDim,
                              bool trailing = true, bool use_zeros = true, const std::string& name = "");
// The inverse: reshapes to nDim dimensions by removing ones from the end (or the front). Error if they are not ones.
nvinfer1::ITensor* addUnpadding(ConversionCtx* ctx, const torch::jit::Node* n, nvinfer1::ITensor* tensor, int nDim,
                                bool trailing = true, bool use_zeros = true, const std::string& name = "");

// An element-wise layer over operands promoted to one dtype.
nvinfer1::ILayer* add_elementwise(ConversionCtx* ctx, nvinfer1::ElementWiseOperation op, nvinfer1::ITensor* self,
                                  nvinfer1::ITensor* other, const std::string& name);
nvinfer1::ITensor* add_abs(ConversionCtx* ctx, const torch::jit::Node* n, nvinfer1::ITensor* self,
                           const std::string& name);
nvinfer1::ITensor* applyIdentityOp(ConversionCtx* ctx, nvinfer1::ITensor* tensor, const std::string& name);
nvinfer1::ITensor* castITensor(ConversionCtx* ctx, nvinfer1::ITensor* tensor, nvinfer1::DataType dtype,
                               const std::string& layer_name_prefix = "");
// Dims as a 1-D kINT64 tensor.
nvinfer1::ITensor* getShapeOutput(ConversionCtx* ctx, nvinfer1::ITensor* tensor, const std::string& name = "");
nvinfer1::ITensor* tensor_to_const(ConversionCtx* ctx, at::Tensor t, const std::string& name = std::string());
// min(max(x, lo), hi)
nvinfer1::ITensor* clamp(ConversionCtx* ctx, nvinfer1::ITensor* x, nvinfer1::ITensor* lower_bound,
                         nvinfer1::ITensor* upper_bound, const std::string& name);
// Counts negative indices from the end: idx < 0 ? idx + dim : idx, element by element.
nvinfer1::ITensor* normalize_indices(ConversionCtx* ctx, nvinfer1::ITensor* input_dim, nvinfer1::ITensor* indices,
                                     const std::string& name);
nvinfer1::ITensor* normalize_indices(ConversionCtx* ctx, nvinfer1::ITensor* input_dim, nvinfer1::ITensor* indices,
                                     int nbdims, const std::string& name);
// Makes starts and ends of slices non-negative and clamps them to the shape.
std::vector<nvinfer1::ITensor*> normalize_start_and_end(ConversionCtx* ctx, nvinfer1::ITensor* in_shape,
                                                        nvinfer1::ITensor* in_start, nvinfer1::ITensor* in_end,
                                                        int nbdims, const std::string& name);
// ceil((end - start) / stride), element by element.
nvinfer1::ITensor* get_slice_size(ConversionCtx* ctx, nvinfer1::ITensor* start, nvinfer1::ITensor* end,
                                  nvinfer1::ITensor* stride, int nbdims, const std::string& name);
nvinfer1::ITensor* scalar_to_tensor(ConversionCtx* ctx, at::Scalar s);
// PyTorch's promotion of two tensor dtypes.
nvinfer1::DataType promote_types(nvinfer1::DataType type_a, nvinfer1::DataType type_b);
// The tensor broadcast to the dims (-1 keeps its own).
nvinfer1::ITensor* add_expand(ConversionCtx* ctx, nvinfer1::ITensor* in, nvinfer1::Dims expanded_dims);

}  // namespace torch_tensorrt::core::conversion::converters
