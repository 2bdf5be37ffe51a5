#pragma once

#include <string>

#include "torch_tensorrt/core/engine/plan/json.h"

namespace torch_tensorrt::backends::tensorrt {

// Writes the field "layers" of our inspection from TensorRT's: names alone or, if built with debug, objects. Text that
// is not such JSON gives an empty list.
void write_layers(const std::string& inspection, engine::JsonWriter& json);

}  // namespace torch_tensorrt::backends::tensorrt
