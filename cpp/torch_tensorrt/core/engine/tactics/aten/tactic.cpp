#include "torch_tensorrt/core/engine/tactics/aten/tactic.h"

#include <ATen/ATen.h>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::ElementWiseOperation;
using network::EpilogueOp;

bool gives_bool(ElementWiseOperation operation) {
  return operation == ElementWiseOperation::kEQUAL || operation == ElementWiseOperation::kGREATER ||
         operation == ElementWiseOperation::kLESS;
}

void apply(const EpilogueOp& op, const at::Tensor& operand, at::Tensor& result) {
  if (op.kind == EpilogueOp::Kind::kActivation) {
    activation_out(result, result, op.activation, op.alpha, op.beta);
    return;
  }
  const at::Tensor& first = op.swapped ? operand : result;
  const at::Tensor& second = op.swapped ? result : operand;
  elementwise_out(result, first, second, op.elementwise);
}

// Whether every operation of the layer's epilogue can be applied to its output.
Decision epilogue_supported(const network::ILayer& layer) {
  for (const EpilogueOp& op : layer.epilogue()) {
    const network::DataType dtype = layer.getOutput(0)->getType();
    const bool is_plain = op.kind == EpilogueOp::Kind::kActivation || op.kind == EpilogueOp::Kind::kElementWise;
    if (!is_plain || (op.reads_input() && op.alpha != 0)) return Decision::no("computes without 8-bit integers");
    if (op.kind == EpilogueOp::Kind::kActivation) {
      if (auto decision = activation_supported(op.activation, dtype); !decision) return decision;
      continue;
    }
    if (gives_bool(op.elementwise)) return Decision::no("a comparison changes the dtype of the result");
    if (auto decision = elementwise_supported(op.elementwise, dtype); !decision) return decision;
  }
  return Decision::yes();
}

// Applies the epilogue in place, but for its first `done` operations; empty if none are left.
Compute make_epilogue(const network::ILayer& layer, size_t done, const std::vector<at::Tensor>& inputs,
                      const at::Tensor& output) {
  if (layer.epilogue().size() <= done) return {};
  struct Step {
    EpilogueOp op;
    at::Tensor operand;
  };
  std::vector<Step> steps;
  for (size_t i = done; i < layer.epilogue().size(); ++i) {
    const EpilogueOp& op = layer.epilogue()[i];
    const bool reads = op.kind == EpilogueOp::Kind::kElementWise;
    steps.push_back({op, reads ? inputs.at(static_cast<size_t>(op.input)) : at::Tensor()});
  }
  return [steps = std::move(steps), output = at::Tensor(output)]() mutable {
    for (const Step& step : steps) apply(step.op, step.operand, output);
  };
}

}  // namespace

// Runs one layer: binds the memory, computes, applies the epilogue.
class AtenKernel final : public Kernel {
 public:
  AtenKernel(const Row& row, const LayerInstance& instance, WeightStore& weights, at::Device device)
      : row_(row), layer_name_(instance.layer->getName()) {
    const c10::InferenceMode inference;
    Request request(instance, weights, device);
    compute_ = row.make(request);
    epilogue_ = make_epilogue(*instance.layer, request.fused_, request.inputs_, request.outputs_[0]);
    inputs_ = std::move(request.inputs_);
    outputs_ = std::move(request.outputs_);
    scratch_ = std::move(request.scratch_);
    workspace_bytes_ = request.workspace_bytes_;
    taker_ = std::move(request.taker_);
    can_own_ = taker_.has_value() && device.is_cuda();
  }

  int64_t workspace_bytes() const override { return workspace_bytes_; }

