#include "torch_tensorrt/core/engine/tactics/onednn/max_pooling_kernels.h"

#if defined(__aarch64__)

namespace torch_tensorrt::engine::onednn {
namespace {
constexpr int64_t kVectorBytes = 16;
}  // namespace
}  // namespace torch_tensorrt::engine::onednn

#include "torch_tensorrt/core/engine/tactics/onednn/max_pooling_body.h"

namespace torch_tensorrt::engine::onednn {
const MaxPoolingKernels kNeonMaxPoolingKernels = {pool<int32_t>, pool<int16_t>};
}  // namespace torch_tensorrt::engine::onednn

#endif
