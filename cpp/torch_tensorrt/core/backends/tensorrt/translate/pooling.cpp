#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/translate/spatial.h"
#include "torch_tensorrt/core/backends/tensorrt/translate/table.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::Dims;
using network::IPoolingLayer;
using network::PaddingMode;

static_assert(static_cast<int32_t>(network::PoolingType::kMAX_AVERAGE_BLEND) ==
              static_cast<int32_t>(trt::PoolingType::kMAX_AVERAGE_BLEND));
static_assert(static_cast<int32_t>(PaddingMode::kSAME_LOWER) == static_cast<int32_t>(trt::PaddingMode::kSAME_LOWER));

bool spatial_known(const Dims& input, int32_t spatial) {
  return std::all_of(input.d + input.nbDims - spatial, input.d + input.nbDims, [](int64_t dim) { return dim >= 0; });
}

// Where the sizes are known, a size that was rounded up is that of a padding that is just large enough.
void set_padding(const IPoolingLayer& layer, trt::IPoolingLayer& made) {
  const Dims input = layer.getInput(0)->getDimensions();
  const Dims output = layer.getOutput(0)->getDimensions();
  const Dims& window = layer.getWindowSizeNd();
  const bool explicit_mode = layer.getPaddingMode() == PaddingMode::kEXPLICIT_ROUND_DOWN ||
                             layer.getPaddingMode() == PaddingMode::kEXPLICIT_ROUND_UP;
  if (!spatial_known(input, window.nbDims) && !explicit_mode) {
    made.setPaddingMode(static_cast<trt::PaddingMode>(layer.getPaddingMode()));
    return;
  }
  Dims pre;
  Dims post;
  layer.resolved_padding(input, &pre, &post);
  const bool rounds_up = layer.getPaddingMode() == PaddingMode::kEXPLICIT_ROUND_UP;
  const bool known = spatial_known(input, window.nbDims);
  for (int32_t i = 0; rounds_up && known && i < window.nbDims; ++i) {
    const int32_t at = input.nbDims - window.nbDims + i;
    const int64_t needed = (output.d[at] - 1) * layer.full_stride().d[i] + window.d[i];
    post.d[i] = std::max<int64_t>(0, needed - input.d[at] - pre.d[i]);
  }
  made.setPrePadding(window_dims(pre, 0));
  made.setPostPadding(window_dims(post, 0));
  made.setPaddingMode(rounds_up && !known ? trt::PaddingMode::kEXPLICIT_ROUND_UP
                                          : trt::PaddingMode::kEXPLICIT_ROUND_DOWN);
}

}  // namespace

void translate_pooling(Translator& t) {
  const auto& layer = t.layer<IPoolingLayer>();
  const Dims& window = layer.getWindowSizeNd();
  const bool unbatched = layer.getInput(0)->getDimensions().nbDims == window.nbDims + 1;
  trt::ITensor& batched = unbatched ? unsqueeze(t, t.input(0), {0}) : t.input(0);
  auto& made =
      t.added(t.target().addPoolingNd(widen_space(t, batched, window.nbDims),
                                      static_cast<trt::PoolingType>(layer.getPoolingType()), window_dims(window, 1)));
  made.setStrideNd(window_dims(layer.full_stride(), 1));
  set_padding(layer, made);
  // A divisor divides the plain sum, into which padding goes as zeros.
  made.setAverageCountExcludesPadding(layer.getAverageCountExcludesPadding() && layer.getDivisor() == 0);
  made.setBlendFactor(static_cast<float>(layer.getBlendFactor()));
  trt::ITensor* result = made.getOutput(0);
  const bool averages = layer.getPoolingType() == network::PoolingType::kAVERAGE;
  if (averages && layer.getDivisor() != 0) {
    const double factor = static_cast<double>(window.volume()) / static_cast<double>(layer.getDivisor());
    result = &binary(t, trt::ElementWiseOperation::kPROD, *result, factor);
  }
  result = &narrow_space(t, *result, window.nbDims);
  t.give(unbatched ? squeeze(t, *result, {0}) : *result);
}

}  // namespace torch_tensorrt::backends::tensorrt
