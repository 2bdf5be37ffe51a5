#include <cstdint>

// Stands for libnvinfer in the tests of the loader: FAKE_VERSION is what it says it is, FAKE_INCOMPLETE leaves
// functions out. The "objects" that it makes are the version number that it was called with.
#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {
int64_t last_version = 0;
}

EXPORTED int32_t getInferLibVersion() noexcept { return FAKE_VERSION; }

EXPORTED void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept {
  last_version = version;
  return logger == nullptr ? nullptr : &last_version;
}

#ifndef FAKE_INCOMPLETE
EXPORTED void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept {
  last_version = version;
  return logger == nullptr ? nullptr : &last_version;
}

EXPORTED void* createInferRefitter_INTERNAL(void* engine, void* logger, int32_t version) noexcept {
  last_version = version;
  return engine == nullptr || logger == nullptr ? nullptr : &last_version;
}
#endif
