#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

// Recurrent networks. A cell becomes simple layers, a stack of cells becomes recurrent layers. The lengths of packed
// sequences must be known.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ActivationType;
using nvinfer1::ElementWiseOperation;

ITensor* add(ConversionCtx* ctx, ITensor* a, ITensor* b) { return apply(ctx, ElementWiseOperation::kSUM, a, b); }
ITensor* multiply(ConversionCtx* ctx, ITensor* a, ITensor* b) { return apply(ctx, ElementWiseOperation::kPROD, a, b); }

// x W^T + bias
ITensor* project(ConversionCtx* ctx, ITensor* x, ITensor* weight, ITensor* bias) {
  auto* out = matrix_product(ctx, x, weight, /*transpose_b=*/true);
  return bias == nullptr ? out : add(ctx, out, bias);
}

// Part i of the gates, which are concatenated along the last dimension.
ITensor* gate(ConversionCtx* ctx, ITensor* gates, int64_t i, int64_t size) {
  return slice_dim(ctx, gates, rank(gates) - 1, i * size, size);
}

struct State {
  ITensor* hidden = nullptr;
  ITensor* cell = nullptr;  // LSTM only
};

// One step of a cell, from the projections of the input and of the hidden state, which include the biases.
using Step = State (*)(ConversionCtx* ctx, ITensor* from_input, ITensor* from_hidden, const State& state, int64_t size);

// Gates in PyTorch's order: input, forget, cell, output.
State lstm_step(ConversionCtx* ctx, ITensor* from_input, ITensor* from_hidden, const State& state, int64_t size) {
  auto* gates = add(ctx, from_input, from_hidden);
  const auto sigmoid = [&](int64_t i) { return apply(ctx, ActivationType::kSIGMOID, gate(ctx, gates, i, size)); };
  auto* candidate = apply(ctx, ActivationType::kTANH, gate(ctx, gates, 2, size));
  auto* cell = add(ctx, multiply(ctx, sigmoid(1), state.cell), multiply(ctx, sigmoid(0), candidate));
  return {multiply(ctx, sigmoid(3), apply(ctx, ActivationType::kTANH, cell)), cell};
}

// Gates in PyTorch's order: reset, update, new. The reset gate scales the hidden state's projection with its bias.
State gru_step(ConversionCtx* ctx, ITensor* from_input, ITensor* from_hidden, const State& state, int64_t size) {
  const auto sigmoid = [&](int64_t i) {
    auto* sum = add(ctx, gate(ctx, from_input, i, size), gate(ctx, from_hidden, i, size));
    return apply(ctx, ActivationType::kSIGMOID, sum);
  };
  auto* reset = multiply(ctx, sigmoid(0), gate(ctx, from_hidden, 2, size));
  auto* fresh = apply(ctx, ActivationType::kTANH, add(ctx, gate(ctx, from_input, 2, size), reset));
  auto* old = apply(ctx, ElementWiseOperation::kSUB, state.hidden, fresh);
  return {add(ctx, fresh, multiply(ctx, sigmoid(1), old)), nullptr};
}

State tanh_step(ConversionCtx* ctx, ITensor* from_input, ITensor* from_hidden, const State&, int64_t) {
  return {apply(ctx, ActivationType::kTANH, add(ctx, from_input, from_hidden)), nullptr};
}

State relu_step(ConversionCtx* ctx, ITensor* from_input, ITensor* from_hidden, const State&, int64_t) {
  return {apply(ctx, ActivationType::kRELU, add(ctx, from_input, from_hidden)), nullptr};
}

// ---- cells ------------------------------------------------------------------------------------------------------

// (input, hx, w_ih, w_hh, b_ih, b_hh)
OpConverter cell(Step step) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = args[0].ITensorOrFreeze(ctx);
    const State state{args[1].ITensorOrFreeze(ctx), nullptr};
    auto* from_input = project(ctx, input, args[2].ITensorOrFreeze(ctx), optional_tensor(ctx, args[4]));
    auto* weight = args[3].ITensorOrFreeze(ctx);
    auto* from_hidden = project(ctx, state.hidden, weight, optional_tensor(ctx, args[5]));
    return finish(ctx, n, step(ctx, from_input, from_hidden, state, weight->getDimensions().d[1]).hidden);
  };
}

