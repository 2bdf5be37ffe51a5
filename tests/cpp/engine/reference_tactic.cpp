#include "engine/reference_tactic.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "torch_tensorrt/core/engine/context.h"
#include "torch_tensorrt/core/engine/network_weights.h"
#include "torch_tensorrt/core/network/scalar_formulas.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::testing {
namespace {

using network::DataType;
using network::Dims;
using network::LayerType;
using network::TensorFormat;

int64_t offset_in(const TensorDesc& desc, const int64_t* at) {
  const Dims& dims = desc.dims;
  if (desc.format != TensorFormat::kCHW16) {
    const Dims strides = desc.strides();
    int64_t offset = 0;
    for (int32_t i = 0; i < dims.nbDims; ++i) offset += at[i] * strides.d[i];
    return offset;
  }
  int64_t offset = at[0] * ((dims.d[1] + 15) / 16) + at[1] / 16;
  for (int32_t i = 2; i < dims.nbDims; ++i) offset = offset * dims.d[i] + at[i];
  return offset * 16 + at[1] % 16;
}

double load(const TensorDesc& desc, const void* data, const int64_t* at) {
  const int64_t offset = offset_in(desc, at);
  if (desc.dtype == DataType::kFLOAT) return static_cast<const float*>(data)[offset];
  if (desc.dtype == DataType::kINT64) return static_cast<double>(static_cast<const int64_t*>(data)[offset]);
  if (desc.dtype == DataType::kINT32) return static_cast<const int32_t*>(data)[offset];
  return static_cast<const uint8_t*>(data)[offset];
}

void store(const TensorDesc& desc, void* data, const int64_t* at, double value) {
  const int64_t offset = offset_in(desc, at);
  if (desc.dtype == DataType::kFLOAT) static_cast<float*>(data)[offset] = static_cast<float>(value);
  if (desc.dtype == DataType::kINT64) static_cast<int64_t*>(data)[offset] = static_cast<int64_t>(value);
  if (desc.dtype == DataType::kINT32) static_cast<int32_t*>(data)[offset] = static_cast<int32_t>(value);
  if (desc.dtype == DataType::kBOOL) static_cast<uint8_t*>(data)[offset] = static_cast<uint8_t>(value);
}

// Element of an input that is broadcast to the output.
double load_broadcast(const TensorDesc& desc, const void* data, const int64_t* at, int32_t rank) {
  int64_t place[Dims::MAX_DIMS];
  for (int32_t i = 0; i < desc.dims.nbDims; ++i) {
    place[i] = desc.dims.d[i] == 1 ? 0 : at[rank - desc.dims.nbDims + i];
  }
  return load(desc, data, place);
}

// Of a convolution, with its defaults filled in.
struct Window {
  Dims pre_padding;
  Dims stride;
  Dims dilation;
};

// What a formula gets to compute the element `at` of the output.
struct Element {
  const LayerInstance& instance;
  const void* const* inputs;
  const float* weights;   // kernel of a convolution, or operand 1 of a product
  bool weights_reversed;  // in memory
  int64_t weight_count;
  const Window& window;
  const int64_t* at;

  double weight(int64_t i) const { return weights[weights_reversed ? weight_count - 1 - i : i]; }
};
using Formula = double (*)(const Element&);

template <typename L>
const L& layer_of(const Element& e) {
  return static_cast<const L&>(*e.instance.layer);
}

double convolution(const Element& e) {
  const auto& layer = layer_of<network::IConvolutionLayer>(e);
  const TensorDesc& x = e.instance.inputs[0];
  const Dims& kernel = layer.getKernelSizeNd();
  const auto& [pre, stride, dilation] = e.window;
  const int64_t channels = x.dims.d[1] / layer.getNbGroups();
  const int64_t maps = layer.getNbOutputMaps() / layer.getNbGroups();
  const auto* bias = static_cast<const float*>(layer.getBiasWeights().values);
  double sum = bias == nullptr ? 0.0 : bias[e.at[1]];
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t i = 0; i < kernel.d[0]; ++i) {
      for (int64_t j = 0; j < kernel.d[1]; ++j) {
        const int64_t place[4] = {e.at[0], e.at[1] / maps * channels + c,
                                  e.at[2] * stride.d[0] - pre.d[0] + i * dilation.d[0],
                                  e.at[3] * stride.d[1] - pre.d[1] + j * dilation.d[1]};
        if (place[2] < 0 || place[3] < 0 || place[2] >= x.dims.d[2] || place[3] >= x.dims.d[3]) continue;
        const int64_t w = ((e.at[1] * channels + c) * kernel.d[0] + i) * kernel.d[1] + j;
        sum += load(x, e.inputs[0], place) * e.weight(w);
      }
    }
  }
  return sum;
}

