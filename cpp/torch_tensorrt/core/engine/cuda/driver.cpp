#include "torch_tensorrt/core/engine/cuda/driver.h"

#include <dlfcn.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::cuda {
namespace {

using Context = void*;
using Device = int;
using Pointer = unsigned long long;

constexpr int kMajorAttribute = 75;   // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR; the minor one follows
constexpr unsigned kNonBlocking = 1;  // CU_STREAM_NON_BLOCKING
constexpr int kMaxDevices = 64;       // of one machine
constexpr unsigned kNoTiming = 2;     // CU_EVENT_DISABLE_TIMING
constexpr int kCaptureIsActive = 1;   // CU_STREAM_CAPTURE_STATUS_ACTIVE
constexpr int kThreadLocal = 1;       // CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads do not disturb it

}  // namespace

struct Driver::Functions {
  int (*init)(unsigned flags);
  int (*driver_get_version)(int* version);
  int (*get_error_string)(int status, const char** text);
  int (*device_get_count)(int* count);
  int (*device_get)(Device* device, int ordinal);
  int (*device_get_name)(char* name, int size, Device device);
  int (*device_get_attribute)(int* value, int attribute, Device device);
  int (*device_get_memory)(size_t* bytes, Device device);
  int (*retain_primary)(Context* context, Device device);
  int (*push)(Context context);
  int (*pop)(Context* context);
  int (*context_synchronize)();
  int (*mem_alloc)(Pointer* pointer, size_t bytes);
  int (*mem_free)(Pointer pointer);
  int (*to_device)(Pointer to, const void* from, size_t bytes, void* stream);
  int (*to_host)(void* to, Pointer from, size_t bytes, void* stream);
  int (*on_device)(Pointer to, Pointer from, size_t bytes, void* stream);
  int (*stream_create)(void** stream, unsigned flags);
  int (*stream_destroy)(void* stream);
  int (*stream_synchronize)(void* stream);
  int (*stream_wait)(void* stream, void* event, unsigned flags);
  int (*event_create)(void** event, unsigned flags);
  int (*event_record)(void* event, void* stream);
  int (*event_destroy)(void* event);
  int (*begin_capture)(void* stream, int mode);
  int (*end_capture)(void* stream, void** graph);
  int (*instantiate)(void** executable, void* graph, unsigned long long flags);
  int (*graph_launch)(void* executable, void* stream);
  int (*graph_destroy)(void* graph);
  int (*executable_destroy)(void* executable);
  // Null in drivers before CUDA 11.3.
  int (*get_capture)(void* stream, int* status, uint64_t* id, void* graph, void* nodes, size_t* count);
};

// Fills the table; returns the name of the first missing function, or null.
const char* Driver::resolve(void* handle, Functions& functions) {
  struct Symbol {
    const char* name;
    void** place;
  };
  const auto at = [](auto& place) { return reinterpret_cast<void**>(&place); };
  const Symbol symbols[] = {
      {"cuInit", at(functions.init)},
      {"cuDriverGetVersion", at(functions.driver_get_version)},
      {"cuGetErrorString", at(functions.get_error_string)},
      {"cuDeviceGetCount", at(functions.device_get_count)},
      {"cuDeviceGet", at(functions.device_get)},
      {"cuDeviceGetName", at(functions.device_get_name)},
      {"cuDeviceGetAttribute", at(functions.device_get_attribute)},
      {"cuDeviceTotalMem_v2", at(functions.device_get_memory)},
      {"cuDevicePrimaryCtxRetain", at(functions.retain_primary)},
      {"cuCtxPushCurrent_v2", at(functions.push)},
      {"cuCtxPopCurrent_v2", at(functions.pop)},
      {"cuCtxSynchronize", at(functions.context_synchronize)},
      {"cuMemAlloc_v2", at(functions.mem_alloc)},
      {"cuMemFree_v2", at(functions.mem_free)},
      {"cuMemcpyHtoDAsync_v2", at(functions.to_device)},
      {"cuMemcpyDtoHAsync_v2", at(functions.to_host)},
      {"cuMemcpyDtoDAsync_v2", at(functions.on_device)},
      {"cuStreamCreate", at(functions.stream_create)},
      {"cuStreamDestroy_v2", at(functions.stream_destroy)},
      {"cuStreamSynchronize", at(functions.stream_synchronize)},
      {"cuStreamWaitEvent", at(functions.stream_wait)},
      {"cuEventCreate", at(functions.event_create)},
      {"cuEventRecord", at(functions.event_record)},
      {"cuEventDestroy_v2", at(functions.event_destroy)},
      {"cuStreamBeginCapture_v2", at(functions.begin_capture)},
      {"cuStreamEndCapture", at(functions.end_capture)},
      {"cuGraphInstantiateWithFlags", at(functions.instantiate)},
      {"cuGraphLaunch", at(functions.graph_launch)},
      {"cuGraphDestroy", at(functions.graph_destroy)},
      {"cuGraphExecDestroy", at(functions.executable_destroy)},
  };
  for (const Symbol& symbol : symbols) {
    *symbol.place = dlsym(handle, symbol.name);
    if (*symbol.place == nullptr) return symbol.name;
  }
  *at(functions.get_capture) = dlsym(handle, "cuStreamGetCaptureInfo_v2");
  return nullptr;
}

