#include "engine/reference_tactic.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/reference_formulas.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::testing {
namespace {

using network::DataType;
using network::Dims;
using network::LayerType;
using network::TensorFormat;

constexpr int64_t kDeclinedBatch = 7;

class ReferenceKernel final : public Kernel {
 public:
  ReferenceKernel(const LayerInstance& instance, const void* weights, bool reversed, int64_t weight_count)
      : instance_(instance),
        formula_(formula_of(*instance.layer)),
        weights_(static_cast<const float*>(weights)),
        reversed_(reversed),
        weight_count_(weight_count) {
    const auto* layer = network::layer_cast<network::IConvolutionLayer>(instance.layer);
    if (layer == nullptr) return;
    const Dims& dims = instance.inputs[0].dims;
    Dims post;
    layer->resolved_padding(Dims{dims.d[2], dims.d[3]}, &window_.pre_padding, &post);
    window_.stride = layer->full_stride();
    window_.dilation = layer->full_dilation();
  }

  // Ask for some, so that the planner has work; run() fills it to reveal overlaps.
  int64_t workspace_bytes() const override { return 256; }

  void run(const KernelCall& call) override {
    std::memset(call.workspace, 0xff, 256);
    const TensorDesc& out = instance_.outputs[0];
    int64_t at[Dims::MAX_DIMS] = {};
    const int64_t count = out.dims.volume();
    for (int64_t i = 0; i < count; ++i) {
      int64_t rest = i;
      for (int32_t d = out.dims.nbDims - 1; d >= 0; --d) {
        at[d] = rest % out.dims.d[d];
        rest /= out.dims.d[d];
      }
      const Element element{instance_, call.inputs, weights_, reversed_, weight_count_, window_, at};
      store_element(out, call.outputs[0], at, apply_epilogue(element, formula_(element)));
    }
  }

 private:
  LayerInstance instance_;
  Formula formula_;
  const float* weights_;
  bool reversed_;
  int64_t weight_count_;
  Window window_;
};

// Keeps its output if asked to. Spoils it when it is released, which reveals late reads.
class KeepingKernel final : public Kernel {
 public:
  explicit KeepingKernel(const LayerInstance& instance)
      : kernel_(instance, nullptr, false, 0), bytes_(instance.outputs[0].bytes()) {}
  int64_t workspace_bytes() const override { return kernel_.workspace_bytes(); }
  void run(const KernelCall& call) override {
    if (!owns_) return kernel_.run(call);
    kept_ = allocate_aligned(bytes_);
    void* own[] = {kept_.get()};
    kernel_.run({call.inputs, own, call.workspace});
  }
  bool can_own_output() const override { return true; }
  void own_output() override { owns_ = true; }
  void* owned_output() const override { return kept_.get(); }
  void release_output() noexcept override { std::memset(kept_.get(), 0xff, static_cast<size_t>(bytes_)); }

 private:
  ReferenceKernel kernel_;
  int64_t bytes_;
  bool owns_ = false;
  std::shared_ptr<void> kept_;
};

bool multiplies_weights(const network::ILayer& layer) {
  return layer.getType() == LayerType::kCONVOLUTION || layer.getType() == LayerType::kMATRIX_MULTIPLY;
}

// Whether the layer's weights have the form that the formulas expect.
Decision has_known_weights(const network::ILayer& layer) {
  if (!multiplies_weights(layer)) return Decision::no("has no weights");
  const bool convolves = layer.getType() == LayerType::kCONVOLUTION;
  const int32_t rank = layer.getInput(0)->getDimensions().nbDims;
  if (rank == (convolves ? 4 : 2)) return Decision::yes();
  return Decision::no("has inputs of rank " + std::to_string(rank));
}

class ReferenceTactic final : public Tactic {
 public:
  const char* name() const override { return "reference.any"; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    if (multiplies_weights(layer)) return Decision::no("leaves weights to others");
    return formula_of(layer) != nullptr ? Decision::yes() : Decision::no("has no formula for it");
  }
  bool takes_format(const network::ILayer&, TensorFormat) const override { return true; }
  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    return Implementation{"", 1, in_place_input(instance)};
  }
  static int32_t in_place_input(const LayerInstance& instance) {
    const bool is_pointwise =
        instance.layer->getType() == LayerType::kACTIVATION || instance.layer->getType() == LayerType::kELEMENTWISE;
    const TensorDesc& from = instance.inputs[0];
    const TensorDesc& to = instance.outputs[0];
    const bool are_dense = !from.view_strides && !to.view_strides;
    return is_pointwise && are_dense && from.dims == to.dims && from.format == to.format ? 0 : -1;
  }
  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore&,
                                  const DeviceTarget&) const override {
    return std::make_unique<ReferenceKernel>(instance, nullptr, false, 0);
  }
};