double matrix_multiply(const Element& e) {
  const TensorDesc& a = e.instance.inputs[0];
  const TensorDesc& b = e.instance.inputs[1];
  double sum = 0;
  for (int64_t k = 0; k < a.dims.d[1]; ++k) {
    const int64_t left[2] = {e.at[0], k};
    const int64_t right[2] = {k, e.at[1]};
    const double other = e.weights != nullptr ? e.weight(k * b.dims.d[1] + e.at[1]) : load(b, e.inputs[1], right);
    sum += load(a, e.inputs[0], left) * other;
  }
  return sum;
}

double activation(const Element& e) {
  const auto& layer = layer_of<network::IActivationLayer>(e);
  return network::apply_activation(layer.getActivationType(), load(e.instance.inputs[0], e.inputs[0], e.at),
                                   layer.getAlpha(), layer.getBeta());
}

double elementwise(const Element& e) {
  const int32_t rank = e.instance.outputs[0].dims.nbDims;
  return network::apply_elementwise(layer_of<network::IElementWiseLayer>(e).getOperation(),
                                    load_broadcast(e.instance.inputs[0], e.inputs[0], e.at, rank),
                                    load_broadcast(e.instance.inputs[1], e.inputs[1], e.at, rank));
}

double same_element(const Element& e) { return load(e.instance.inputs[0], e.inputs[0], e.at); }

double concatenation(const Element& e) {
  const int32_t axis = layer_of<network::IConcatenationLayer>(e).getAxis();
  int64_t place[Dims::MAX_DIMS];
  std::copy_n(e.at, e.instance.outputs[0].dims.nbDims, place);
  size_t input = 0;
  for (; place[axis] >= e.instance.inputs[input].dims.d[axis]; ++input) place[axis] -= e.instance.inputs[input].dims.d[axis];
  return load(e.instance.inputs[input], e.inputs[input], place);
}

// Row-major place of the output's element in the input, for shuffles.
double shuffle(const Element& e) {
  const auto& layer = layer_of<network::IShuffleLayer>(e);
  const Dims& from = e.instance.inputs[0].dims;
  const Dims& to = e.instance.outputs[0].dims;
  const auto& first = layer.getFirstTranspose();
  const auto& second = layer.getSecondTranspose();
  Dims middle = to;  // dims and place between reshape and second transpose
  int64_t middle_at[Dims::MAX_DIMS];
  for (int32_t i = 0; i < to.nbDims; ++i) {
    middle.d[second.order[i]] = to.d[i];
    middle_at[second.order[i]] = e.at[i];
  }
  int64_t linear = 0;
  for (int32_t i = 0; i < to.nbDims; ++i) linear = linear * middle.d[i] + middle_at[i];
  int64_t place[Dims::MAX_DIMS];
  for (int32_t i = from.nbDims - 1; i >= 0; --i) {
    place[first.order[i]] = linear % from.d[first.order[i]];
    linear /= from.d[first.order[i]];
  }
  return load(e.instance.inputs[0], e.inputs[0], place);
}

double reduce_sum(const Element& e) {
  const auto& layer = layer_of<network::IReduceLayer>(e);
  const Dims& from = e.instance.inputs[0].dims;
  double sum = 0;
  for (int64_t i = 0; i < from.volume(); ++i) {
    int64_t place[Dims::MAX_DIMS];
    int64_t rest = i;
    for (int32_t d = from.nbDims - 1; d >= 0; --d) {
      place[d] = rest % from.d[d];
      rest /= from.d[d];
    }
    bool belongs = true;
    int32_t out = 0;
    for (int32_t d = 0; d < from.nbDims; ++d) {
      const bool is_reduced = (layer.getReduceAxes() >> d & 1) != 0;
      if (!is_reduced) belongs = belongs && place[d] == e.at[out];
      if (!is_reduced || layer.getKeepDimensions()) ++out;
    }
    if (belongs) sum += load(e.instance.inputs[0], e.inputs[0], place);
  }
  return sum;
}

struct KindRow {
  LayerType kind;
  Formula formula;
};
constexpr KindRow kKinds[] = {
    {LayerType::kCONVOLUTION, convolution},     {LayerType::kMATRIX_MULTIPLY, matrix_multiply},
    {LayerType::kACTIVATION, activation},       {LayerType::kELEMENTWISE, elementwise},
    {LayerType::kIDENTITY, same_element},       {LayerType::kREFORMAT, same_element},
    {LayerType::kCAST, same_element},           {LayerType::kCONCATENATION, concatenation},
    {LayerType::kSHUFFLE, shuffle},             {LayerType::kREDUCE, reduce_sum},
};

Formula formula_of(const network::ILayer& layer) {
  for (const KindRow& row : kKinds) {
    if (row.kind == layer.getType()) return row.formula;
  }
  return nullptr;
}

