#include "engine/null_backend.h"

// Makes this a backend's library.
extern "C" torch_tensorrt::engine::Backend* torchtrt_make_backend() {
  return torch_tensorrt::engine::testing::make_null_backend().release();
}