bool lstm_cell(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto states = tensor_list(ctx, args[1]);
  TORCHTRT_CHECK(states.size() == 2, util::node_info(n) << ": " << states.size() << " states are given, must be 2");
  auto* input = args[0].ITensorOrFreeze(ctx);
  auto* from_input = project(ctx, input, args[2].ITensorOrFreeze(ctx), optional_tensor(ctx, args[4]));
  auto* weight = args[3].ITensorOrFreeze(ctx);
  auto* from_hidden = project(ctx, states[0], weight, optional_tensor(ctx, args[5]));
  const State next = lstm_step(ctx, from_input, from_hidden, {states[0], states[1]}, weight->getDimensions().d[1]);
  finish(ctx, n, next.hidden, 0);
  return finish(ctx, n, next.cell, 1);
}

// ---- layers of cells --------------------------------------------------------------------------------------------

struct Layout {
  bool has_biases;
  int64_t layers;
  bool bidirectional;
  bool batch_first;
};

// The weights of one layer in one direction.
struct Weights {
  ITensor* input;
  ITensor* hidden;
  ITensor* input_bias = nullptr;
  ITensor* hidden_bias = nullptr;
  ITensor* projection = nullptr;  // of an LSTM's hidden state
};

std::vector<Weights> read_weights(const torch::jit::Node* n, const std::vector<ITensor*>& parameters,
                                  const Layout& layout, bool is_lstm) {
  const auto count = static_cast<size_t>(layout.layers * (layout.bidirectional ? 2 : 1));
  const size_t each = parameters.size() / std::max<size_t>(count, 1);
  const size_t plain = layout.has_biases ? 4 : 2;
  const bool projects = is_lstm && each == plain + 1;
  TORCHTRT_CHECK(each * count == parameters.size() && (each == plain || projects),
                 util::node_info(n) << ": " << parameters.size() << " parameters are given for " << count
                                    << " layers, each needs " << plain
                                    << (is_lstm ? ", or one more for a projection" : ""));
  std::vector<Weights> weights;
  for (size_t i = 0; i < count; ++i) {
    Weights one{parameters[i * each], parameters[i * each + 1]};
    if (layout.has_biases) {
      one.input_bias = parameters[i * each + 2];
      one.hidden_bias = parameters[i * each + 3];
    }
    if (projects) one.projection = parameters[i * each + plain];
    weights.push_back(one);
  }
  return weights;
}

constexpr auto kLSTM = nvinfer1::RecurrentCell::kLSTM;
constexpr auto kGRU = nvinfer1::RecurrentCell::kGRU;
constexpr auto kTANH = nvinfer1::RecurrentCell::kTANH;
constexpr auto kRELU = nvinfer1::RecurrentCell::kRELU;

// Constants become attributes of the layer.
void set_weights(nvinfer1::IRecurrentLayer* layer, nvinfer1::RecurrentWeights role, ITensor* tensor) {
  if (tensor == nullptr) return;
  if (const auto* constant = nvinfer1::layer_cast<nvinfer1::IConstantLayer>(tensor->producer())) {
    layer->setWeights(role, constant->getWeights());
    return;
  }
  layer->setWeights(role, *tensor);
}

