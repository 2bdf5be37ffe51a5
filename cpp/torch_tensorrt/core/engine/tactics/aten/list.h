#pragma once

#include "torch_tensorrt/core/engine/tactics/aten/tactic.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine::aten {

// Registers a tactic for each layer kind, and more of them for some kinds on GPUs. Called once, when the runtime
// library is loaded.
void register_aten_tactics(TacticRegistry& registry);

// At least one row for each layer kind; the file of its family defines it.

extern const Row kActivationRow;
extern const Row kAttentionRow;
extern const Row kCastRow;
extern const Row kConcatenationRow;
extern const Row kConvolutionRow;
extern const Row kCudnnConvolutionAddReluRow;
extern const Row kCudnnConvolutionRow;
extern const Row kCumulativeRow;
extern const Row kDeconvolutionRow;
extern const Row kDepthwiseConvolutionRow;
extern const Row kElementWiseRow;
extern const Row kGatherRow;
extern const Row kGridSampleRow;
extern const Row kIdentityRow;
extern const Row kMatrixMultiplyRow;
extern const Row kNormalizationRow;
extern const Row kPointwiseConvolutionRow;
extern const Row kPoolingRow;
extern const Row kRecurrentRow;
extern const Row kQuantizeRow;
extern const Row kDequantizeRow;
extern const Row kQuantizedConvolutionRow;
extern const Row kQuantizedPoolingRow;
extern const Row kQuantizedProductRow;
extern const Row kQuantizedReduceRow;
extern const Row kReduceRow;
extern const Row kReformatRow;
extern const Row kResizeRow;
extern const Row kScaleRow;
extern const Row kScatterRow;
extern const Row kSelectRow;
extern const Row kShuffleRow;
extern const Row kSliceRow;
extern const Row kSoftMaxRow;
extern const Row kTopKRow;
extern const Row kUnaryRow;
extern const Row kWeightOnlyProductRow;

}  // namespace torch_tensorrt::engine::aten
