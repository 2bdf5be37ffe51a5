#pragma once

// Every layer kind.
#include "torch_tensorrt/core/network/layers/attention.h"
#include "torch_tensorrt/core/network/layers/basic.h"
#include "torch_tensorrt/core/network/layers/convolution.h"
#include "torch_tensorrt/core/network/layers/indexing.h"
#include "torch_tensorrt/core/network/layers/matrix_multiply.h"
#include "torch_tensorrt/core/network/layers/movement.h"
#include "torch_tensorrt/core/network/layers/normalization.h"
#include "torch_tensorrt/core/network/layers/pointwise.h"
#include "torch_tensorrt/core/network/layers/pooling.h"
#include "torch_tensorrt/core/network/layers/quantization.h"
#include "torch_tensorrt/core/network/layers/recurrent.h"
#include "torch_tensorrt/core/network/layers/reductions.h"
#include "torch_tensorrt/core/network/layers/sampling.h"
#include "torch_tensorrt/core/network/layers/shuffle.h"

namespace torch_tensorrt::network {

template <typename... Kinds>
struct LayerKinds {};
// make_layer() makes each with its default attributes.
using AllLayerKinds =
    LayerKinds<IInputLayer, IConstantLayer, IConvolutionLayer, IDeconvolutionLayer, IPoolingLayer, IActivationLayer,
               IElementWiseLayer, IUnaryLayer, IScaleLayer, IReduceLayer, IMatrixMultiplyLayer, ISoftMaxLayer,
               IShuffleLayer, IConcatenationLayer, ISliceLayer, IShapeLayer, IGatherLayer, ISelectLayer, ICastLayer,
               IIdentityLayer, INormalizationLayer, IResizeLayer, IReformatLayer, ITopKLayer, ICumulativeLayer,
               IScatterLayer, IGridSampleLayer, IAttentionLayer, INonZeroLayer, IRecurrentLayer, IQuantizeLayer,
               IDequantizeLayer>;

}  // namespace torch_tensorrt::network
