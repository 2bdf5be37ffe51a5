#pragma once

#include <string>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/plan/json.h"
#include "torch_tensorrt/core/engine/plan/plan.h"

namespace torch_tensorrt::engine {

// What reports and inspect say of one layer.
BuiltLayer summarise_layer(const network::ILayer& layer, const LayerChoice& choice);

// Writes the field "Layers" with the keys that TensorRT's inspector uses, which tools (TREx) read: one entry a layer
// that runs, its tensors at the opt shapes. Tensors that are views of another go by the name of that one.
void write_explorer_layers(JsonWriter& json, const Plan& plan);

}  // namespace torch_tensorrt::engine