class ViewingTactic final : public Tactic {
 public:
  const char* name() const override { return "viewing.any"; }
  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    return dense_.supports(layer, device);
  }
  bool takes_format(const network::ILayer&, TensorFormat) const override { return true; }
  bool takes_views(const DeviceTarget&) const override { return true; }
  // Results of element-wise layers lie with the last two dimensions exchanged.
  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    Implementation only{"", 1, ReferenceTactic::in_place_input(instance)};
    const Dims& dims = instance.outputs[0].dims;
    if (instance.layer->getType() != LayerType::kELEMENTWISE || dims.nbDims < 2) return only;
    Dims strides = instance.outputs[0].strides();
    strides.d[dims.nbDims - 2] = 1;
    strides.d[dims.nbDims - 1] = dims.d[dims.nbDims - 2];
    only.output_strides = strides;
    return only;
  }
  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore&,
                                  const DeviceTarget&) const override {
    return std::make_unique<KeepingKernel>(instance);
  }

 private:
  ReferenceTactic dense_;
};

class PlainTactic final : public Tactic {
 public:
  const char* name() const override { return "plain.weights"; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    return has_known_weights(layer);
  }
  bool takes_format(const network::ILayer&, TensorFormat) const override { return true; }
  Implementations implementations(const LayerInstance&, const DeviceTarget&) const override {
    return Implementation{"", 1};
  }
  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore& weights,
                                  const DeviceTarget&) const override {
    const auto* layer = network::layer_cast<network::IConvolutionLayer>(instance.layer);
    if (layer == nullptr) return std::make_unique<ReferenceKernel>(instance, nullptr, false, 0);
    const network::Weights& kernel = layer->getKernelWeights();
    const std::string key = weight_key(layer_index(*layer), "kernel");
    return std::make_unique<ReferenceKernel>(instance, weights.get(key, "plain", kernel.bytes(), nullptr), false,
                                             kernel.count);
  }
};

class PackedTactic final : public PackingTactic {
 public:
  const char* name() const override { return "packed.weights"; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    return has_known_weights(layer);
  }
  bool takes_format(const network::ILayer&, TensorFormat) const override { return true; }
  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    if (instance.inputs[0].dims.d[0] == kDeclinedBatch) return Decision::no("does not take batches of 7");
    const bool convolves = instance.layer->getType() == LayerType::kCONVOLUTION;
    if (!convolves && instance.constants[1] == nullptr) return Decision::no("operand 1 is no constant");
    return Implementation{"", 1};
  }
  bool packs_weights(const LayerInstance&) const override { return true; }
  void unpack_weights(const network::ILayer&, const std::string&, const WeightBlock& from, void* to) const override {
    TORCHTRT_CHECK(from.layout == "reversed", from.layout);
    const auto* elements = static_cast<const float*>(from.data.get());
    std::reverse_copy(elements, elements + from.bytes / 4, static_cast<float*>(to));
  }
  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore& weights,
                                  const DeviceTarget&) const override {
    const auto* layer = network::layer_cast<network::IConvolutionLayer>(instance.layer);
    const int64_t count = layer != nullptr ? layer->getKernelWeights().count : instance.inputs[1].dims.volume();
    const int32_t index = layer_index(*instance.layer);
    const std::string key = layer != nullptr ? weight_key(index, "kernel") : input_key(index, 1);
    const auto reverse = [&](const WeightBlock& from, void* to) {
      TORCHTRT_CHECK(from.layout == "plain" && from.bytes == count * 4, from.layout);
      const auto* elements = static_cast<const float*>(from.data.get());
      std::reverse_copy(elements, elements + count, static_cast<float*>(to));
    };
    return std::make_unique<ReferenceKernel>(instance, weights.get(key, "reversed", count * 4, reverse), true, count);
  }
};

}  // namespace

void register_reference_tactics() {
  static const bool once = [] {
    TacticRegistry::global().add(std::make_unique<PackedTactic>());
    TacticRegistry::global().add(std::make_unique<PlainTactic>());
    TacticRegistry::global().add(std::make_unique<ReferenceTactic>());
    TacticRegistry::global().add(std::make_unique<ViewingTactic>());
    return true;
  }();
  (void)once;
}