double apply_epilogue(const Element& e, double value) {
  const int32_t rank = e.instance.outputs[0].dims.nbDims;
  for (const network::EpilogueOp& op : e.instance.layer->epilogue()) {
    if (op.kind == network::EpilogueOp::Kind::kActivation) {
      value = network::apply_activation(op.activation, value, op.alpha, op.beta);
      continue;
    }
    const double other = load_broadcast(e.instance.inputs[op.input], e.inputs[op.input], e.at, rank);
    value = op.swapped ? network::apply_elementwise(op.elementwise, other, value)
                       : network::apply_elementwise(op.elementwise, value, other);
  }
  return value;
}

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

  // Some, so that the planner has something to do; run() fills it to show overlaps.
  int64_t workspace_bytes() const override { return 256; }

  void run(const void* const* inputs, void* const* outputs, void* workspace) override {
    std::memset(workspace, 0xff, 256);
    const TensorDesc& out = instance_.outputs[0];
    int64_t at[Dims::MAX_DIMS] = {};
    const int64_t count = out.dims.volume();
    for (int64_t i = 0; i < count; ++i) {
      int64_t rest = i;
      for (int32_t d = out.dims.nbDims - 1; d >= 0; --d) {
        at[d] = rest % out.dims.d[d];
        rest /= out.dims.d[d];
      }
      const Element element{instance_, inputs, weights_, reversed_, weight_count_, window_, at};
      store(out, outputs[0], at, apply_epilogue(element, formula_(element)));
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

bool multiplies_weights(const network::ILayer& layer) {
  return layer.getType() == LayerType::kCONVOLUTION || layer.getType() == LayerType::kMATRIX_MULTIPLY;
}

class ReferenceTactic final : public Tactic {
 public:
  const char* name() const override { return "reference.any"; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    if (multiplies_weights(layer)) return Decision::no("leaves weights to others");
    return formula_of(layer) != nullptr ? Decision::yes() : Decision::no("has no formula for it");
  }
  bool takes_format(const network::ILayer&, TensorFormat) const override { return true; }
  double estimate_microseconds(const LayerInstance&) const override { return 1; }
  int32_t in_place_input(const LayerInstance& instance) const override {
    const bool is_pointwise = instance.layer->getType() == LayerType::kACTIVATION ||
                              instance.layer->getType() == LayerType::kELEMENTWISE;
    const TensorDesc& from = instance.inputs[0];
    const TensorDesc& to = instance.outputs[0];
    return is_pointwise && from.dims == to.dims && from.format == to.format ? 0 : -1;
  }
  std::unique_ptr<Kernel> prepare(const LayerInstance& instance, WeightStore&, const DeviceTarget&) const override {
    return std::make_unique<ReferenceKernel>(instance, nullptr, false, 0);
  }
};

class PlainTactic final : public Tactic {
 public:
  const char* name() const override { return "plain.weights"; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    return multiplies_weights(layer) ? Decision::yes() : Decision::no("has no weights");
  }
  bool takes_format(const network::ILayer&, TensorFormat) const override { return true; }
  double estimate_microseconds(const LayerInstance&) const override { return 1; }
  std::unique_ptr<Kernel> prepare(const LayerInstance& instance, WeightStore& weights,
                                  const DeviceTarget&) const override {
    const auto* layer = network::layer_cast<network::IConvolutionLayer>(instance.layer);
    if (layer == nullptr) return std::make_unique<ReferenceKernel>(instance, nullptr, false, 0);
    const network::Weights& kernel = layer->getKernelWeights();
    const std::string key = weight_key(layer_index(*layer), "kernel");
    return std::make_unique<ReferenceKernel>(instance, weights.get(key, "plain", kernel.bytes(), nullptr), false,
                                             kernel.count);
  }
};

class PackedTactic final : public Tactic {
 public:
  const char* name() const override { return "packed.weights"; }
  Decision supports(const network::ILayer& layer, const DeviceTarget&) const override {
    return multiplies_weights(layer) ? Decision::yes() : Decision::no("has no weights");
  }
  bool takes_format(const network::ILayer&, TensorFormat) const override { return true; }
  Decision takes(const LayerInstance& instance) const override {
    if (instance.layer->getType() == LayerType::kCONVOLUTION || instance.constants[1] != nullptr) return Decision::yes();
    return Decision::no("operand 1 is no constant");
  }
  double estimate_microseconds(const LayerInstance&) const override { return 1; }
  std::unique_ptr<Kernel> prepare(const LayerInstance& instance, WeightStore& weights,
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
  std::vector<const void*> input_pointers;
  for (const auto& input : inputs) input_pointers.push_back(input.data());
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
