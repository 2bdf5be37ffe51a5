#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/SmallVector.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/basic_ops.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <algorithm>
#include <optional>

#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/engine.h"
#include "torch_tensorrt/core/engine/tactics/aten/tensors.h"
#include "torch_tensorrt/core/runtime/runtime.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::runtime {
namespace {

using network::Dims;
using network::TensorFormat;

// Most engines have at most this many bindings; their calls allocate no memory for lists.
constexpr size_t kUsualBindings = 8;
template <typename T>
using List = c10::SmallVector<T, kUsualBindings>;

std::string describe(const Binding& input, size_t position) {
  const bool has_argument = !input.argument.empty() && input.argument != input.name;
  return str("input ", position, " (", input.name, has_argument ? ", argument " + input.argument : "", ")");
}

void check_kind(const at::Tensor& tensor, const Binding& input, size_t position, at::Device device) {
  TORCHTRT_CHECK(tensor.defined(), describe(input, position) << " is an undefined tensor");
  TORCHTRT_CHECK(tensor.layout() == at::kStrided, describe(input, position) << " has the layout " << tensor.layout()
                                                                            << ", expected a dense (strided) tensor");
  TORCHTRT_CHECK(tensor.device() == device, describe(input, position)
                                                << " is on device " << tensor.device() << ", but the engine runs on "
                                                << device << ". Move it there");
  TORCHTRT_CHECK(tensor.scalar_type() == input.dtype, "Expected input tensors to have type "
                                                          << c10::toString(input.dtype) << ", found type "
                                                          << c10::toString(tensor.scalar_type()) << " in "
                                                          << describe(input, position));
  TORCHTRT_CHECK(tensor.has_storage(), describe(input, position) << " has no memory that an engine can read");
}

Dims dims_of(const at::Tensor& tensor, const Binding& input, size_t position) {
  TORCHTRT_CHECK(tensor.dim() == input.dims.nbDims, describe(input, position)
                                                        << " has the shape " << tensor.sizes() << " of rank "
                                                        << tensor.dim() << ", expected rank " << input.dims.nbDims
                                                        << " (" << network::to_string(input.dims) << ")");
  return Dims(static_cast<int32_t>(tensor.dim()), tensor.sizes().data());
}

bool lies_as(const at::Tensor& tensor, TensorFormat format) {
  if (format == TensorFormat::kLINEAR) return tensor.is_contiguous();
  const engine::TensorDesc desc{network::DataType::kFLOAT, Dims(tensor.sizes().vec()), format};
  return tensor.strides() == engine::aten::sizes_of(desc.strides());
}

// Avoids at::empty, whose dispatch costs as much as a small layer.
at::Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType dtype, at::Device device) {
  if (device.is_cpu()) return at::Tensor(at::detail::empty_strided_cpu(sizes, strides, dtype));
  return at::Tensor(at::detail::empty_strided_generic(sizes, strides, c10::GetAllocator(device.type()),
                                                      c10::DispatchKeySet(c10::DispatchKey::CUDA), dtype));
}

at::Tensor empty_output(const Dims& dims, const Binding& output, at::Device device) {
  const at::IntArrayRef sizes = engine::aten::sizes_of(dims);
  if (output.format == TensorFormat::kLINEAR) {
    if (device.is_cpu()) return at::Tensor(at::detail::empty_cpu(sizes, output.dtype));
    return empty_strided(sizes, c10::contiguous_strides(sizes), output.dtype, device);
  }
  const engine::TensorDesc desc{network::DataType::kFLOAT, dims, output.format};
  const Dims strides = desc.strides();
  return empty_strided(sizes, engine::aten::sizes_of(strides), output.dtype, device);
}

// A view may begin at any address in its memory.
bool is_aligned(const at::Tensor& tensor, int64_t alignment) {
  return reinterpret_cast<uintptr_t>(tensor.const_data_ptr()) % static_cast<uintptr_t>(alignment) == 0;
}

// A dense copy in the binding's format.
at::Tensor to_format(const at::Tensor& tensor, const Binding& input) {
  const Dims dims(static_cast<int32_t>(tensor.dim()), tensor.sizes().data());
  const at::NoGradGuard no_grad;
  return empty_output(dims, input, tensor.device()).copy_(tensor);
}

// Inputs of one call in the engine's order, and the tensors that keep their memory alive.
struct CallInputs {
  at::Device device;
  int64_t alignment;
  std::vector<Dims>& dims;
  List<const void*> data;
  List<const int64_t*> shape_values;
  List<at::Tensor> kept;
  bool has_shapes = false;
};

