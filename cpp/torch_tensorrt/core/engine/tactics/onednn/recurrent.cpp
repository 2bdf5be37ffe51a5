#include <algorithm>
#include <cstring>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#include "torch_tensorrt/core/engine/tactics/onednn/packed_weights.h"
#include "torch_tensorrt/core/engine/tactics/onednn/recurrent_weights.h"
#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {
namespace {

using dnnl::memory;
using network::IRecurrentLayer;
using network::RecurrentCell;
using network::RecurrentWeights;

constexpr auto kF32 = memory::data_type::f32;

// oneDNN's GRU has its update gate first. Layouts of weights in that order have this prefix in the store.
const std::string kUpdateFirst = "update_first_";

const IRecurrentLayer& recurrent(const LayerInstance& instance) {
  return static_cast<const IRecurrentLayer&>(*instance.layer);
}

bool is_given(const LayerInstance& instance, int32_t input) {
  const auto index = static_cast<size_t>(input);
  return index < instance.present.size() && instance.present[index];
}

bool has_states(const LayerInstance& instance) { return is_given(instance, IRecurrentLayer::kHiddenState); }

// The network's rows of gates as oneDNN's layers x directions x inputs x gates x outputs.
memory::desc plain_desc_of(const IRecurrentLayer& layer, RecurrentWeights role, int64_t features) {
  const auto dims = layer.weights_dims(role, features);
  const int64_t columns = dims.d[1];
  const int64_t count = dims.d[0] * columns;
  if (role == RecurrentWeights::kPROJECTION) {
    return {{1, 1, columns, dims.d[0]}, kF32, memory::dims{count, count, 1, columns}};
  }
  const int64_t size = layer.getHiddenSize();
  return {{1, 1, columns, layer.gate_count(), size}, kF32, memory::dims{count, count, 1, size * columns, columns}};
}

memory::desc any_desc(const memory::desc& plain) { return {plain.get_dims(), kF32, memory::format_tag::any}; }

memory::desc states_desc(int64_t batch, int64_t size) { return plain_desc({1, 1, batch, size}); }

// Descs common to the primitives of all cells.
struct Descs {
  dnnl::rnn_direction direction;
  memory::desc input;
  memory::desc hidden;  // empty: no initial states are given
  memory::desc cell;
  memory::desc input_weights;
  memory::desc hidden_weights;
  memory::desc projection;
  memory::desc bias;
  memory::desc output;
  memory::desc last_hidden;
  memory::desc last_cell;
};

Descs descs_of(const LayerInstance& instance) {
  const auto& layer = recurrent(instance);
  const auto& x = instance.inputs[0].dims;
  const int64_t batch = x.d[1];
  const bool extra = layer.getCell() == RecurrentCell::kGRU;  // the bias of the hidden state's share in the new gate
  Descs d;
  d.direction = layer.getReverse() ? dnnl::rnn_direction::unidirectional_right2left
                                   : dnnl::rnn_direction::unidirectional_left2right;
  d.input = plain_desc(to_dims(x));
  d.last_hidden = states_desc(batch, layer.state_size());
  d.last_cell = states_desc(batch, layer.getHiddenSize());
  if (has_states(instance)) {
    d.hidden = d.last_hidden;
    d.cell = d.last_cell;
  }
  d.input_weights = any_desc(plain_desc_of(layer, RecurrentWeights::kINPUT, x.d[2]));
  d.hidden_weights = any_desc(plain_desc_of(layer, RecurrentWeights::kHIDDEN, x.d[2]));
  if (layer.getProjectionSize() > 0) {
    d.projection = any_desc(plain_desc_of(layer, RecurrentWeights::kPROJECTION, x.d[2]));
  }
  d.bias = plain_desc({1, 1, layer.gate_count() + (extra ? 1 : 0), layer.getHiddenSize()});
  d.output = plain_desc(to_dims(instance.outputs[0].dims));
  return d;
}

struct Described {
  dnnl::primitive primitive;
  memory::desc input_weights;
  memory::desc hidden_weights;
  memory::desc projection;
  memory::desc scratchpad;
};

template <typename Primitive>
Described described(const typename Primitive::primitive_desc& desc) {
  return {Primitive(desc), desc.weights_layer_desc(), desc.weights_iter_desc(), {}, desc.scratchpad_desc()};
}

Described describe(const LayerInstance& instance) {
  const auto cell = recurrent(instance).getCell();
  const Descs d = descs_of(instance);
  constexpr auto kInference = dnnl::prop_kind::forward_inference;
  if (cell == RecurrentCell::kLSTM) {
    const dnnl::lstm_forward::primitive_desc desc(cpu_engine(), kInference, d.direction, d.input, d.hidden, d.cell,
                                                  d.input_weights, d.hidden_weights, {}, d.projection, d.bias, d.output,
                                                  d.last_hidden, d.last_cell, attributes());
    auto result = described<dnnl::lstm_forward>(desc);
    if (d.projection.get_ndims() > 0) result.projection = desc.weights_projection_desc();
    return result;
  }
  if (cell == RecurrentCell::kGRU) {
    return described<dnnl::lbr_gru_forward>({cpu_engine(), kInference, d.direction, d.input, d.hidden, d.input_weights,
                                             d.hidden_weights, d.bias, d.output, d.last_hidden, attributes()});
  }
  const auto activation = cell == RecurrentCell::kTANH ? dnnl::algorithm::eltwise_tanh : dnnl::algorithm::eltwise_relu;
  return described<dnnl::vanilla_rnn_forward>({cpu_engine(), kInference, activation, d.direction, d.input, d.hidden,
                                               d.input_weights, d.hidden_weights, d.bias, d.output, d.last_hidden,
                                               attributes()});
}

// Exchanges the first two gates, in place.
void exchange_gates(const IRecurrentLayer& layer, float* elements, int64_t count) {
  const int64_t gate = count / layer.gate_count();
  std::swap_ranges(elements, elements + gate, elements + gate);
}

bool is_update_first(const std::string& layout) { return layout.rfind(kUpdateFirst, 0) == 0; }

// Restores the plain elements, with the gates in the network's order.
void to_plain(const IRecurrentLayer& layer, const WeightBlock& from, const std::string& key, const memory::desc& plain,
              void* to) {
  WeightBlock block = from;
  if (is_update_first(from.layout)) block.layout = from.layout.substr(kUpdateFirst.size());
  unpack(block, key, plain, to);
  if (is_update_first(from.layout)) {
    exchange_gates(layer, static_cast<float*>(to), static_cast<int64_t>(plain.get_size() / sizeof(float)));
  }
}

PackedWeights pack_gates(WeightStore& store, const IRecurrentLayer& layer, RecurrentWeights role,
                         const memory::desc& plain, const memory::desc& wanted) {
  const std::string key = key_of(layer, role);
  if (layer.getCell() != RecurrentCell::kGRU) return pack(store, key, plain, wanted);
  const auto plain_bytes = static_cast<int64_t>(plain.get_size());
  const auto bytes = static_cast<int64_t>(wanted.get_size());
  const auto repack = [&](const WeightBlock& from, void* to) {
    auto elements = allocate_aligned(plain_bytes);
    to_plain(layer, from, key, plain, elements.get());
    exchange_gates(layer, static_cast<float*>(elements.get()), layer.getWeights(role).count);
    WeightStore exchanged;
    exchanged.put(key, {"plain", plain_bytes, elements});
    const PackedWeights packed = pack(exchanged, key, plain, wanted);
    std::memcpy(to, packed.data, static_cast<size_t>(bytes));
  };
  const std::string layout = layout_name(wanted, plain);
  if (!layout.empty()) return {store.get(key, kUpdateFirst + layout, bytes, repack), {}};
  const void* elements = store.get(key, "plain", plain_bytes, {});
  auto copy = allocate_aligned(bytes);
  repack({"plain", plain_bytes, std::shared_ptr<const void>(std::shared_ptr<void>(), elements)}, copy.get());
  return {copy.get(), copy};
}

// Bias in oneDNN's order of gates; a GRU's has one row more.
std::shared_ptr<float> bias_of(WeightStore& store, const IRecurrentLayer& layer) {
  auto joined = joined_biases(store, layer);
  if (layer.getCell() != RecurrentCell::kGRU) return joined;
  const int64_t size = layer.getHiddenSize();
  const auto bytes = static_cast<int64_t>(sizeof(float)) * size;
  const auto bias = std::static_pointer_cast<float>(allocate_aligned(4 * bytes));
  std::memcpy(bias.get(), joined.get(), static_cast<size_t>(3 * bytes));
  exchange_gates(layer, bias.get(), 3 * size);
  const float* hidden = plain_weights(store, layer, RecurrentWeights::kHIDDEN_BIAS);
  std::fill_n(bias.get() + 3 * size, size, 0.0F);
  if (hidden != nullptr) std::memcpy(bias.get() + 3 * size, hidden + 2 * size, static_cast<size_t>(bytes));
  return bias;
}

// For cells without a cell state, output 2 is a copy of output 1.
class WithCopy final : public Kernel {
 public:
  WithCopy(std::unique_ptr<Kernel> kernel, int64_t bytes) : kernel_(std::move(kernel)), bytes_(bytes) {}
  int64_t workspace_bytes() const override { return kernel_->workspace_bytes(); }
  void run(const KernelCall& call) override {
    kernel_->run(call);
    std::memcpy(call.outputs[2], call.outputs[1], static_cast<size_t>(bytes_));
  }

