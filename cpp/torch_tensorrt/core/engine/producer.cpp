#include "torch_tensorrt/core/engine/producer.h"

#include "torch_tensorrt/version.h"

namespace torch_tensorrt::engine {

std::string producer_text() { return "torch_tensorrt " TORCH_TENSORRT_VERSION; }

}  // namespace torch_tensorrt::engine
