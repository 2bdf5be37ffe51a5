#include "torch_tensorrt/core/engine/tactics/onednn/step_kernels.h"

#if defined(__aarch64__)

namespace torch_tensorrt::engine::onednn {
namespace {
constexpr int kLanes = 4;
constexpr int kRows = 8;
}  // namespace
}  // namespace torch_tensorrt::engine::onednn

#include "torch_tensorrt/core/engine/tactics/onednn/step_kernels_body.h"

namespace torch_tensorrt::engine::onednn {
const StepKernels kNeonStepKernels = {kLanes, run_groups};
}  // namespace torch_tensorrt::engine::onednn

#endif