void add_shape_values(CallInputs& call, const at::Tensor& tensor, const Binding& input) {
  call.kept.push_back(tensor.to(at::kCPU, at::kLong).contiguous());
  call.shape_values[input.engine_index] = call.kept.back().const_data_ptr<int64_t>();
  call.has_shapes = true;
}

// PyTorch's operators take such a tensor beside those of a GPU, too. Its value needs no copy from the GPU.
bool is_number_on_host(const at::Tensor& tensor, at::Device device) {
  return !device.is_cpu() && tensor.dim() == 0 && tensor.device().is_cpu();
}

at::Tensor to_device(const at::Tensor& number, at::Device device) {
  const at::NoGradGuard no_grad;
  return number.to(device, number.scalar_type(), /*non_blocking=*/true);
}

void add_input(CallInputs& call, const at::Tensor& given, const Binding& input, size_t position) {
  const bool on_host = is_number_on_host(given, call.device);
  check_kind(given, input, position, on_host ? given.device() : call.device);
  call.dims[input.engine_index] = dims_of(given, input, position);
  if (input.is_shape) add_shape_values(call, given, input);
  const bool ready = !on_host && !given.is_neg() && lies_as(given, input.format) && is_aligned(given, call.alignment);
  if (!ready) call.kept.push_back(on_host ? to_device(given, call.device) : to_format(given, input));
  const at::Tensor& tensor = ready ? given : call.kept.back();
  call.data[input.engine_index] = tensor.const_data_ptr();
  TORCHTRT_CHECK(tensor.numel() == 0 || call.data[input.engine_index] != nullptr,
                 describe(input, position) << " has no memory that an engine can read");
}

// Keeps the vector's memory between calls.
std::vector<Dims>& dims_of_this_thread(size_t count) {
  thread_local std::vector<Dims> dims;
  dims.resize(count);
  return dims;
}

void* current_stream(at::Device device) {
  const c10::impl::VirtualGuardImpl impl(device.type());
  return impl.getStreamNativeHandle(impl.getStream(device));
}

// Counts the running calls and the most at one time.
class RunningCall {
 public:
  RunningCall(std::atomic<int64_t>& running, std::atomic<int64_t>& most) : running_(running) {
    const int64_t now = running.fetch_add(1, std::memory_order_relaxed) + 1;
    int64_t seen = most.load(std::memory_order_relaxed);
    while (seen < now && !most.compare_exchange_weak(seen, now, std::memory_order_relaxed)) {
    }
  }
  ~RunningCall() { running_.fetch_sub(1, std::memory_order_relaxed); }
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;

 private:
  std::atomic<int64_t>& running_;
};

// Memory of outputs whose sizes are known only after the run.
class LateOutputs final : public engine::OutputAllocator {
 public:
  LateOutputs(size_t count, at::Device device) : device_(device), bytes_(count), dims_(count) {}

  void* allocate(int32_t output, int64_t bytes) override {
    at::Tensor& memory = bytes_[static_cast<size_t>(output)];
    memory = empty_strided({std::max<int64_t>(bytes, 1)}, {1}, at::kByte, device_);
    return memory.mutable_data_ptr();
  }
  void set_dims(int32_t output, const Dims& dims) override { dims_[static_cast<size_t>(output)] = dims; }

  // Valid after the run.
  at::Tensor take(const Binding& output) {
    at::Tensor result = empty_strided({0}, {1}, output.dtype, device_);
    at::Tensor& memory = bytes_[output.engine_index];
    const at::IntArrayRef sizes = engine::aten::sizes_of(dims_[output.engine_index]);
    if (!memory.defined()) return result.resize_(sizes);
    return result.set_(memory.storage(), 0, sizes, c10::contiguous_strides(sizes));
  }

 private:
  at::Device device_;
  std::vector<at::Tensor> bytes_;  // in the engine's order
  std::vector<Dims> dims_;
};

}  // namespace

