#include "torch_tensorrt/core/engine/tactics/onednn/max_pooling_kernels.h"

#if defined(__x86_64__)

namespace torch_tensorrt::engine::onednn {
namespace {
constexpr int64_t kVectorBytes = 32;
}  // namespace
}  // namespace torch_tensorrt::engine::onednn

#pragma GCC push_options
#pragma GCC target("avx2")
#include "torch_tensorrt/core/engine/tactics/onednn/max_pooling_body.h"
#pragma GCC pop_options

namespace torch_tensorrt::engine::onednn {
const MaxPoolingKernels kAvx2MaxPoolingKernels = {pool<int32_t>, pool<int16_t>};
}  // namespace torch_tensorrt::engine::onednn

#endif
