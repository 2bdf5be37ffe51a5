#include "torch_tensorrt/core/engine/tactics/aten/tactic.h"

#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/epilogue.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {

// Runs one layer: binds the memory, computes, applies the epilogue.
class AtenKernel final : public Kernel {
 public:
  AtenKernel(const Row& row, const LayerInstance& instance, WeightStore& weights, at::Device device)
      : row_(row), layer_name_(instance.layer->getName()) {
    const c10::InferenceMode inference;
    Request request(instance, weights, device);
    compute_ = row.make(request);
    epilogue_ = make_epilogue(*instance.layer, request.inputs_, request.outputs_[0]);
    inputs_ = std::move(request.inputs_);
    outputs_ = std::move(request.outputs_);
    scratch_ = std::move(request.scratch_);
    workspace_bytes_ = request.workspace_bytes_;
  }

  int64_t workspace_bytes() const override { return workspace_bytes_; }

  void run(const void* const* inputs, void* const* outputs, void* workspace) override {
    const c10::InferenceMode inference;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      // PyTorch only reads inputs, so the const_cast is safe.
      if (inputs_[i].defined()) bind(inputs_[i], const_cast<void*>(inputs[i]));
    }
    for (size_t i = 0; i < outputs_.size(); ++i) bind(outputs_[i], outputs[i]);
    for (const auto& scratch : scratch_) {
      bind(scratch.tensor, static_cast<char*>(workspace) + scratch.offset);
    }
    try {
      compute_();
      if (epilogue_) epilogue_();
    } catch (const c10::Error& e) {
      TORCHTRT_THROW_ERROR("layer " << layer_name_ << " (" << row_.name << "): " << e.what_without_backtrace());
    }
  }

 private:
  const Row& row_;
  std::string layer_name_;
  std::vector<at::Tensor> inputs_;
  std::vector<at::Tensor> outputs_;
  std::vector<Request::Scratch> scratch_;
  int64_t workspace_bytes_ = 0;
  Compute compute_;
  Compute epilogue_;
};

namespace {

constexpr int64_t kAlignment = 64;
// A crude model of one core, for targets that cannot be timed: launch cost plus memory traffic.
constexpr double kLaunchMicroseconds = 5.0;
constexpr double kBytesPerMicrosecond = 5000.0;

Decision known_dtypes(const network::ILayer& layer) {
  for (int32_t i = 0; i < layer.getNbInputs() + layer.getNbOutputs(); ++i) {
    const bool is_input = i < layer.getNbInputs();
    const network::ITensor* tensor = is_input ? layer.getInput(i) : layer.getOutput(i - layer.getNbInputs());
    if (tensor == nullptr || find_scalar_type(tensor->getType())) continue;
    return Decision::no("PyTorch has no tensors of dtype " + network::enum_name(tensor->getType()));
  }
  return Decision::yes();
}

bool is_strided(network::TensorFormat format) {
  return format == network::TensorFormat::kLINEAR || format == network::TensorFormat::kHWC;
}

Decision strided_formats(const LayerInstance& instance) {
  for (const auto* descs : {&instance.inputs, &instance.outputs}) {
    for (const TensorDesc& desc : *descs) {
      if (!is_strided(desc.format))
        return Decision::no("format " + network::enum_name(desc.format) + " is not strided");
    }
  }
  return Decision::yes();
}

// An operand of the epilogue may be input 0 itself, which an output in its place has overwritten by then.
bool epilogue_reads_tensors(const network::ILayer& layer) {
  for (const network::EpilogueOp& op : layer.epilogue()) {
    if (op.kind == network::EpilogueOp::Kind::kElementWise) return true;
  }
  return false;
}

class AtenTactic final : public Tactic {
 public:
  explicit AtenTactic(const Row& row) : row_(row) {}

  const char* name() const override { return row_.name; }

  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    if (layer.getType() != row_.kind) return Decision::no("runs " + network::enum_name(row_.kind) + " layers");
    if (auto decision = known_dtypes(layer); !decision) return decision;
    if (auto decision = epilogue_supported(layer); !decision) return decision;
    return row_.supports(layer);
  }

