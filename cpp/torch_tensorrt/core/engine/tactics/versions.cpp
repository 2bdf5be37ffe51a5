#include "torch_tensorrt/core/engine/tactics/versions.h"

#ifdef TORCHTRT_WITH_ONEDNN
#include "torch_tensorrt/core/engine/tactics/onednn/library_version.h"
#endif

namespace torch_tensorrt::engine {

std::string onednn_version() {
#ifdef TORCHTRT_WITH_ONEDNN
  return onednn::library_version();
#else
  return {};
#endif
}

}  // namespace torch_tensorrt::engine