namespace {

void* open_library() { return dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL); }

}  // namespace

bool Driver::is_installed() noexcept { return open_library() != nullptr; }

Driver::Driver() {
  void* handle = open_library();
  if (handle == nullptr) {
    const char* text = dlerror();
    reason_ =
        std::string("this machine has no CUDA driver: ") + (text == nullptr ? "libcuda.so.1 was not found" : text);
    return;
  }
  auto functions = std::make_unique<Functions>();
  if (const char* missing = resolve(handle, *functions)) {
    reason_ = std::string("libcuda.so.1 lacks the function ") + missing;
    return;
  }
  if (const int status = functions->init(0); status != 0) {
    const char* text = nullptr;
    functions->get_error_string(status, &text);
    reason_ = str("the CUDA driver does not start: ", text == nullptr ? "error" : text, " (", status, ")");
    return;
  }
  functions_ = functions.release();
}

const Driver& Driver::get() {
  static const auto* const driver = new Driver();
  return *driver;
}

Decision Driver::available(int32_t device) {
  const Driver& driver = get();
  if (driver.functions_ == nullptr) return Decision::no(driver.reason_);
  const int32_t count = driver.device_count();
  if (device >= 0 && device < count) return Decision::yes();
  return Decision::no(str("there is no cuda:", device, "; the driver has ", count, count == 1 ? " GPU" : " GPUs"));
}

int32_t Driver::version() const noexcept {
  int version = 0;
  return functions_ != nullptr && functions_->driver_get_version(&version) == 0 ? version : 0;
}

void Driver::check(int32_t status, const char* action) const {
  if (status == 0) return;
  const char* text = nullptr;
  functions_->get_error_string(status, &text);
  TORCHTRT_THROW_ERROR("CUDA: " << action << " failed: " << (text == nullptr ? "unknown error" : text) << " (" << status
                                << ")");
}

int32_t Driver::device_count() const noexcept {
  if (functions_ == nullptr) return 0;
  int count = 0;
  return functions_->device_get_count(&count) == 0 ? count : 0;
}

DeviceInfo Driver::device_info(int32_t device) const {
  if (Decision decision = available(device); !decision) TORCHTRT_THROW_ERROR(decision.reason());
  char name[256] = {};
  DeviceInfo info;
  size_t bytes = 0;
  check(functions_->device_get_name(name, sizeof(name) - 1, device), "reading the name of a device");
  check(functions_->device_get_attribute(&info.major, kMajorAttribute, device), "reading the architecture of a device");
  check(functions_->device_get_attribute(&info.minor, kMajorAttribute + 1, device),
        "reading the architecture of a device");
  check(functions_->device_get_memory(&bytes, device), "reading the memory of a device");
  info.name = name;
  info.memory_bytes = static_cast<int64_t>(bytes);
  return info;
}

std::string Driver::architecture(int32_t device) const {
  const DeviceInfo info = device_info(device);
  return str("sm_", info.major, info.minor);
}

void* Driver::allocate(int64_t bytes) const {
  Pointer pointer = 0;
  if (bytes > 0) check(functions_->mem_alloc(&pointer, static_cast<size_t>(bytes)), "allocating memory");
  return reinterpret_cast<void*>(pointer);
}

void Driver::release(void* memory) const noexcept {
  if (memory != nullptr) functions_->mem_free(reinterpret_cast<Pointer>(memory));
}

void Driver::copy_to_device(void* to, const void* from, int64_t bytes, void* stream) const {
  if (bytes == 0) return;
  check(functions_->to_device(reinterpret_cast<Pointer>(to), from, static_cast<size_t>(bytes), stream),
        "copying to the device");
}