std::vector<at::Tensor> TRTEngine::run(const std::vector<at::Tensor>& inputs) {
  TORCHTRT_CHECK(inputs.size() == inputs_.size(), "engine " << name << " takes " << inputs_.size() << " inputs ("
                                                            << serialize_binding_names(in_binding_names) << "), but "
                                                            << inputs.size() << " are given");
  CallInputs call{device_, input_alignment_, dims_of_this_thread(inputs.size()), {}, {}, {}};
  call.data.resize(inputs.size(), nullptr);
  call.shape_values.resize(inputs.size(), nullptr);
  for (size_t i = 0; i < inputs.size(); ++i) add_input(call, inputs[i], inputs_[i], i);

  const RunningCall running(running_, most_running_);
  const bool on_gpu = !device_.is_cpu();
  const c10::OptionalDeviceGuard guard(on_gpu ? std::optional<at::Device>(device_) : std::nullopt);
  std::optional<at::NoTF32Guard> full_precision;  // for PyTorch's operators, which our own engine runs on a GPU
  if (on_gpu && disable_tf32_) full_precision.emplace();
  engine::RunOptions options;
  uint64_t recording = 0;
  if (on_gpu) {
    options.stream = current_stream(device_);
    recording = engine::cuda::Driver::get().recording_of(options.stream);
    options.is_recorded = recording != 0;
    // A caller who records the stream wants the work in the caller's graph, not in a graph of ours.
    options.use_graph = get_cudagraphs_mode() != STANDARD && recording == 0;
  }
  auto context = engine_->acquire_context(options.stream, recording);
  const std::vector<Dims>& output_dims =
      context->set_input_dims(call.dims, call.has_shapes ? call.shape_values.data() : nullptr);
  List<void*> output_data(outputs_.size(), nullptr);
  std::vector<at::Tensor> outputs;
  outputs.reserve(outputs_.size());
  std::optional<LateOutputs> late;
  for (const Binding& output : outputs_) {
    const Dims& dims = output_dims[output.engine_index];
    if (!dims.is_static()) {
      if (!late) late.emplace(outputs_.size(), device_);
      outputs.emplace_back();
      continue;
    }
    outputs.push_back(empty_output(dims, output, device_));
    output_data[output.engine_index] = outputs.back().mutable_data_ptr();
  }
  if (late) options.allocator = &*late;
  if (profiler_.is_enabled()) {
    profiler_.write(name, context->profile(call.data.data(), output_data.data(), options));
  } else {
    context->run(call.data.data(), output_data.data(), options);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].defined()) outputs[i] = late->take(outputs_[i]);
  }
  return outputs;
}

namespace {

bool has_kind(const at::Tensor& tensor, const Binding& input, at::Device device) {
  return tensor.defined() && tensor.layout() == at::kStrided &&
         (tensor.device() == device || is_number_on_host(tensor, device)) && tensor.scalar_type() == input.dtype &&
         tensor.has_storage();
}

bool is_in_range(const at::Tensor& tensor, const Binding& input, const engine::IoTensor& declared) {
  if (tensor.dim() != input.dims.nbDims) return false;
  const bool is_fixed = declared.dims.is_static();
  const Dims& low = is_fixed ? declared.dims : declared.min;
  const Dims& high = is_fixed ? declared.dims : declared.max;
  for (int32_t i = 0; i < low.nbDims; ++i) {
    if (tensor.size(i) < low.d[i] || tensor.size(i) > high.d[i]) return false;
  }
  if (!input.is_shape) return true;
  const at::Tensor values = tensor.to(at::kCPU, at::kLong).contiguous();
  const auto* value = values.const_data_ptr<int64_t>();
  for (size_t i = 0; i < std::min(declared.min_values.size(), static_cast<size_t>(values.numel())); ++i) {
    if (value[i] < declared.min_values[i] || value[i] > declared.max_values[i]) return false;
  }
  return true;
}

}  // namespace

bool TRTEngine::takes(const std::vector<at::Tensor>& inputs) const {
  if (inputs.size() != inputs_.size()) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto& declared = engine_->inputs()[inputs_[i].engine_index];
    if (!has_kind(inputs[i], inputs_[i], device_) || !is_in_range(inputs[i], inputs_[i], declared)) return false;
  }
  return true;
}

bool takes_inputs(std::vector<at::Tensor> inputs, c10::intrusive_ptr<TRTEngine> compiled_engine) {
  return compiled_engine->takes(inputs);
}

std::vector<at::Tensor> execute_engine(std::vector<at::Tensor> inputs, c10::intrusive_ptr<TRTEngine> compiled_engine) {
  return compiled_engine->run(inputs);
}

// An engine is an operation without a derivative for PyTorch's automatic differentiation.
namespace {

bool wants_gradients(const std::vector<at::Tensor>& inputs) {
  if (!at::GradMode::is_enabled()) return false;
  return std::any_of(inputs.begin(), inputs.end(),
                     [](const at::Tensor& input) { return input.defined() && input.requires_grad(); });
}

// Versions of torch hold nodes of autograd in pointers of different types.
using NodePointer = decltype(torch::autograd::Edge::function);

template <typename... Arguments>
void make_error_node(std::shared_ptr<torch::autograd::Node>& node, Arguments&&... arguments) {
  node = std::make_shared<torch::autograd::Error>(std::forward<Arguments>(arguments)...);
}

template <typename... Arguments>
void make_error_node(c10::intrusive_ptr<torch::autograd::Node>& node, Arguments&&... arguments) {
  node = c10::make_intrusive<torch::autograd::Error>(std::forward<Arguments>(arguments)...);
}

}  // namespace