 private:
  std::unique_ptr<Kernel> kernel_;
  int64_t bytes_;
};

class RecurrentTactic final : public PackingTactic {
 public:
  const char* name() const override { return "onednn.recurrent"; }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    const auto basics = check_recurrent(layer, device);
    if (!basics) return basics;
    const auto& recurrent = static_cast<const IRecurrentLayer&>(layer);
    if (layer.getInput(IRecurrentLayer::kLengths) != nullptr) return Decision::no("the sequences have lengths");
    const bool hidden = layer.getInput(IRecurrentLayer::kHiddenState) != nullptr;
    const bool cell = layer.getInput(IRecurrentLayer::kCellState) != nullptr;
    if (recurrent.getCell() == RecurrentCell::kLSTM && hidden != cell)
      return Decision::no("only one of the two states is given");
    return Decision::yes();
  }

  bool takes_format(const network::ILayer&, network::TensorFormat format) const override {
    return format == network::TensorFormat::kLINEAR;
  }

  Implementations implementations(const LayerInstance& instance, const DeviceTarget&) const override {
    if (instance.outputs[0].dims.volume() == 0) return Decision::no("a tensor has no elements");
    try {
      describe(instance);
    } catch (const dnnl::error& error) {
      return declined(error);
    }
    const auto& layer = recurrent(instance);
    const auto& x = instance.inputs[0].dims;
    const auto products = static_cast<double>(layer.getWeights(RecurrentWeights::kINPUT).count +
                                              layer.getWeights(RecurrentWeights::kHIDDEN).count);
    return Implementation{"", roofline_microseconds(instance, 2.0 * products * static_cast<double>(x.d[0] * x.d[1]))};
  }

