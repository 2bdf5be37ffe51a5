#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/runtime/Platform.h"
#include "torch_tensorrt/core/runtime/RTDevice.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"
#include "torch_tensorrt/core/runtime/binding_names.h"
#include "torch_tensorrt/core/runtime/serialized_info.h"

namespace torch_tensorrt::core::runtime {

using EngineID = int64_t;

enum CudaGraphsMode : int64_t { STANDARD = 0, SUBGRAPH_CUDAGRAPHS = 1, WHOLE_GRAPH_CUDAGRAPHS = 2 };

// Runs the engine on inputs in PyTorch's argument order. Inputs may have any strides; outputs are fresh tensors. Any
// number of threads may run one engine at once. Throws Error, and leaves the engine usable, on the wrong number of
// inputs and on a wrong dtype, shape, device or kind of tensor.
std::vector<at::Tensor> execute_engine(std::vector<at::Tensor> inputs, c10::intrusive_ptr<TRTEngine> compiled_engine);

// Replaces execute_engine while PyTorch records gradients. If an input requires gradients, so do the outputs,
// and asking for their gradients is an error saying that engines have none.
std::vector<at::Tensor> execute_engine_without_gradients(std::vector<at::Tensor> inputs,
                                                         c10::intrusive_ptr<TRTEngine> compiled_engine);

// Whether the engine takes the inputs. Modules whose state may have other shapes ask before they call it.
bool takes_inputs(std::vector<at::Tensor> inputs, c10::intrusive_ptr<TRTEngine> compiled_engine);

// Throws Error unless the tensor has the dtype (of c10::ScalarType) and a shape from `min` to `max`. A module of
// several engines calls it for its arguments: its control flow may have been decided by their shapes.
void check_argument(const at::Tensor& tensor, const std::string& name, int64_t dtype, std::vector<int64_t> min,
                    std::vector<int64_t> max);

// Throws Error if an input that is written after the call shares elements with another input. The engine reads both
// inputs before the write, but the original module would read the written elements.
void check_written_inputs(std::vector<at::Tensor> inputs, std::vector<int64_t> written,
                          c10::intrusive_ptr<TRTEngine> engine);

// Process-wide settings; atomic. They have no effect on engines for the CPU.
bool get_multi_device_safe_mode();
void set_multi_device_safe_mode(bool enabled);
CudaGraphsMode get_cudagraphs_mode();
void set_cudagraphs_mode(CudaGraphsMode mode);

// Whether loading rebuilds an engine from the network in its file if the backend that built it is missing on this
// machine or refuses the engine. Default: the environment's TORCHTRT_REBUILD_ENGINES ("1": yes), else no.
bool get_rebuild_engines();
void set_rebuild_engines(bool enabled);

// Devices of this machine that engines can run on. Listed at the first call, not when the library is loaded.
class DeviceList {
 public:
  DeviceList();
  const std::vector<RTDevice>& devices() const { return devices_; }
  std::string dump_list() const;

 private:
  std::vector<RTDevice> devices_;
};
const DeviceList& get_available_device_list();

// The GPU that PyTorch has made current, or the CPU of this machine if PyTorch sees no GPU.
RTDevice get_current_device();
// Makes the GPU PyTorch's current one; does nothing for a CPU. Throws Error if the GPU is missing.
void set_rt_device(const RTDevice& device);

// Devices that an engine built for `target` runs on.
std::vector<RTDevice> find_compatible_devices(const RTDevice& target, bool hardware_compatible = false);
// Chooses one of the found devices: `target` if found, because torch.jit.load also restores tensors to it; else
// `current`, else the first, else none.
std::optional<RTDevice> preferred_device(const std::vector<RTDevice>& found, const RTDevice& target,
                                         const RTDevice& current);
// The preferred device among the compatible devices.
std::optional<RTDevice> get_most_compatible_device(const RTDevice& target, const RTDevice& current = RTDevice(),
                                                   bool hardware_compatible = false);

}  // namespace torch_tensorrt::core::runtime
