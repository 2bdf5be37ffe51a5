#pragma once

#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

// oneDNN's tactics, best first.
void register_onednn_tactics(TacticRegistry& registry);

}  // namespace torch_tensorrt::engine
