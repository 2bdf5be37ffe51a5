#pragma once

#include <string>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/plan/json.h"
#include "torch_tensorrt/core/engine/plan/plan.h"

namespace torch_tensorrt::engine {

// The summary of one layer for reports and inspect.
BuiltLayer summarize_layer(const network::ILayer& layer, const LayerChoice& choice);

// Writes the field "Layers" with the keys of TensorRT's inspector, which tools (TREx) read: one entry for each layer
// that runs, its tensors at the opt shapes. A view has the name of the tensor that it views.
void write_explorer_layers(JsonWriter& json, const Plan& plan);

}  // namespace torch_tensorrt::engine
