#include "torch_tensorrt/core/engine/tactics/onednn/winograd_kernels.h"

#if defined(__x86_64__)

namespace torch_tensorrt::engine::onednn {
namespace {
constexpr int kLanes = 16;
}  // namespace
}  // namespace torch_tensorrt::engine::onednn

#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,fma,prefer-vector-width=512")
#include "torch_tensorrt/core/engine/tactics/onednn/winograd_body.h"
#pragma GCC pop_options

namespace torch_tensorrt::engine::onednn {
const WinogradKernels kAvx512WinogradKernels = {transform_input, transform_output};
}  // namespace torch_tensorrt::engine::onednn

#endif
