#pragma once

#include <string>

#include "torch_tensorrt/core/engine/plan/json.h"

namespace torch_tensorrt::backends::tensorrt {

// The field "layers" of our inspection, from what TensorRT's inspector gives: names alone, or (built with debug)
// objects. Text that is no such JSON gives an empty list.
void write_layers(const std::string& inspection, engine::JsonWriter& json);

}  // namespace torch_tensorrt::backends::tensorrt
