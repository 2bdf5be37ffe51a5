#include <dlfcn.h>

#include <cstdio>

#include "torch_tensorrt/version.h"

// The engine library alone: torch must not come with it.
int main() {
  const bool torch_is_loaded = dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD) != nullptr;
  std::printf("version %s, torch %s\n", TORCH_TENSORRT_VERSION, torch_is_loaded ? "loaded" : "not loaded");
  return torch_is_loaded ? 1 : 0;
}