std::vector<at::Tensor> execute_engine_without_gradients(std::vector<at::Tensor> inputs,
                                                         c10::intrusive_ptr<TRTEngine> compiled_engine) {
  std::vector<at::Tensor> outputs;
  {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    outputs = compiled_engine->run(inputs);
  }
  if (!wants_gradients(inputs)) return outputs;
  NodePointer node;
  make_error_node(node,
                  str("the engine ", compiled_engine->name,
                      " computes no gradients: compiled modules are for inference. Call them ",
                      "under torch.no_grad(), detach their inputs or outputs, or train the module that was compiled"),
                  torch::autograd::collect_next_edges(inputs));
  for (const at::Tensor& output : outputs) {
    if (at::isFloatingType(output.scalar_type())) torch::autograd::set_history(output, node);
  }
  return outputs;
}

namespace {

struct Memory {
  uintptr_t begin;
  uintptr_t end;
};

// The range of bytes from the first to the last element.
Memory memory_of(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.has_storage() || tensor.numel() == 0) return {0, 0};
  const auto begin = reinterpret_cast<uintptr_t>(tensor.const_data_ptr());
  const size_t bytes = at::detail::computeStorageNbytes(tensor.sizes(), tensor.strides(), tensor.itemsize());
  return {begin, begin + bytes};
}

// One byte per byte of the memory: 1 if it belongs to an element of the tensor.
at::Tensor used_bytes(const at::Tensor& tensor, const Memory& all) {
  const auto bytes = at::zeros({static_cast<int64_t>(all.end - all.begin)}, at::kByte);
  auto sizes = tensor.sizes().vec();
  auto strides = tensor.strides().vec();
  for (auto& stride : strides) stride *= static_cast<int64_t>(tensor.itemsize());
  sizes.push_back(static_cast<int64_t>(tensor.itemsize()));
  strides.push_back(1);
  bytes.as_strided(sizes, strides, static_cast<int64_t>(memory_of(tensor).begin - all.begin)).fill_(1);
  return bytes;
}

bool share_elements(const at::Tensor& a, const at::Tensor& b) {
  const Memory of_a = memory_of(a);
  const Memory of_b = memory_of(b);
  if (of_a.begin == of_a.end || of_b.begin == of_b.end) return false;
  if (of_a.end <= of_b.begin || of_b.end <= of_a.begin) return false;
  if (a.is_non_overlapping_and_dense() && b.is_non_overlapping_and_dense()) return true;
  // Ranges may overlap without shared elements: two columns of one matrix.
  const Memory all = {std::min(of_a.begin, of_b.begin), std::max(of_a.end, of_b.end)};
  return used_bytes(a, all).logical_and(used_bytes(b, all)).any().item<bool>();
}

std::string name_of(const Binding& input) { return input.argument.empty() ? input.name : input.argument; }

}  // namespace

void check_argument(const at::Tensor& tensor, const std::string& name, int64_t dtype, std::vector<int64_t> min,
                    std::vector<int64_t> max) {
  const auto wanted = static_cast<at::ScalarType>(dtype);
  TORCHTRT_CHECK(tensor.scalar_type() == wanted, name << " has the dtype " << c10::toString(tensor.scalar_type())
                                                      << ", the module was compiled for " << c10::toString(wanted));
  bool fits = tensor.dim() == static_cast<int64_t>(min.size());
  for (size_t i = 0; fits && i < min.size(); ++i) {
    const int64_t size = tensor.size(static_cast<int64_t>(i));
    fits = size >= min[i] && size <= max[i];
  }
  if (fits) return;
  const auto text = [](c10::IntArrayRef sizes) { return network::to_string(network::Dims(sizes.vec())); };
  TORCHTRT_THROW_ERROR(name << " has dims " << text(tensor.sizes()) << ", the module was compiled for " << text(min)
                            << (min == max ? std::string() : " to " + text(max))
                            << "; compile it for a range that includes them");
}

void check_written_inputs(std::vector<at::Tensor> inputs, std::vector<int64_t> written,
                          c10::intrusive_ptr<TRTEngine> engine) {
  const auto& bindings = engine->inputs();
  if (inputs.size() != bindings.size()) return;  // the call itself reports the error
  for (const int64_t place : written) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const auto other = static_cast<int64_t>(i);
      if (other == place || !share_elements(inputs.at(place), inputs[i])) continue;
      TORCHTRT_THROW_ERROR("the module writes its argument " << name_of(bindings.at(place))
                                                             << " in place, and argument " << name_of(bindings[i])
                                                             << " of this call shares its memory; pass a copy of one "
                                                             << "of them (clone())");
    }
  }
}

}  // namespace torch_tensorrt::core::runtime