// x: T x N x I; states: 1 x N x H. `lengths` (null: all steps) has one entry per sequence.
nvinfer1::IRecurrentLayer* add_layer(ConversionCtx* ctx, const torch::jit::Node* n, nvinfer1::RecurrentCell cell,
                                     ITensor* x, const Weights& weights, const State& start, ITensor* lengths,
                                     bool backward) {
  using Role = nvinfer1::RecurrentWeights;
  const bool projects = weights.projection != nullptr;
  const auto hidden_dims = weights.hidden->getDimensions();
  const auto projection_dims = projects ? weights.projection->getDimensions() : nvinfer1::Dims();
  TORCHTRT_CHECK(hidden_dims.is_static() && projection_dims.is_static(),
                 util::node_info(n) << ": the dims of computed weights must be known, they are "
                                    << nvinfer1::to_string(hidden_dims));
  auto* layer = ctx->net->addRecurrent(*x, cell, projects ? projection_dims.d[1] : hidden_dims.d[1]);
  if (projects) layer->setProjectionSize(projection_dims.d[0]);
  layer->setReverse(backward);
  set_weights(layer, Role::kINPUT, weights.input);
  set_weights(layer, Role::kHIDDEN, weights.hidden);
  set_weights(layer, Role::kINPUT_BIAS, weights.input_bias);
  set_weights(layer, Role::kHIDDEN_BIAS, weights.hidden_bias);
  set_weights(layer, Role::kPROJECTION, weights.projection);
  if (lengths != nullptr) layer->setLengths(*lengths);
  layer->setHiddenState(*start.hidden);
  if (start.cell != nullptr) layer->setCellState(*start.cell);
  return layer;
}

struct Stack {
  ITensor* output;
  ITensor* hidden;
  ITensor* cell;
};

// x: T x N x I; states: layers * directions x N x H.
Stack run_stack(ConversionCtx* ctx, const torch::jit::Node* n, nvinfer1::RecurrentCell cell, ITensor* x,
                const State& start, const std::vector<Weights>& weights, const Layout& layout,
                ITensor* lengths = nullptr) {
  const auto state_of = [&](ITensor* states, int64_t i) {
    return states == nullptr ? nullptr : slice_dim(ctx, states, 0, i, 1);
  };
  const int64_t directions = layout.bidirectional ? 2 : 1;
  std::vector<ITensor*> hidden;
  std::vector<ITensor*> cells;
  for (int64_t layer = 0; layer < layout.layers; ++layer) {
    std::vector<ITensor*> sides;
    for (int64_t side = 0; side < directions; ++side) {
      const int64_t i = layer * directions + side;
      const State state{state_of(start.hidden, i), state_of(start.cell, i)};
      const auto* run = add_layer(ctx, n, cell, x, weights[i], state, lengths, side == 1);
      sides.push_back(run->getOutput(0));
      hidden.push_back(run->getOutput(1));
      cells.push_back(run->getOutput(2));
    }
    x = join(ctx, sides, 2);
  }
  return {x, join(ctx, hidden, 0), cell == kLSTM ? join(ctx, cells, 0) : nullptr};
}

State read_states(ConversionCtx* ctx, const torch::jit::Node* n, nvinfer1::RecurrentCell cell, Var& arg) {
  if (cell != kLSTM) return {arg.ITensorOrFreeze(ctx), nullptr};
  const auto states = tensor_list(ctx, arg);
  TORCHTRT_CHECK(states.size() == 2, util::node_info(n) << ": " << states.size() << " states are given, must be 2");
  return {states[0], states[1]};
}

// (input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first); hx is a list for an LSTM.
OpConverter recurrent(nvinfer1::RecurrentCell cell) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const Layout layout{args[3].unwrapToBool(), args[4].unwrapToInt(), args[7].unwrapToBool(), args[8].unwrapToBool()};
    TORCHTRT_CHECK(!args[6].unwrapToBool(), util::node_info(n) << ": train is true; call eval() on the module first");
    auto* x = args[0].ITensorOrFreeze(ctx);
    State start = read_states(ctx, n, cell, args[1]);
    const bool batched = rank(x) == 3;
    if (!batched) {
      x = replace_dims(ctx, x, 1, 1, {1});
      start.hidden = replace_dims(ctx, start.hidden, 1, 1, {1});
      if (start.cell != nullptr) start.cell = replace_dims(ctx, start.cell, 1, 1, {1});
    }
    const bool swapped = layout.batch_first && batched;
    if (swapped) x = transpose(ctx, x, {1, 0, 2});
    const auto weights = read_weights(n, tensor_list(ctx, args[2]), layout, cell == kLSTM);
    Stack stack = run_stack(ctx, n, cell, x, start, weights, layout);
    if (swapped) stack.output = transpose(ctx, stack.output, {1, 0, 2});
    std::vector<ITensor*> results = {stack.output, stack.hidden};
    if (cell == kLSTM) results.push_back(stack.cell);
    for (size_t i = 0; i < results.size(); ++i) {
      finish(ctx, n, batched ? results[i] : replace_dims(ctx, results[i], 1, 2, {}), i);
    }
    return true;
  };
}

