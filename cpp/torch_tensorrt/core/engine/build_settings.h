#pragma once

#include "torch_tensorrt/core/engine/builder.h"

namespace torch_tensorrt::engine {

// The settings with the environment's values and this machine's filled in. Throws Error on a tactic source that no
// tactic has, and on a device that is not there.
BuildSettings resolve_settings(BuildSettings settings);

}  // namespace torch_tensorrt::engine