void Driver::copy_to_host(void* to, const void* from, int64_t bytes, void* stream) const {
  if (bytes == 0) return;
  check(functions_->to_host(to, reinterpret_cast<Pointer>(from), static_cast<size_t>(bytes), stream),
        "copying from the device");
}

void Driver::copy_on_device(void* to, const void* from, int64_t bytes, void* stream) const {
  if (bytes == 0) return;
  check(functions_->on_device(reinterpret_cast<Pointer>(to), reinterpret_cast<Pointer>(from),
                              static_cast<size_t>(bytes), stream),
        "copying on the device");
}

void Driver::synchronize(void* stream) const { check(functions_->stream_synchronize(stream), "waiting for a stream"); }

void Driver::wait(void* waiting, void* working, void* event) const {
  check(functions_->event_record(event, working), "marking the work of a stream");
  check(functions_->stream_wait(waiting, event, 0), "letting a stream wait for another");
}

void Driver::synchronize_device() const noexcept { functions_->context_synchronize(); }

void Driver::begin_capture(void* stream) const {
  check(functions_->begin_capture(stream, kThreadLocal), "recording a graph");
}

void* Driver::end_capture(void* stream) const {
  void* graph = nullptr;
  void* executable = nullptr;
  check(functions_->end_capture(stream, &graph), "recording a graph");
  const int status = functions_->instantiate(&executable, graph, 0);
  functions_->graph_destroy(graph);
  check(status, "making a graph ready");
  return executable;
}

void Driver::abandon_capture(void* stream) const noexcept {
  void* graph = nullptr;
  if (functions_->end_capture(stream, &graph) == 0 && graph != nullptr) functions_->graph_destroy(graph);
}

void Driver::launch(void* graph, void* stream) const {
  check(functions_->graph_launch(graph, stream), "launching a graph");
}

void Driver::destroy_graph(void* graph) const noexcept { functions_->executable_destroy(graph); }

uint64_t Driver::recording_of(void* stream) const noexcept {
  if (functions_ == nullptr || functions_->get_capture == nullptr || is_default_stream(stream)) return 0;
  int status = 0;
  uint64_t id = 0;
  if (functions_->get_capture(stream, &status, &id, nullptr, nullptr, nullptr) != 0) return 0;
  return status == kCaptureIsActive ? id + 1 : 0;
}

bool is_default_stream(const void* stream) noexcept {
  constexpr uintptr_t kLastDefaultStream = 2;
  return reinterpret_cast<uintptr_t>(stream) <= kLastDefaultStream;
}

Stream::Stream() {
  const Driver& driver = Driver::get();
  driver.check(driver.functions_->stream_create(&handle_, kNonBlocking), "making a stream");
}

Stream::~Stream() { Driver::get().functions_->stream_destroy(handle_); }

Event::Event() {
  const Driver& driver = Driver::get();
  driver.check(driver.functions_->event_create(&handle_, kNoTiming), "making an event");
}

Event::~Event() { Driver::get().functions_->event_destroy(handle_); }

// Keeps primary contexts for the life of the process, as PyTorch and TensorRT hold them as well. Finds a device that
// was opened before without a lock, because every call comes here.
void* DeviceGuard::primary_context(int32_t device) {
  static std::atomic<Context> contexts[kMaxDevices] = {};
  static auto* const mutex = new std::mutex();
  if (device >= 0 && device < kMaxDevices) {
    if (Context known = contexts[device].load(std::memory_order_acquire)) return known;
  }
  if (Decision decision = Driver::available(device); !decision) TORCHTRT_THROW_ERROR(decision.reason());
  TORCHTRT_CHECK(device < kMaxDevices,
                 "CUDA device " << device << " is not supported, only devices 0 to " << kMaxDevices - 1 << " are");
  const Driver& driver = Driver::get();
  const std::lock_guard lock(*mutex);
  Context context = contexts[device].load(std::memory_order_relaxed);
  if (context == nullptr) {
    driver.check(driver.functions_->retain_primary(&context, device), "opening a device");
    contexts[device].store(context, std::memory_order_release);
  }
  return context;
}

DeviceGuard::DeviceGuard(int32_t device) {
  Context context = primary_context(device);
  const Driver& driver = Driver::get();
  driver.check(driver.functions_->push(context), "choosing a device");
}

DeviceGuard::~DeviceGuard() {
  Context context = nullptr;
  Driver::get().functions_->pop(&context);
}

}  // namespace torch_tensorrt::engine::cuda