  void run(const KernelCall& call) override {
    const c10::InferenceMode inference;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      // PyTorch only reads inputs, so the const_cast is safe.
      if (inputs_[i].defined()) bind(inputs_[i], const_cast<void*>(call.inputs[i]));
    }
    const bool owns = taker_ && taker_->state_->owns;
    for (size_t i = owns ? 1 : 0; i < outputs_.size(); ++i) bind(outputs_[i], call.outputs[i]);
    for (const auto& scratch : scratch_) {
      bind(scratch.tensor, static_cast<char*>(call.workspace) + scratch.offset);
    }
    try {
      compute_();
      if (epilogue_) epilogue_();
    } catch (const c10::Error& e) {
      TORCHTRT_THROW_ERROR("layer " << layer_name_ << " (" << row_.name << "): " << e.what_without_backtrace());
    }
  }

  bool can_own_output() const override { return can_own_; }
  void own_output() override { taker_->state_->owns = true; }
  void* owned_output() const override { return taker_->state_->kept.mutable_data_ptr(); }
  void release_output() noexcept override { taker_->state_->kept.reset(); }

 private:
  const Row& row_;
  std::string layer_name_;
  std::vector<at::Tensor> inputs_;
  std::vector<at::Tensor> outputs_;
  std::vector<Request::Scratch> scratch_;
  int64_t workspace_bytes_ = 0;
  std::optional<ResultTaker> taker_;
  bool can_own_ = false;
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

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    if (layer.getType() != row_.kind) return Decision::no("runs " + network::enum_name(row_.kind) + " layers");
    if (row_.gpu_only && device.is_cpu()) return Decision::no("runs on GPUs");
    if (auto decision = known_dtypes(layer); !decision) return decision;
    if (!row_.whole_epilogue) {
      if (auto decision = epilogue_supported(layer); !decision) return decision;
    }
    return row_.supports(layer);
  }

  bool takes_format(const network::ILayer&, network::TensorFormat) const override { return true; }

  Implementations implementations(const LayerInstance& instance, const DeviceTarget& device) const override {
    if (row_.takes != nullptr) {
      if (auto taken = row_.takes(instance); !taken) return taken;
    }
    Implementation only{"", estimate_microseconds(instance), in_place_input(instance)};
    if (row_.output_strides != nullptr && !device.is_cpu()) only.output_strides = row_.output_strides(instance);
    return only;
  }

  // On a CPU, the tactics of other libraries that run the rest of a network take no views.
  bool takes_views(const DeviceTarget& device) const override { return !device.is_cpu(); }

  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore& weights,
                                  const DeviceTarget& device) const override {
    try {
      return std::make_unique<AtenKernel>(row_, instance, weights, device_of(device));
    } catch (const c10::Error& e) {
      TORCHTRT_THROW_ERROR("layer " << instance.layer->getName() << " (" << row_.name
                                    << "): " << e.what_without_backtrace());
    }
  }

 private:
  static double estimate_microseconds(const LayerInstance& instance) {
    int64_t bytes = 0;
    for (const TensorDesc& desc : instance.inputs) bytes += desc.bytes();
    for (const TensorDesc& desc : instance.outputs) bytes += desc.bytes();
    return kLaunchMicroseconds + static_cast<double>(bytes) / kBytesPerMicrosecond;
  }

  int32_t in_place_input(const LayerInstance& instance) const {
    if (!row_.in_place || instance.constants[0] != nullptr || epilogue_reads_tensors(*instance.layer)) return -1;
    const TensorDesc& from = instance.inputs[0];
    const TensorDesc& to = instance.outputs[0];
    const bool are_dense = !from.view_strides && !to.view_strides;
    return are_dense && from.dtype == to.dtype && from.dims == to.dims && from.format == to.format ? 0 : -1;
  }

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

at::Tensor Request::weights(const char* role, const network::Weights& values, at::IntArrayRef sizes,
                            at::MemoryFormat format) const {
  return weights_tensor(*instance_.layer, role, values, sizes, weights_, device_, format);
}

const ResultTaker& Request::result_taker() {
  if (!taker_) taker_.emplace(outputs_[0]);
  return *taker_;
}

namespace {

// Whether the tensors lie alike in memory: strides of dimensions of size 1 do not matter.
bool lies_as(const at::Tensor& a, const at::Tensor& b) {
  for (int64_t i = 0; i < a.dim(); ++i) {
    if (a.size(i) > 1 && a.stride(i) != b.stride(i)) return false;
  }
  return true;
}

}  // namespace

void ResultTaker::operator()(const at::Tensor& result) const {
  at::Tensor& output = state_->output;
  if (!state_->owns) {
    output.copy_(result);
    return;
  }
  if (result.scalar_type() == output.scalar_type() && lies_as(result, output)) {
    state_->kept = result;
  } else {
    state_->kept = at::empty_strided(output.sizes(), output.strides(), output.options()).copy_(result);
  }
  bind(output, state_->kept.mutable_data_ptr());  // for the epilogue
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
