#pragma once

#include <cstddef>
#include <cstdint>

namespace torch_tensorrt::engine::cuda {

// The functions of the CUDA runtime (libcudart) that are used here, opened at the first call: the library that PyTorch
// has in this process if there is one, so that both have one state. Handles are what CUDA has: cudaStream_t,
// cudaGraph_t, cudaGraphExec_t.
struct RuntimeApi {
  int (*stream_create)(void** stream, unsigned int flags) = nullptr;
  int (*stream_destroy)(void* stream) = nullptr;
  int (*stream_synchronize)(void* stream) = nullptr;
  int (*begin_capture)(void* stream, int mode) = nullptr;
  int (*end_capture)(void* stream, void** graph) = nullptr;
  int (*graph_instantiate)(void** exec, void* graph, unsigned long long flags) = nullptr;
  int (*graph_launch)(void* exec, void* stream) = nullptr;
  int (*graph_destroy)(void* graph) = nullptr;
  int (*graph_exec_destroy)(void* exec) = nullptr;
  int (*memcpy_async)(void* to, const void* from, size_t bytes, int kind, void* stream) = nullptr;
  int (*set_device)(int device) = nullptr;
  int (*get_last_error)() = nullptr;
  const char* (*error_text)(int status) = nullptr;
};
// Throws Error that says which libraries were looked for.
const RuntimeApi& runtime_api();

// Throws Error with CUDA's own text unless the status is success. `call` is what was called.
void check_runtime(int status, const char* call);

// Copies within the device, in the order of the stream.
void copy_on_stream(void* to, const void* from, int64_t bytes, void* stream);

// A stream of its own, which does not wait for the default stream.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  void* handle() const { return handle_; }

 private:
  void* handle_ = nullptr;
};

// Work that was recorded once and can be launched again and again with the same addresses.
class Graph {
 public:
  // Records what `enqueue` puts on the stream that it is given. Throws Error when something in it cannot be recorded.
  template <typename Enqueue>
  explicit Graph(Enqueue enqueue) {
    begin();
    try {
      enqueue(stream_.handle());
    } catch (...) {
      abandon();
      throw;
    }
    end();
  }
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void launch(void* stream) const;

 private:
  void begin();
  void end();
  void abandon() noexcept;

  Stream stream_;
  void* exec_ = nullptr;
};

}  // namespace torch_tensorrt::engine::cuda