// ---- packed sequences -------------------------------------------------------------------------------------------

// Sequences of different lengths, sorted by decreasing length and packed step by step. Entry t is the number of rows of
// step t: one for each sequence longer than t. The sizes are known while converting.
std::vector<int64_t> known_sizes(const torch::jit::Node* n, Var& arg) {
  TORCHTRT_CHECK(!arg.isITensor(),
                 util::node_info(n)
                     << ": the lengths of the packed sequences depend on the inputs, but must be known, "
                        "because they give the size of each step; give lengths that are constants of the model, or run "
                        "the layer on the padded batch");
  const auto sizes = arg.unwrapToTensor().to(at::kLong).contiguous();
  return {sizes.const_data_ptr<int64_t>(), sizes.const_data_ptr<int64_t>() + sizes.numel()};
}

// The places of the elements of packed sequences, in padded and in packed order.
struct Packing {
  at::Tensor places;   // steps x N: the row of the packed data, or the row after it
  at::Tensor lengths;  // N
  int64_t rows;        // of the packed data
};

Packing packing_of(const torch::jit::Node* n, const std::vector<int64_t>& sizes, int64_t steps) {
  TORCHTRT_CHECK(!sizes.empty(), util::node_info(n) << ": there are no packed sequences");
  Packing packing{at::empty({steps, sizes[0]}, at::kLong), at::zeros({sizes[0]}, at::kLong), 0};
  for (const int64_t size : sizes) packing.rows += size;
  packing.places.fill_(packing.rows);
  int64_t row = 0;
  for (size_t t = 0; t < sizes.size(); ++t) {
    packing.places[static_cast<int64_t>(t)].slice(0, 0, sizes[t]).copy_(at::arange(row, row + sizes[t], at::kLong));
    packing.lengths.slice(0, 0, sizes[t]).add_(1);
    row += sizes[t];
  }
  return packing;
}

// Rows x ... -> steps x N x ...; fills places after the end of a sequence with the padding value.
ITensor* unpack(ConversionCtx* ctx, ITensor* data, const at::Tensor& places, const at::Scalar& padding) {
  auto one_row = data->getDimensions().to_vector();
  one_row[0] = 1;
  auto* padding_row = tensor_constant(ctx, at::full(one_row, padding, at::TensorOptions().dtype(scalar_type(data))));
  auto* rows = join(ctx, {data, padding_row}, 0);
  return ctx->net->addGather(*rows, *tensor_constant(ctx, places), 0)->getOutput(0);
}

// (data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional); hx is a list for an LSTM.
// Runs the layers on the padded batch.
OpConverter packed(nvinfer1::RecurrentCell cell) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const Layout layout{args[4].unwrapToBool(), args[5].unwrapToInt(), args[8].unwrapToBool(), false};
    TORCHTRT_CHECK(!args[7].unwrapToBool(), util::node_info(n) << ": train is true; call eval() on the module first");
    const auto sizes = known_sizes(n, args[1]);
    const Packing packing = packing_of(n, sizes, static_cast<int64_t>(sizes.size()));
    const State start = read_states(ctx, n, cell, args[2]);
    const auto weights = read_weights(n, tensor_list(ctx, args[3]), layout, cell == kLSTM);
    auto* data = args[0].ITensorOrFreeze(ctx);
    const bool one_length = sizes.back() == sizes.front();
    auto* x = unpack(ctx, data, packing.places, 0);
    auto* lengths = one_length ? nullptr : tensor_constant(ctx, packing.lengths);
    const Stack stack = run_stack(ctx, n, cell, x, start, weights, layout, lengths);
    // Selects the packed rows from the padded batch.
    const auto flat = packing.places.reshape({-1});
    const auto places = flat.lt(packing.rows).nonzero().reshape({-1});
    auto* rows = replace_dims(ctx, stack.output, 0, 2, {flat.numel()});
    finish(ctx, n, ctx->net->addGather(*rows, *tensor_constant(ctx, places), 0)->getOutput(0), 0);
    finish(ctx, n, stack.hidden, 1);
    return cell == kLSTM ? finish(ctx, n, stack.cell, 2) : true;
  };
}

