#include "conformance/harness.h"

#include "conformance/bounds.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <sstream>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/engine.h"
#include "torch_tensorrt/core/engine/tactics/aten/tensors.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::conformance {
namespace {

using engine::TensorDesc;
using network::TensorFormat;

constexpr int64_t kGuardBytes = 256;
constexpr uint8_t kGuard = 0xA5;

// Whether the spec stands for an optional input that is not given.
bool is_absent(const InputSpec& spec) { return spec.dims.size() == 1 && spec.dims[0] == -1; }

ITensor* add_source(INetworkDefinition& network, const InputSpec& spec, const at::Tensor& elements, size_t index) {
  if (spec.constant) return network.addConstant(Dims(spec.dims), weights_of(network, elements))->getOutput(0);
  return network.addInput(("input_" + std::to_string(index)).c_str(), spec.type, Dims(spec.dims));
}

at::Tensor for_oracle(const at::Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  return at::isFloatingType(tensor.scalar_type()) ? tensor.to(at::kDouble) : tensor;
}

uint64_t seed_of(const std::string& name, size_t index) {
  return std::hash<std::string>()(name) % 100000 + 7919 * (index + 1);
}

engine::WeightBlock plain_block(const network::Weights& weights) {
  auto memory = engine::allocate_aligned(weights.bytes());
  if (weights.count > 0) std::memcpy(memory.get(), weights.values, static_cast<size_t>(weights.bytes()));
  return {"plain", weights.bytes(), std::move(memory)};
}

// Memory of one tensor between two guards.
class GuardedMemory {
 public:
  explicit GuardedMemory(const TensorDesc& desc)
      : bytes_(desc.bytes()), memory_(engine::allocate_aligned(bytes_ + 2 * kGuardBytes)) {
    std::memset(memory_.get(), kGuard, static_cast<size_t>(bytes_ + 2 * kGuardBytes));
  }
  explicit GuardedMemory(int64_t bytes) : bytes_(bytes), memory_(engine::allocate_aligned(bytes + 2 * kGuardBytes)) {
    std::memset(memory_.get(), kGuard, static_cast<size_t>(bytes_ + 2 * kGuardBytes));
  }

  void* data() const { return static_cast<char*>(memory_.get()) + kGuardBytes; }
  bool is_intact() const {
    const auto* first = static_cast<const uint8_t*>(memory_.get());
    const auto* behind = first + kGuardBytes + bytes_;
    const auto is_guard = [](uint8_t byte) { return byte == kGuard; };
    return std::all_of(first, first + kGuardBytes, is_guard) && std::all_of(behind, behind + kGuardBytes, is_guard);
  }