  bool packs_weights(const LayerInstance&) const override { return true; }

  void unpack_weights(const network::ILayer& layer, const std::string& attribute, const WeightBlock& from,
                      void* to) const override {
    const auto& recurrent = static_cast<const IRecurrentLayer&>(layer);
    const auto role = role_of(attribute);
    const bool is_bias = role == RecurrentWeights::kINPUT_BIAS || role == RecurrentWeights::kHIDDEN_BIAS;
    const auto plain = is_bias ? plain_desc({recurrent.getWeights(role).count})
                               : plain_desc_of(recurrent, role, features_of(recurrent));
    to_plain(recurrent, from, key_of(recurrent, role), plain, to);
  }

  std::unique_ptr<Kernel> prepare(const Implementation&, const LayerInstance& instance, WeightStore& weights,
                                  const DeviceTarget&) const override {
    return with_own_errors([&] { return make_kernel(instance, weights); });
  }

 private:
  static int64_t features_of(const IRecurrentLayer& layer) {
    return layer.getWeights(RecurrentWeights::kINPUT).count / (layer.gate_count() * layer.getHiddenSize());
  }

  static std::unique_ptr<Kernel> make_kernel(const LayerInstance& instance, WeightStore& weights) {
    const auto& layer = recurrent(instance);
    const bool is_lstm = layer.getCell() == RecurrentCell::kLSTM;
    const Described what = describe(instance);
    const Descs d = descs_of(instance);
    KernelBuilder builder;
    const auto fix = [&](int argument, RecurrentWeights role, const memory::desc& wanted) {
      const auto plain = plain_desc_of(layer, role, instance.inputs[0].dims.d[2]);
      auto packed = pack_gates(weights, layer, role, plain, wanted);
      builder.fixed(argument, wanted, packed.data, std::move(packed.owner));
    };
    builder.input(DNNL_ARG_SRC_LAYER, d.input, 0);
    if (has_states(instance)) builder.input(DNNL_ARG_SRC_ITER, d.hidden, IRecurrentLayer::kHiddenState);
    if (has_states(instance) && is_lstm) builder.input(DNNL_ARG_SRC_ITER_C, d.cell, IRecurrentLayer::kCellState);
    fix(DNNL_ARG_WEIGHTS_LAYER, RecurrentWeights::kINPUT, what.input_weights);
    fix(DNNL_ARG_WEIGHTS_ITER, RecurrentWeights::kHIDDEN, what.hidden_weights);
    if (layer.getProjectionSize() > 0) fix(DNNL_ARG_WEIGHTS_PROJECTION, RecurrentWeights::kPROJECTION, what.projection);
    const auto bias = bias_of(weights, layer);
    builder.fixed(DNNL_ARG_BIAS, d.bias, bias.get(), bias);
    builder.output(DNNL_ARG_DST_LAYER, d.output, 0);
    builder.output(DNNL_ARG_DST_ITER, d.last_hidden, 1);
    if (is_lstm) builder.output(DNNL_ARG_DST_ITER_C, d.last_cell, 2);
    auto kernel = builder.build(what.primitive, what.scratchpad);
    if (is_lstm) return kernel;
    return std::make_unique<WithCopy>(std::move(kernel), instance.outputs[1].bytes());
  }
};

}  // namespace

std::unique_ptr<Tactic> make_recurrent() { return std::make_unique<RecurrentTactic>(); }

}  // namespace torch_tensorrt::engine::onednn
