#include "torch_tensorrt/core/engine/tactics/onednn/library_version.h"

#include <oneapi/dnnl/dnnl.hpp>

namespace torch_tensorrt::engine::onednn {

std::string library_version() {
  const dnnl_version_t& version = *dnnl_version();
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch);
}

}  // namespace torch_tensorrt::engine::onednn
