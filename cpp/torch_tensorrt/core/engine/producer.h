#pragma once

#include <string>

namespace torch_tensorrt::engine {

// What writes plans and timing caches here: "torch_tensorrt 0.1.0".
std::string producer_text();

}  // namespace torch_tensorrt::engine