 private:
  int64_t bytes_;
  std::shared_ptr<void> memory_;
};

at::Tensor view_of(const GuardedMemory& memory, const TensorDesc& desc) {
  const Dims strides = desc.strides();
  return at::from_blob(memory.data(), engine::aten::sizes_of(desc.dims), engine::aten::sizes_of(strides),
                       at::TensorOptions().dtype(scalar_type(desc.dtype)));
}

std::string first_difference(const at::Tensor& got, const at::Tensor& expected, const Tolerance& tolerance) {
  const at::Tensor a = got.to(at::kDouble);
  const at::Tensor b = expected.to(at::kDouble);
  const at::Tensor close = at::isclose(a, b, tolerance.relative, tolerance.absolute, /*equal_nan=*/true);
  if (close.all().item<bool>()) return {};
  const at::Tensor wrong = close.logical_not().reshape({-1}).nonzero().reshape({-1});
  const int64_t place = wrong[0].item<int64_t>();
  std::ostringstream stream;
  stream.precision(17);
  stream << wrong.numel() << " of " << a.numel() << " elements differ; element " << place << " is "
         << a.reshape({-1})[place].item<double>() << ", expected " << b.reshape({-1})[place].item<double>()
         << " (relative tolerance " << tolerance.relative << ", absolute " << tolerance.absolute << ": "
         << tolerance.reason << ")";
  return stream.str();
}

// Index of a layer's input among the given inputs, which are all that the example has.
int32_t place_among_given(const engine::LayerInstance& instance, size_t input) {
  return static_cast<int32_t>(std::count(instance.present.begin(), instance.present.begin() + input, true));
}

// Memory and pointers of one run.
struct Run {
  explicit Run(const engine::LayerInstance& instance, const Example& example, int64_t workspace_bytes)
      : workspace(workspace_bytes) {
    for (const TensorDesc& desc : instance.outputs) outputs.emplace_back(desc);
    for (size_t i = 0; i < instance.inputs.size(); ++i) {
      inputs.emplace_back(instance.present[i] ? instance.inputs[i] : TensorDesc{});
      pointers.push_back(instance.present[i] ? inputs.back().data() : nullptr);
      if (instance.constants[i] != nullptr) pointers.back() = instance.constants[i];
      if (instance.present[i])
        view_of(inputs.back(), instance.inputs[i]).copy_(example.input(place_among_given(instance, i)));
    }
  }
  std::vector<GuardedMemory> inputs;
  std::vector<const void*> pointers;
  std::vector<GuardedMemory> outputs;
  GuardedMemory workspace;
};

std::string compare_run(engine::Kernel& kernel, const Example& example, const engine::LayerInstance& instance,
                        int32_t in_place) {
  Run run(instance, example, kernel.workspace_bytes());
  const GuardedMemory& target = in_place < 0 ? run.outputs[0] : run.inputs[static_cast<size_t>(in_place)];
  std::vector<void*> outputs;
  for (const GuardedMemory& output : run.outputs) outputs.push_back(output.data());
  outputs[0] = target.data();
  kernel.run({run.pointers.data(), outputs.data(), run.workspace.data()});
  const bool others_intact =
      std::all_of(run.outputs.begin(), run.outputs.end(), [](const auto& o) { return o.is_intact(); });
  if (!target.is_intact() || !others_intact || !run.workspace.is_intact()) return "it wrote outside of its memory";
  for (size_t i = 0; i < run.inputs.size(); ++i) {
    if (static_cast<int32_t>(i) == in_place || !instance.present[i]) continue;
    const at::Tensor after = view_of(run.inputs[i], instance.inputs[i]);
    const at::Tensor& before = example.input(place_among_given(instance, i));
    if (!first_difference(after, before, {}).empty()) return "it wrote to input " + std::to_string(i);
  }
  for (size_t i = 1; i < run.outputs.size(); ++i) {
    const std::string wrong = example.difference(view_of(run.outputs[i], instance.outputs[i]), i);
    if (!wrong.empty()) return "output " + std::to_string(i) + ": " + wrong;
  }
  const std::string difference = example.difference(view_of(target, instance.outputs[0]));
  return difference.empty() || in_place < 0 ? difference : "in place: " + difference;
}

}  // namespace

Example::Example(const Case& row) : row_(row), network_(std::make_shared<INetworkDefinition>()) {
  std::vector<ITensor*> sources;
  std::vector<at::Tensor> given;
  for (size_t i = 0; i < row.inputs.size(); ++i) {
    const InputSpec& spec = row.inputs[i];
    elements_.push_back(is_absent(spec) ? at::Tensor() : random_tensor(spec, seed_of(row.name, i)));
    sources.push_back(is_absent(spec) ? nullptr : add_source(*network_, spec, elements_.back(), i));
    given.push_back(for_oracle(elements_.back()));
  }
  layer_ = row.build(*network_, sources);
  layer_->setName("layer");
  layer_->getOutput(0)->setName("output_0");
  network_->markOutput(*layer_->getOutput(0));
  output_dims_ = layer_->getOutput(0)->getDimensions();
  expected_.push_back(row.oracle(given));
  if (row.second_oracle) expected_.push_back(row.second_oracle(given));
  if (row.third_oracle) expected_.push_back(row.third_oracle(given));
  if (row.allowed) allowed_ = row.allowed(given);
  if (const auto format = low_format(inferred_type()); format && row.stored) stored_ = row.stored(given, format->unit);
  TORCHTRT_CHECK(static_cast<int32_t>(expected_.size()) == layer_->getNbOutputs(),
                 row.name << " has no oracle for an output");
}

std::string Example::difference(const at::Tensor& got, size_t output) const {
  const Tolerance& tolerance = output == 0 ? row_.tolerance : row_.others_tolerance;
  const at::Tensor& exact = expected_[output];
  if (allowed_.defined() && output == 0) {
    return first_beyond(got, exact, allowed_, std::numeric_limits<double>::infinity(), tolerance.reason);
  }
  const auto format = low_format(engine::aten::find_data_type(got.scalar_type()).value());
  if (!format) return first_difference(got, exact, tolerance);
  const at::Tensor stored = output < stored_.size() ? stored_[output] : at::Tensor();
  return first_beyond(got, exact, low_bound(*format, tolerance, exact, stored), format->overflow, tolerance.reason);
}

