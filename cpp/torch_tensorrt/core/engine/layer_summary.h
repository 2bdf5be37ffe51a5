#pragma once

#include <string>

#include "torch_tensorrt/core/engine/builder.h"

namespace torch_tensorrt::engine {

// What reports and inspect say of one layer.
BuiltLayer summarise_layer(const network::ILayer& layer, const LayerChoice& choice);

}  // namespace torch_tensorrt::engine
