#include "torch_tensorrt/core/engine/tactics/aten/list.h"

namespace torch_tensorrt::engine::aten {

void register_aten_tactics(TacticRegistry& registry) {
  for (const Row* row : {&kActivationRow,
                         &kCastRow,
                         &kConcatenationRow,
                         &kConvolutionRow,
                         &kDeconvolutionRow,
                         &kElementWiseRow,
                         &kGatherRow,
                         &kIdentityRow,
                         &kMatrixMultiplyRow,
                         &kNormalizationRow,
                         &kPoolingRow,
                         &kReduceRow,
                         &kReformatRow,
                         &kResizeRow,
                         &kScaleRow,
                         &kSelectRow,
                         &kShuffleRow,
                         &kSliceRow,
                         &kSoftMaxRow,
                         &kUnaryRow,
                         &kTopKRow,
                         &kCumulativeRow,
                         &kScatterRow,
                         &kGridSampleRow,
                         &kAttentionRow,
                         &kRecurrentRow,
                         &kQuantizeRow,
                         &kDequantizeRow,
                         &kWeightOnlyProductRow,
                         &kQuantizedConvolutionRow,
                         &kQuantizedProductRow,
                         &kQuantizedPoolingRow,
                         &kQuantizedReduceRow,
                         &kCudnnConvolutionRow,
                         &kCudnnConvolutionAddReluRow,
                         &kPointwiseConvolutionRow,
                         &kDepthwiseConvolutionRow}) {
    registry.add(make_tactic(*row));
  }
}

}  // namespace torch_tensorrt::engine::aten