engine::LayerInstance Example::instance(TensorFormat format) const {
  engine::LayerInstance instance;
  instance.layer = layer_;
  for (int32_t i = 0; i < layer_->getNbInputs(); ++i) {
    const ITensor* tensor = layer_->getInput(i);
    const auto* constant =
        tensor == nullptr ? nullptr : network::layer_cast<network::IConstantLayer>(tensor->producer());
    TensorDesc desc;
    if (tensor != nullptr) desc = {tensor->getType(), tensor->getDimensions(), TensorFormat::kLINEAR};
    if (constant == nullptr && desc.dims.nbDims >= 3) desc.format = format;
    instance.inputs.push_back(desc);
    instance.present.push_back(tensor != nullptr);
    instance.constants.push_back(constant == nullptr ? nullptr : constant->getWeights().values);
    instance.values.push_back(tensor == nullptr ? std::nullopt : tensor->shape_value());
  }
  instance.outputs.push_back({inferred_type(), output_dims_, TensorFormat::kLINEAR});
  if (output_dims_.nbDims >= 3) instance.outputs[0].format = format;
  for (int32_t i = 1; i < layer_->getNbOutputs(); ++i) {
    const ITensor* tensor = layer_->getOutput(i);
    instance.outputs.push_back({tensor->getType(), tensor->getDimensions(), instance.outputs[0].format});
  }
  return instance;
}

std::unique_ptr<engine::WeightStore> Example::make_store() const {
  auto store = std::make_unique<engine::WeightStore>();
  const int32_t index = engine::layer_index(*layer_);
  engine::for_each_weights(*layer_, [&](const char* name, const network::Weights& weights) {
    store->put(engine::weight_key(index, name), plain_block(weights));
  });
  for (int32_t i = 0; i < layer_->getNbInputs(); ++i) {
    const ITensor* input = layer_->getInput(i);
    const auto* constant = input == nullptr ? nullptr : network::layer_cast<network::IConstantLayer>(input->producer());
    if (constant != nullptr) store->put(engine::input_key(index, i), plain_block(constant->getWeights()));
  }
  return store;
}

std::string Example::reproducer() const {
  std::string text = network::print_network(*network_);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string why_not(const engine::Tactic& tactic, const Example& example, TensorFormat format,
                    const engine::DeviceTarget& target) {
  if (auto decision = tactic.supports(example.layer(), target); !decision) return decision.reason();
  if (!tactic.takes_format(example.layer(), format)) return "does not take format " + network::enum_name(format);
  return tactic.implementations(example.instance(format), target).reason();
}

namespace {

std::string run_and_compare(const engine::Candidate& candidate, const Example& example,
                            const engine::LayerInstance& instance) {
  const auto store = example.make_store();
  const auto kernel = engine::prepare_kernel(candidate, instance, *store, engine::describe_target());
  for (int i = 0; i < 2; ++i) {
    const std::string wrong = compare_run(*kernel, example, instance, /*in_place=*/-1);
    if (!wrong.empty()) return wrong;
  }
  const int32_t in_place = candidate.implementation.in_place_input;
  return in_place < 0 ? std::string() : compare_run(*kernel, example, instance, in_place);
}

}  // namespace

std::string run_and_compare(const engine::Tactic& tactic, const Example& example, TensorFormat format) {
  const engine::LayerInstance instance = example.instance(format);
  const engine::Implementations offered = tactic.implementations(instance, engine::describe_target());
  for (const engine::Implementation& implementation : offered.all()) {
    const std::string wrong = run_and_compare(engine::Candidate{&tactic, implementation}, example, instance);
    if (!wrong.empty()) return implementation.config + ": " + wrong;
  }
  return {};
}

bool needs_no_tactic(network::LayerType kind) {
  return kind == network::LayerType::kCONSTANT || kind == network::LayerType::kSHAPE;
}

std::string build_and_compare(const Example& example) {
  engine::BuildSettings settings;
  settings.name = "row";
  const std::string plan = engine::Builder(settings).build(example.network().clone(), nullptr);
  const auto engine = engine::Engine::load(std::make_shared<const std::string>(plan));
  const auto context = engine->create_context();
  std::vector<network::Dims> dims;
  std::vector<const void*> inputs;
  std::vector<at::Tensor> kept;
  for (size_t i = 0; i < example.row().inputs.size(); ++i) {
    if (example.row().inputs[i].constant || !example.input(i).defined()) continue;
    kept.push_back(example.input(i).contiguous());
    dims.emplace_back(kept.back().sizes().vec());
    inputs.push_back(kept.back().const_data_ptr());
  }
  context->set_input_dims(dims);
  const TensorDesc desc{example.inferred_type(), example.inferred_dims()};
  const GuardedMemory memory(desc);
  void* output = memory.data();
  context->run(inputs.data(), &output);
  if (!memory.is_intact()) return "it wrote outside of its memory";
  return example.difference(view_of(memory, desc));
}

}  // namespace torch_tensorrt::conformance