  bool takes_format(const network::ILayer&, network::TensorFormat format) const override { return is_strided(format); }

  Decision takes(const LayerInstance& instance) const override {
    if (auto decision = strided_formats(instance); !decision) return decision;
    return row_.takes != nullptr ? row_.takes(instance) : Decision::yes();
  }

  double estimate_microseconds(const LayerInstance& instance) const override {
    int64_t bytes = 0;
    for (const TensorDesc& desc : instance.inputs) bytes += desc.bytes();
    for (const TensorDesc& desc : instance.outputs) bytes += desc.bytes();
    return kLaunchMicroseconds + static_cast<double>(bytes) / kBytesPerMicrosecond;
  }

  int32_t in_place_input(const LayerInstance& instance) const override {
    if (!row_.in_place || instance.constants[0] != nullptr || epilogue_reads_tensors(*instance.layer)) return -1;
    const TensorDesc& from = instance.inputs[0];
    const TensorDesc& to = instance.outputs[0];
    return from.dtype == to.dtype && from.dims == to.dims && from.format == to.format ? 0 : -1;
  }

  std::unique_ptr<Kernel> prepare(const LayerInstance& instance, WeightStore& weights,
                                  const DeviceTarget& device) const override {
    try {
      return std::make_unique<AtenKernel>(row_, instance, weights, device_of(device));
    } catch (const c10::Error& e) {
      TORCHTRT_THROW_ERROR("layer " << instance.layer->getName() << " (" << row_.name
                                    << "): " << e.what_without_backtrace());
    }
  }

 private:
  const Row& row_;
};

}  // namespace

Request::Request(const LayerInstance& instance, WeightStore& weights, at::Device device)
    : instance_(instance), weights_(weights), device_(device) {
  for (const TensorDesc& desc : instance.outputs) outputs_.push_back(make_blob(desc, device));
  inputs_.resize(instance.inputs.size());
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!instance.present[i]) continue;
    inputs_[i] = make_blob(instance.inputs[i], device);
    // On a CPU, constants are bound at once: families may read them while they prepare.
    if (device.is_cpu() && instance.constants[i] != nullptr) bind(inputs_[i], const_cast<void*>(instance.constants[i]));
  }
}

bool Request::is_constant(int32_t index) const {
  return device_.is_cpu() && instance_.constants[static_cast<size_t>(index)] != nullptr;
}

at::Tensor Request::scratch(at::IntArrayRef sizes, at::ScalarType type) {
  const auto strides = c10::contiguous_strides(sizes);
  at::Tensor tensor = make_blob(sizes, strides, type, device_);
  scratch_.push_back({tensor, workspace_bytes_});
  const auto bytes = static_cast<int64_t>(tensor.nbytes());
  workspace_bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return tensor;
}

at::Tensor Request::weights(const char* role, const network::Weights& values, at::IntArrayRef sizes) const {
  return weights_tensor(*instance_.layer, role, values, sizes, weights_, device_);
}

std::unique_ptr<Tactic> make_tactic(const Row& row) { return std::make_unique<AtenTactic>(row); }

bool is_arithmetic_float(network::DataType type) {
  using network::DataType;
  return type == DataType::kFLOAT || type == DataType::kHALF || type == DataType::kBF16 || type == DataType::kDOUBLE;
}

bool is_arithmetic(network::DataType type) {
  using network::DataType;
  return is_arithmetic_float(type) || (network::is_integral(type) && type != DataType::kINT4);
}

Decision any_dtype(const network::ILayer&) { return Decision::yes(); }

Decision float_input(const network::ILayer& layer) {
  const auto type = layer.getInput(0)->getType();
  if (is_arithmetic_float(type)) return Decision::yes();
  return Decision::no("takes f32, f16, bf16 and f64, not " + network::enum_name(type));
}

Decision arithmetic_input(const network::ILayer& layer) {
  const auto type = layer.getInput(0)->getType();
  if (is_arithmetic(type)) return Decision::yes();
  return Decision::no("takes numbers that PyTorch computes with, not " + network::enum_name(type));
}

bool is_reduced_float(at::ScalarType type) { return type == at::kHalf || type == at::kBFloat16; }

}  // namespace torch_tensorrt::engine::aten
