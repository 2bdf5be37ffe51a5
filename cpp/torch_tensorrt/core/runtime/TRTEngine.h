#pragma once

#include <ATen/core/Tensor.h>
#include <torch/custom_class.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/engine.h"
#include "torch_tensorrt/core/runtime/Platform.h"
#include "torch_tensorrt/core/runtime/RTDevice.h"
#include "torch_tensorrt/core/runtime/profiler.h"
#include "torch_tensorrt/core/runtime/serialized_info.h"

namespace torch_tensorrt::core::runtime {

// A tensor of the engine as one argument (or result) of the call in PyTorch.
struct Binding {
  std::string name;
  size_t engine_index = 0;  // among the engine's inputs (outputs)
  at::ScalarType dtype = at::kFloat;
  network::Dims dims;  // -1 where dynamic
  network::TensorFormat format = network::TensorFormat::kLINEAR;
  bool is_shape = false;  // the network reads the elements as dims
  std::string argument;   // the input's name in the user's program; may be empty
};

// An engine that PyTorch can call, save and load: the torchbind class tensorrt::Engine. Holds the immutable engine, so
// any number of threads may run it at once. Constructors throw Error if the bytes are no engine for this machine, or
// if the binding names do not fit the engine.
struct TRTEngine : torch::CustomClassHolder {
  // `serialized_engine`: the bytes that the compiler made. For an empty name list, the numbers at the end of the tensor
  // names of the engine give the order of that direction.
  TRTEngine(const std::string& serialized_engine, const RTDevice& device,
            const std::vector<std::string>& in_binding_names = {},
            const std::vector<std::string>& out_binding_names = {},
            const Platform& target_platform = get_current_platform(), bool hardware_compatible = false,
            bool requires_output_allocator = false, const std::string& serialized_metadata = "");
  TRTEngine(const std::string& engine_name, const std::string& serialized_engine, const RTDevice& device,
            const std::vector<std::string>& in_binding_names = {},
            const std::vector<std::string>& out_binding_names = {},
            const Platform& target_platform = get_current_platform(), bool hardware_compatible = false,
            bool requires_output_allocator = false, const std::string& serialized_metadata = "");
  // Takes the serialized form (see SerializedInfoIndex).
  explicit TRTEngine(const std::vector<std::string>& serialized_info);
  explicit TRTEngine(EngineInfo info);
  ~TRTEngine() override;

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs);
  // Whether dtypes, shapes, device and the elements of shapes are those that the engine was built for.
  bool takes(const std::vector<at::Tensor>& inputs) const;
  // Outputs without memory (device "meta") for inputs of these sizes.
  std::vector<at::Tensor> infer_outputs(const std::vector<std::vector<int64_t>>& input_sizes) const;

  // The list of strings. `with_engine` false leaves the engine's place empty, for callers that store the bytes apart.
  std::vector<std::string> serialize(bool with_engine = true) const;
  // A copy of the plan's bytes as uint8.
  at::Tensor serialized_engine_tensor() const;
  std::string get_serialized_metadata() const { return info_.metadata; }

  std::string to_str() const;
  // One JSON object; engine::Engine::inspect_json describes its content.
  std::string get_engine_layer_info() const;
  void dump_engine_layer_info_to_file(const std::string& path) const;
  // Writes PREFIX/NAME_layer_information.json.
  void dump_engine_layer_info() const;

  // From now on, each call measures its layers and writes PREFIX/NAME_engine_execution_profile.trace. Slow. Throws
  // Error if PREFIX is not a writable folder.
  void enable_profiling() { profiler_.enable(); }
  void disable_profiling() { profiler_.disable(); }
  // "perfetto" (Chrome's trace format) or "trex".
  void set_profile_format(const std::string& format) { profiler_.set_format(format); }
  std::string get_profile_path_prefix() const { return profiler_.path_prefix(); }
  void set_profile_path_prefix(const std::string& prefix) { profiler_.set_path_prefix(prefix); }

  // The largest number of calls that ran at the same time.
  int64_t num_execution_contexts_created() const { return most_running_.load(std::memory_order_relaxed); }

  const engine::Engine& engine() const { return *engine_; }
  const std::vector<Binding>& inputs() const { return inputs_; }
  const std::vector<Binding>& outputs() const { return outputs_; }

  // Programs read these fields, so their names must stay.
  std::string name;
  RTDevice device_info;
  std::pair<uint64_t, uint64_t> num_io;
  std::vector<std::string> in_binding_names;
  std::vector<std::string> out_binding_names;

 private:
  EngineInfo info_;
  std::shared_ptr<const engine::Engine> engine_;
  at::Device device_ = at::kCPU;  // inputs must be on this device
  bool disable_tf32_ = false;
  int64_t input_alignment_ = 1;  // bytes
  std::vector<Binding> inputs_;
  std::vector<Binding> outputs_;
  EngineProfiler profiler_;
  std::atomic<int64_t> running_{0};
  std::atomic<int64_t> most_running_{0};
};

}  // namespace torch_tensorrt::core::runtime
