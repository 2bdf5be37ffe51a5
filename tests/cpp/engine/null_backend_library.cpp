#include "engine/null_backend.h"

// What makes a library of the null backend.
extern "C" torch_tensorrt::engine::Backend* torchtrt_make_backend() {
  return torch_tensorrt::engine::testing::make_null_backend().release();
}