BuildSettings reference_settings() {
  register_reference_tactics();
  BuildSettings settings;
  settings.name = "test";
  settings.tactic_sources = {"packed", "reference"};
  return settings;
}

BuildSettings viewing_settings() {
  BuildSettings settings = reference_settings();
  settings.tactic_sources = {"viewing"};
  return settings;
}

BuildSettings plain_settings() {
  BuildSettings settings = reference_settings();
  settings.tactic_sources = {"plain", "reference"};
  return settings;
}

std::shared_ptr<Engine> build_engine(std::shared_ptr<network::INetworkDefinition> network,
                                     const BuildSettings& settings, BuildReport* report) {
  return Engine::load(std::make_shared<const std::string>(Builder(settings).build(std::move(network), report)));
}

std::vector<std::vector<float>> run_floats(Context& context, const std::vector<Dims>& dims,
                                           const std::vector<std::vector<float>>& inputs) {
  const auto& output_dims = context.set_input_dims(dims);
  std::vector<std::shared_ptr<void>> memory;
  std::vector<const void*> input_pointers;
  for (const auto& input : inputs) {
    const size_t bytes = input.size() * sizeof(float);
    memory.push_back(allocate_aligned(static_cast<int64_t>(bytes)));
    if (bytes > 0) std::memcpy(memory.back().get(), input.data(), bytes);
    input_pointers.push_back(memory.back().get());
  }
  std::vector<std::vector<float>> outputs;
  for (const Dims& output : output_dims) outputs.emplace_back(static_cast<size_t>(output.volume()), -77.F);
  std::vector<void*> output_pointers;
  for (auto& output : outputs) output_pointers.push_back(output.data());
  context.run(input_pointers.data(), output_pointers.data());
  return outputs;
}

std::vector<std::vector<float>> run_floats(const Engine& engine, const std::vector<Dims>& dims,
                                           const std::vector<std::vector<float>>& inputs) {
  const auto lease = engine.acquire_context();
  return run_floats(*lease, dims, inputs);
}

std::vector<float> random_floats(int64_t count, uint32_t seed) {
  std::vector<float> values;
  uint32_t state = seed * 2654435761U + 1;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    values.push_back(static_cast<float>(static_cast<int32_t>(state)) / 2147483648.0F);
  }
  return values;
}

std::shared_ptr<network::INetworkDefinition> make_small_network(bool dynamic_batch) {
  auto result = std::make_shared<network::INetworkDefinition>();
  network::INetworkDefinition& net = *result;
  net.setName("small");
  uint32_t seed = 1;
  const auto weights = [&](int64_t count) {
    return net.own(DataType::kFLOAT, random_floats(count, seed++).data(), count);
  };
  auto* input = net.addInput("x", DataType::kFLOAT, Dims{dynamic_batch ? -1 : 1, 3, 8, 8});
  const auto convolve = [&](network::ITensor& from, int64_t channels, const char* name) {
    auto* layer = net.addConvolutionNd(from, 16, Dims{3, 3}, weights(16 * channels * 9), weights(16));
    layer->setPaddingNd(Dims{1, 1});
    layer->setName(name);
    return layer->getOutput(0);
  };
  auto* first = net.addActivation(*convolve(*input, 3, "conv1"), network::ActivationType::kRELU)->getOutput(0);
  auto* second = convolve(*first, 16, "conv2");
  auto* sum = net.addElementWise(*second, *first, network::ElementWiseOperation::kSUM)->getOutput(0);
  auto* third = net.addActivation(*sum, network::ActivationType::kRELU)->getOutput(0);
  auto* flat = net.addShuffle(*third);
  flat->setReshapeDimensions(Dims{0, 16 * 8 * 8});
  auto* matrix = net.addConstant(Dims{1024, 10}, weights(10240));
  auto* product = net.addMatrixMultiply(*flat->getOutput(0), network::MatrixOperation::kNONE, *matrix->getOutput(0),
                                        network::MatrixOperation::kNONE);
  product->setName("classifier");
  product->getOutput(0)->setName("y");
  net.markOutput(*product->getOutput(0));
  if (dynamic_batch) {
    net.profiles().push_back({{"x", {Dims{1, 3, 8, 8}, Dims{4, 3, 8, 8}, Dims{8, 3, 8, 8}}}});
  }
  return result;
}

}  // namespace torch_tensorrt::engine::testing
