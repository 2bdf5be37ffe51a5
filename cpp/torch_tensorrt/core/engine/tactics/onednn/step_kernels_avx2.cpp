#include "torch_tensorrt/core/engine/tactics/onednn/step_kernels.h"

#if defined(__x86_64__)

namespace torch_tensorrt::engine::onednn {
namespace {
constexpr int kLanes = 8;
constexpr int kRows = 4;
}  // namespace
}  // namespace torch_tensorrt::engine::onednn

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#include "torch_tensorrt/core/engine/tactics/onednn/step_kernels_body.h"
#pragma GCC pop_options

namespace torch_tensorrt::engine::onednn {
const StepKernels kAvx2StepKernels = {kLanes, run_groups};
}  // namespace torch_tensorrt::engine::onednn

#endif
