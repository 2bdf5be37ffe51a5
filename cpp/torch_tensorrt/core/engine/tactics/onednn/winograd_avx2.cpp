#include "torch_tensorrt/core/engine/tactics/onednn/winograd_kernels.h"

#if defined(__x86_64__)

namespace torch_tensorrt::engine::onednn {
namespace {
constexpr int kLanes = 8;
}  // namespace
}  // namespace torch_tensorrt::engine::onednn

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#include "torch_tensorrt/core/engine/tactics/onednn/winograd_body.h"
#pragma GCC pop_options

namespace torch_tensorrt::engine::onednn {
const WinogradKernels kAvx2WinogradKernels = {transform_input, transform_output};
}  // namespace torch_tensorrt::engine::onednn

#endif
