#include "fakes/fake_cuda.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>

// Stands for libcuda.so.1: one device, memory of the host, streams that work at once, graphs that are counted and do
// nothing when they are launched. fake_cuda() has the counts.
#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {
using Pointer = unsigned long long;
FakeCuda state;
std::map<Pointer, size_t> blocks;
int handle = 0;

void* next_stream() { return reinterpret_cast<void*>(static_cast<uintptr_t>(0x1000 + 16 * ++state.streams)); }
}  // namespace

EXPORTED FakeCuda* fake_cuda() { return &state; }

EXPORTED int cuInit(unsigned) { return 0; }
EXPORTED int cuDriverGetVersion(int* version) {
  *version = 13000;
  return 0;
}
EXPORTED int cuGetErrorString(int, const char** text) {
  *text = "not permitted while a stream is recorded";
  return 0;
}
EXPORTED int cuDeviceGetCount(int* count) {
  *count = 1;
  return 0;
}
EXPORTED int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return 0;
}
EXPORTED int cuDeviceGetName(char* name, int, int) {
  std::strcpy(name, "Fake GPU");
  return 0;
}
EXPORTED int cuDeviceTotalMem_v2(size_t* bytes, int) {
  *bytes = size_t{1} << 30;
  return 0;
}
EXPORTED int cuDeviceGetAttribute(int* value, int, int) {
  *value = 9;
  return 0;
}
EXPORTED int cuDevicePrimaryCtxRetain(void** context, int) {
  *context = &handle;
  return 0;
}
EXPORTED int cuCtxPushCurrent_v2(void*) { return 0; }
EXPORTED int cuCtxPopCurrent_v2(void**) { return 0; }
EXPORTED int cuCtxSynchronize() { return 0; }
EXPORTED int cuMemAlloc_v2(Pointer* pointer, size_t bytes) {
  if (state.memory_bytes != 0 && state.allocated_bytes + bytes > state.memory_bytes) return 2;
  *pointer = reinterpret_cast<Pointer>(std::malloc(bytes));
  blocks[*pointer] = bytes;
  state.allocated_bytes += bytes;
  ++state.allocations;
  return 0;
}
EXPORTED int cuMemFree_v2(Pointer pointer) {
  state.allocated_bytes -= blocks[pointer];
  blocks.erase(pointer);
  std::free(reinterpret_cast<void*>(pointer));
  return 0;
}
EXPORTED int cuMemcpyHtoDAsync_v2(Pointer to, const void* from, size_t bytes, void*) {
  if (state.until_failure >= 0 && state.until_failure-- == 0) return 2;
  ++state.copies;
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  return 0;
}
EXPORTED int cuMemcpyDtoHAsync_v2(void* to, Pointer from, size_t bytes, void*) {
  ++state.copies;
  std::memcpy(to, reinterpret_cast<void*>(from), bytes);
  return 0;
}
EXPORTED int cuMemcpyDtoDAsync_v2(Pointer to, Pointer from, size_t bytes, void*) {
  ++state.copies;
  std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes);
  return 0;
}
EXPORTED int cuStreamGetCaptureInfo_v2(void* stream, int* status, uint64_t* id, void*, void*, size_t*) {
  *status = stream == state.recorded ? 1 : 0;
  *id = 41;
  return 0;
}
EXPORTED int cuStreamCreate(void** stream, unsigned) {
  *stream = next_stream();
  return 0;
}
EXPORTED int cuStreamDestroy_v2(void*) { return 0; }
EXPORTED int cuStreamSynchronize(void*) { return 0; }
EXPORTED int cuStreamWaitEvent(void*, void*, unsigned) { return 0; }
EXPORTED int cuEventCreate(void** event, unsigned) {
  *event = &handle;
  return 0;
}
EXPORTED int cuEventRecord(void*, void*) { return 0; }
EXPORTED int cuEventDestroy_v2(void*) { return 0; }
EXPORTED int cuStreamBeginCapture_v2(void* stream, int) {
  ++state.captures;
  state.recorded = stream;
  return 0;
}
EXPORTED int cuStreamEndCapture(void*, void** graph) {
  state.recorded = nullptr;
  *graph = &handle;
  return state.fails_at_end_of_capture ? 901 : 0;
}
EXPORTED int cuGraphInstantiateWithFlags(void** executable, void*, unsigned long long) {
  *executable = &handle;
  ++state.graphs;
  return 0;
}
EXPORTED int cuGraphLaunch(void*, void*) {
  ++state.launches;
  return 0;
}
EXPORTED int cuGraphDestroy(void*) { return 0; }
EXPORTED int cuGraphExecDestroy(void*) {
  --state.graphs;
  return 0;
}
