#pragma once

#include "torch_tensorrt/core/engine/json.h"
#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::engine {

// "name": [1, 3, 224, 224]
inline void write_dims(JsonWriter& json, const char* name, const network::Dims& dims) {
  json.key(name).begin_array();
  for (int32_t i = 0; i < dims.nbDims; ++i) json.value(dims.d[i]);
  json.end_array();
}

}  // namespace torch_tensorrt::engine
