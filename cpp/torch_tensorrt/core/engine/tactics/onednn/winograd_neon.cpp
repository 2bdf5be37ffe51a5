#include "torch_tensorrt/core/engine/tactics/onednn/winograd_kernels.h"

#if defined(__aarch64__)

namespace torch_tensorrt::engine::onednn {
namespace {
constexpr int kLanes = 4;
}  // namespace
}  // namespace torch_tensorrt::engine::onednn

#include "torch_tensorrt/core/engine/tactics/onednn/winograd_body.h"

namespace torch_tensorrt::engine::onednn {
const WinogradKernels kNeonWinogradKernels = {transform_input, transform_output};
}  // namespace torch_tensorrt::engine::onednn

#endif
