#pragma once

#include "torch_tensorrt/core/engine/tactic.h"

namespace torch_tensorrt::engine::aten {

// One tactic for each layer kind. Called once, when the runtime library is loaded.
void register_aten_tactics(TacticRegistry& registry);

}  // namespace torch_tensorrt::engine::aten
