#include "torch_tensorrt/core/engine/cuda/runtime_api.h"

#include <dlfcn.h>

#include <string>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::cuda {
namespace {

// cudaMemcpyDeviceToDevice, cudaStreamNonBlocking and cudaStreamCaptureModeThreadLocal: fixed by CUDA's ABI.
constexpr int kDeviceToDevice = 3;
constexpr unsigned int kNonBlocking = 1;
constexpr int kThreadLocalCapture = 1;

constexpr const char* kNames[] = {"libcudart.so.13", "libcudart.so.12", "libcudart.so"};

void* open_library() {
  // One that is loaded already comes first, whatever its version.
  for (const int flags : {RTLD_NOW | RTLD_NOLOAD, RTLD_NOW | RTLD_LOCAL}) {
    for (const char* name : kNames) {
      if (void* library = dlopen(name, flags)) return library;
    }
  }
  std::string names;
  for (const char* name : kNames) names += std::string(names.empty() ? "" : ", ") + name;
  TORCHTRT_THROW_ERROR("the CUDA runtime is not in this process and does not load; looked for " << names);
}

template <typename Function>
void resolve(void* library, const char* symbol, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, symbol));
  if (function == nullptr) TORCHTRT_THROW_ERROR("the CUDA runtime has no function " << symbol);
}

RuntimeApi open_api() {
  void* library = open_library();
  RuntimeApi api;
  resolve(library, "cudaStreamCreateWithFlags", api.stream_create);
  resolve(library, "cudaStreamDestroy", api.stream_destroy);
  resolve(library, "cudaStreamSynchronize", api.stream_synchronize);
  resolve(library, "cudaStreamBeginCapture", api.begin_capture);
  resolve(library, "cudaStreamEndCapture", api.end_capture);
  resolve(library, "cudaGraphInstantiateWithFlags", api.graph_instantiate);
  resolve(library, "cudaGraphLaunch", api.graph_launch);
  resolve(library, "cudaGraphDestroy", api.graph_destroy);
  resolve(library, "cudaGraphExecDestroy", api.graph_exec_destroy);
  resolve(library, "cudaMemcpyAsync", api.memcpy_async);
  resolve(library, "cudaSetDevice", api.set_device);
  resolve(library, "cudaGetLastError", api.get_last_error);
  resolve(library, "cudaGetErrorString", api.error_text);
  return api;
}

}  // namespace

const RuntimeApi& runtime_api() {
  static const RuntimeApi api = open_api();
  return api;
}

void check_runtime(int status, const char* call) {
  if (status == 0) return;
  runtime_api().get_last_error();  // so that PyTorch does not report it as its own
  TORCHTRT_THROW_ERROR(call << " failed with " << status << ": " << runtime_api().error_text(status));
}

void copy_on_stream(void* to, const void* from, int64_t bytes, void* stream) {
  if (bytes == 0) return;
  check_runtime(runtime_api().memcpy_async(to, from, static_cast<size_t>(bytes), kDeviceToDevice, stream),
                "cudaMemcpyAsync");
}

Stream::Stream() { check_runtime(runtime_api().stream_create(&handle_, kNonBlocking), "cudaStreamCreateWithFlags"); }

Stream::~Stream() { runtime_api().stream_destroy(handle_); }

Graph::~Graph() {
  if (exec_ != nullptr) runtime_api().graph_exec_destroy(exec_);
}

void Graph::begin() {
  check_runtime(runtime_api().begin_capture(stream_.handle(), kThreadLocalCapture), "cudaStreamBeginCapture");
}

void Graph::end() {
  void* graph = nullptr;
  check_runtime(runtime_api().end_capture(stream_.handle(), &graph), "cudaStreamEndCapture");
  const int status = runtime_api().graph_instantiate(&exec_, graph, 0);
  runtime_api().graph_destroy(graph);
  check_runtime(status, "cudaGraphInstantiate");
}

void Graph::abandon() noexcept {
  void* graph = nullptr;
  runtime_api().end_capture(stream_.handle(), &graph);
  if (graph != nullptr) runtime_api().graph_destroy(graph);
  runtime_api().get_last_error();
}

void Graph::launch(void* stream) const { check_runtime(runtime_api().graph_launch(exec_, stream), "cudaGraphLaunch"); }

}  // namespace torch_tensorrt::engine::cuda