// (input, lengths, batch_first) -> rows, batch_sizes
bool pack(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto lengths = known_sizes(n, args[1]);
  const bool batch_first = args[2].unwrapToBool();
  const int64_t batch = known_size(n, x, batch_first ? 0 : 1, "each of its sequences has a length");
  const int64_t steps = known_size(n, x, batch_first ? 1 : 0, "the sequences are packed step by step");
  // Lets PyTorch check the lengths.
  const auto like = at::zeros(batch_first ? std::vector<int64_t>{batch, steps} : std::vector<int64_t>{steps, batch});
  const auto sizes = std::get<1>(at::_pack_padded_sequence(like, at::tensor(lengths, at::kLong), batch_first));
  std::vector<int64_t> places;
  for (int64_t t = 0; t < sizes.numel(); ++t) {
    for (int64_t i = 0; i < sizes[t].item<int64_t>(); ++i)
      places.push_back(batch_first ? i * steps + t : t * batch + i);
  }
  auto* rows = replace_dims(ctx, x, 0, 2, {batch * steps});
  finish(ctx, n, ctx->net->addGather(*rows, *index_constant(ctx, places), 0)->getOutput(0), 0);
  ctx->AssociateValueAndIValue(n->outputs()[1], sizes);
  return true;
}

// (data, batch_sizes, batch_first, padding_value, total_length) -> padded, lengths
bool pad_packed(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* data = args[0].ITensorOrFreeze(ctx);
  const auto sizes = known_sizes(n, args[1]);
  TORCHTRT_CHECK(!sizes.empty(), util::node_info(n) << ": there are no packed sequences");
  const bool batch_first = args[2].unwrapToBool();
  const auto steps = static_cast<int64_t>(sizes.size());
  const int64_t wanted = args[4].unwrapToInt();
  TORCHTRT_CHECK(wanted <= 0 || wanted >= steps,
                 util::node_info(n) << ": total_length is " << wanted
                                    << ", must be at least the length of the longest sequence, " << steps);
  const auto shape = data->getDimensions();
  TORCHTRT_CHECK(shape.is_static(),
                 util::node_info(n) << ": the dims of the data must be known, they are " << nvinfer1::to_string(shape));
  const Packing packing = packing_of(n, sizes, wanted > 0 ? wanted : steps);
  const auto places = batch_first ? packing.places.t().contiguous() : packing.places;
  finish(ctx, n, unpack(ctx, data, places, args[3].unwrapToScalar()), 0);
  ctx->AssociateValueAndIValue(n->outputs()[1], packing.lengths);
  return true;
}

}  // namespace

Family recurrent_family() {
  return {
      {"aten::lstm_cell", lstm_cell},
      {"aten::gru_cell", cell(gru_step)},
      {"aten::rnn_tanh_cell", cell(tanh_step)},
      {"aten::rnn_relu_cell", cell(relu_step)},
      {"aten::lstm.data", packed(kLSTM)},
      {"aten::gru.data", packed(kGRU)},
      {"aten::rnn_tanh.data", packed(kTANH)},
      {"aten::rnn_relu.data", packed(kRELU)},
      {"aten::_pack_padded_sequence", pack},
      {"aten::_pad_packed_sequence", pad_packed},
      {"aten::lstm.input", recurrent(kLSTM)},
      {"aten::gru.input", recurrent(kGRU)},
      {"aten::rnn_tanh.input", recurrent(kTANH)},
      {"aten::rnn_relu.input", recurrent(kRELU)},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
