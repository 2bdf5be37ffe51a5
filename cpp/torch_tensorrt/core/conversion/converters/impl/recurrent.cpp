#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

// Recurrent networks: cells as they are, layers of cells unrolled over the steps of a known length, or of packed
// sequences of known lengths.
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

// Part i of the gates, which lie one after the other along the last dimension.
ITensor* gate(ConversionCtx* ctx, ITensor* gates, int64_t i, int64_t size) {
  return slice_dim(ctx, gates, rank(gates) - 1, i * size, size);
}

struct State {
  ITensor* hidden = nullptr;
  ITensor* cell = nullptr;  // of an LSTM
};

// One step from what the input and what the hidden state give, biases included.
using Step = State (*)(ConversionCtx* ctx, ITensor* from_input, ITensor* from_hidden, const State& state, int64_t size);

// Gates in PyTorch's order: input, forget, cell, output.
State lstm_step(ConversionCtx* ctx, ITensor* from_input, ITensor* from_hidden, const State& state, int64_t size) {
  auto* gates = add(ctx, from_input, from_hidden);
  const auto sigmoid = [&](int64_t i) { return apply(ctx, ActivationType::kSIGMOID, gate(ctx, gates, i, size)); };
  auto* candidate = apply(ctx, ActivationType::kTANH, gate(ctx, gates, 2, size));
  auto* cell = add(ctx, multiply(ctx, sigmoid(1), state.cell), multiply(ctx, sigmoid(0), candidate));
  return {multiply(ctx, sigmoid(3), apply(ctx, ActivationType::kTANH, cell)), cell};
}

// Gates in PyTorch's order: reset, update, new; reset scales what the hidden state gives, its bias included.
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

ITensor* optional_tensor(ConversionCtx* ctx, Var& arg) { return is_none(arg) ? nullptr : arg.ITensorOrFreeze(ctx); }

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
  TORCHTRT_CHECK(states.size() == 2, util::node_info(n) << ": " << states.size() << " states, an LSTM has 2");
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
                 util::node_info(n) << ": " << parameters.size() << " parameters for " << count
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

struct Run {
  std::vector<ITensor*> outputs;  // one a step, each 1 x N x H
  State last;
};

// Of the cell; a projected hidden state is smaller.
int64_t state_size(const Weights& weights) {
  const auto& hidden_weights = weights.projection != nullptr ? *weights.projection : *weights.hidden;
  return hidden_weights.getDimensions().d[1];
}

// x: T x N x I. The input's share of all steps is one product.
Run run_direction(ConversionCtx* ctx, const torch::jit::Node* n, Step step, ITensor* x, const Weights& weights,
                  State state, bool backward) {
  const int64_t steps = known_size(n, x, 0, "the steps of a recurrent network are unrolled");
  const int64_t size = state_size(weights);
  auto* from_input = project(ctx, x, weights.input, weights.input_bias);
  Run run;
  run.outputs.resize(steps);
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t t = backward ? steps - 1 - i : i;
    auto* from_hidden = project(ctx, state.hidden, weights.hidden, weights.hidden_bias);
    state = step(ctx, slice_dim(ctx, from_input, 0, t, 1), from_hidden, state, size);
    if (weights.projection != nullptr) state.hidden = project(ctx, state.hidden, weights.projection, nullptr);
    run.outputs[t] = state.hidden;
  }
  run.last = state;
  return run;
}

// Layer i of a stack of states (layers * directions x N x H).
ITensor* state_of(ConversionCtx* ctx, ITensor* states, int64_t i) {
  return states == nullptr ? nullptr : slice_dim(ctx, states, 0, i, 1);
}

struct Stack {
  ITensor* output;
  ITensor* hidden;
  ITensor* cell;
};

Stack run_stack(ConversionCtx* ctx, const torch::jit::Node* n, Step step, ITensor* x, const State& start,
                const std::vector<Weights>& weights, const Layout& layout) {
  const int64_t directions = layout.bidirectional ? 2 : 1;
  std::vector<ITensor*> hidden;
  std::vector<ITensor*> cells;
  for (int64_t layer = 0; layer < layout.layers; ++layer) {
    std::vector<ITensor*> sides;
    for (int64_t side = 0; side < directions; ++side) {
      const int64_t i = layer * directions + side;
      const State state{state_of(ctx, start.hidden, i), state_of(ctx, start.cell, i)};
      const Run run = run_direction(ctx, n, step, x, weights[i], state, side == 1);
      sides.push_back(join(ctx, run.outputs, 0));
      hidden.push_back(run.last.hidden);
      if (run.last.cell != nullptr) cells.push_back(run.last.cell);
    }
    x = join(ctx, sides, 2);
  }
  return {x, join(ctx, hidden, 0), cells.empty() ? nullptr : join(ctx, cells, 0)};
}

// (input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first); hx is a list for an LSTM.
OpConverter recurrent(Step step, bool is_lstm) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const Layout layout{args[3].unwrapToBool(), args[4].unwrapToInt(), args[7].unwrapToBool(), args[8].unwrapToBool()};
    TORCHTRT_CHECK(!args[6].unwrapToBool(), util::node_info(n) << ": train is true; call eval() on the module first");
    auto* x = args[0].ITensorOrFreeze(ctx);
    State start;
    if (is_lstm) {
      const auto states = tensor_list(ctx, args[1]);
      TORCHTRT_CHECK(states.size() == 2, util::node_info(n) << ": " << states.size() << " states, an LSTM has 2");
      start = {states[0], states[1]};
    } else {
      start.hidden = args[1].ITensorOrFreeze(ctx);
    }
    const bool batched = rank(x) == 3;
    if (!batched) {
      x = replace_dims(ctx, x, 1, 1, {1});
      start.hidden = replace_dims(ctx, start.hidden, 1, 1, {1});
      if (start.cell != nullptr) start.cell = replace_dims(ctx, start.cell, 1, 1, {1});
    }
    const bool swapped = layout.batch_first && batched;
    if (swapped) x = transpose(ctx, x, {1, 0, 2});
    const auto weights = read_weights(n, tensor_list(ctx, args[2]), layout, is_lstm);
    Stack stack = run_stack(ctx, n, step, x, start, weights, layout);
    if (swapped) stack.output = transpose(ctx, stack.output, {1, 0, 2});
    std::vector<ITensor*> results = {stack.output, stack.hidden};
    if (is_lstm) results.push_back(stack.cell);
    for (size_t i = 0; i < results.size(); ++i) {
      finish(ctx, n, batched ? results[i] : replace_dims(ctx, results[i], 1, 2, {}), i);
    }
    return true;
  };
}

// ---- packed sequences -------------------------------------------------------------------------------------------

// Sequences of several lengths, the longest first, packed step by step: so many rows of each step, one a sequence that
// is as long. The sizes are known while converting.
std::vector<int64_t> known_sizes(const torch::jit::Node* n, Var& arg) {
  TORCHTRT_CHECK(!arg.isITensor(),
                 util::node_info(n) << ": the lengths of the packed sequences depend on the inputs, and they say how "
                                       "large each step is; give lengths that are constants of the model, or run "
                                       "the layer on the padded batch");
  const auto sizes = arg.unwrapToTensor().to(at::kLong).contiguous();
  return {sizes.const_data_ptr<int64_t>(), sizes.const_data_ptr<int64_t>() + sizes.numel()};
}

ITensor* rows_of(ConversionCtx* ctx, ITensor* x, int64_t start, int64_t count) {
  return x == nullptr ? nullptr : slice_dim(ctx, x, 0, start, count);
}

State rows_of(ConversionCtx* ctx, const State& state, int64_t start, int64_t count) {
  return {rows_of(ctx, state.hidden, start, count), rows_of(ctx, state.cell, start, count)};
}

State join_rows(ConversionCtx* ctx, const State& first, const State& second) {
  const bool has_cell = first.cell != nullptr;
  return {join(ctx, {first.hidden, second.hidden}, 0), has_cell ? join(ctx, {first.cell, second.cell}, 0) : nullptr};
}

// data: rows x I, state: N x H. Forward, the states of sequences that have ended wait for the end; backward, a sequence
// joins with its first state where it ends.
Run run_packed_direction(ConversionCtx* ctx, const torch::jit::Node* n, Step step, ITensor* data,
                         const std::vector<int64_t>& sizes, const Weights& weights, const State& start, bool backward) {
  TORCHTRT_CHECK(!sizes.empty(), util::node_info(n) << ": there are no packed sequences");
  const int64_t size = state_size(weights);
  const auto steps = static_cast<int64_t>(sizes.size());
  std::vector<int64_t> offsets(steps, 0);
  for (int64_t t = 1; t < steps; ++t) offsets[t] = offsets[t - 1] + sizes[t - 1];
  auto* from_input = project(ctx, data, weights.input, weights.input_bias);
  int64_t count = backward ? sizes.back() : sizes.front();
  State state = rows_of(ctx, start, 0, count);
  std::vector<State> ended;
  Run run;
  run.outputs.resize(steps);
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t t = backward ? steps - 1 - i : i;
    if (sizes[t] < count) {
      ended.push_back(rows_of(ctx, state, sizes[t], count - sizes[t]));
      state = rows_of(ctx, state, 0, sizes[t]);
    } else if (sizes[t] > count) {
      state = join_rows(ctx, state, rows_of(ctx, start, count, sizes[t] - count));
    }
    count = sizes[t];
    auto* from_hidden = project(ctx, state.hidden, weights.hidden, weights.hidden_bias);
    state = step(ctx, slice_dim(ctx, from_input, 0, offsets[t], count), from_hidden, state, size);
    if (weights.projection != nullptr) state.hidden = project(ctx, state.hidden, weights.projection, nullptr);
    run.outputs[t] = state.hidden;
  }
  for (; !ended.empty(); ended.pop_back()) state = join_rows(ctx, state, ended.back());
  run.last = state;
  return run;
}

// (data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional); hx is a list for an LSTM.
OpConverter packed(Step step, bool is_lstm) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    const Layout layout{args[4].unwrapToBool(), args[5].unwrapToInt(), args[8].unwrapToBool(), false};
    TORCHTRT_CHECK(!args[7].unwrapToBool(), util::node_info(n) << ": train is true; call eval() on the module first");
    const auto sizes = known_sizes(n, args[1]);
    const auto states = is_lstm ? tensor_list(ctx, args[2]) : std::vector<ITensor*>{args[2].ITensorOrFreeze(ctx)};
    const auto weights = read_weights(n, tensor_list(ctx, args[3]), layout, is_lstm);
    auto* x = args[0].ITensorOrFreeze(ctx);
    std::vector<ITensor*> hidden;
    std::vector<ITensor*> cells;
    const int64_t directions = layout.bidirectional ? 2 : 1;
    for (int64_t layer = 0; layer < layout.layers; ++layer) {
      std::vector<ITensor*> sides;
      for (int64_t side = 0; side < directions; ++side) {
        const int64_t i = layer * directions + side;
        const auto first = [&](ITensor* all) { return replace_dims(ctx, state_of(ctx, all, i), 0, 2, {-1}); };
        const State start{first(states[0]), is_lstm ? first(states[1]) : nullptr};
        const Run run = run_packed_direction(ctx, n, step, x, sizes, weights[i], start, side == 1);
        sides.push_back(join(ctx, run.outputs, 0));
        hidden.push_back(replace_dims(ctx, run.last.hidden, 0, 0, {1}));
        if (is_lstm) cells.push_back(replace_dims(ctx, run.last.cell, 0, 0, {1}));
      }
      x = join(ctx, sides, 1);
    }
    finish(ctx, n, x, 0);
    finish(ctx, n, join(ctx, hidden, 0), 1);
    return is_lstm ? finish(ctx, n, join(ctx, cells, 0), 2) : true;
  };
}

ITensor* known_indices(ConversionCtx* ctx, const std::vector<int64_t>& places) {
  return tensor_to_const(ctx, at::tensor(places, at::TensorOptions().dtype(at::kLong)));
}

// (input, lengths, batch_first) -> rows, batch_sizes
bool pack(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto lengths = known_sizes(n, args[1]);
  const bool batch_first = args[2].unwrapToBool();
  const int64_t batch = known_size(n, x, batch_first ? 0 : 1, "each of its sequences has a length");
  const int64_t steps = known_size(n, x, batch_first ? 1 : 0, "the sequences are packed step by step");
  // PyTorch checks the lengths.
  const auto like = at::zeros(batch_first ? std::vector<int64_t>{batch, steps} : std::vector<int64_t>{steps, batch});
  const auto sizes = std::get<1>(at::_pack_padded_sequence(like, at::tensor(lengths, at::kLong), batch_first));
  std::vector<int64_t> places;
  for (int64_t t = 0; t < sizes.numel(); ++t) {
    for (int64_t i = 0; i < sizes[t].item<int64_t>(); ++i)
      places.push_back(batch_first ? i * steps + t : t * batch + i);
  }
  auto* rows = replace_dims(ctx, x, 0, 2, {batch * steps});
  finish(ctx, n, ctx->net->addGather(*rows, *known_indices(ctx, places), 0)->getOutput(0), 0);
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
  auto shape = data->getDimensions();
  TORCHTRT_CHECK(shape.is_static(),
                 util::node_info(n) << ": the dims of the data must be known, they are " << nvinfer1::to_string(shape));
  const int64_t padding = shape.d[0];  // the row behind the data
  auto places = at::full({wanted > 0 ? wanted : steps, sizes[0]}, padding, at::kLong);
  auto lengths = at::zeros({sizes[0]}, at::kLong);
  int64_t row = 0;
  for (int64_t t = 0; t < steps; ++t) {
    places[t].slice(0, 0, sizes[t]).copy_(at::arange(row, row + sizes[t], at::kLong));
    lengths.slice(0, 0, sizes[t]).add_(1);
    row += sizes[t];
  }
  if (batch_first) places = places.t().contiguous();
  auto one_row = shape.to_vector();
  one_row[0] = 1;
  auto* padding_row =
      tensor_to_const(ctx, at::full(one_row, args[3].unwrapToScalar(), at::TensorOptions().dtype(scalar_type(data))));
  auto* rows = join(ctx, {data, padding_row}, 0);
  finish(ctx, n, ctx->net->addGather(*rows, *tensor_to_const(ctx, places), 0)->getOutput(0), 0);
  ctx->AssociateValueAndIValue(n->outputs()[1], lengths);
  return true;
}

}  // namespace

Family recurrent_family() {
  return {
      {"aten::lstm_cell", lstm_cell},
      {"aten::gru_cell", cell(gru_step)},
      {"aten::rnn_tanh_cell", cell(tanh_step)},
      {"aten::rnn_relu_cell", cell(relu_step)},
      {"aten::lstm.data", packed(lstm_step, /*is_lstm=*/true)},
      {"aten::gru.data", packed(gru_step, /*is_lstm=*/false)},
      {"aten::rnn_tanh.data", packed(tanh_step, /*is_lstm=*/false)},
      {"aten::rnn_relu.data", packed(relu_step, /*is_lstm=*/false)},
      {"aten::_pack_padded_sequence", pack},
      {"aten::_pad_packed_sequence", pad_packed},
      {"aten::lstm.input", recurrent(lstm_step, /*is_lstm=*/true)},
      {"aten::gru.input", recurrent(gru_step, /*is_lstm=*/false)},
      {"aten::rnn_tanh.input", recurrent(tanh_step, /*is_lstm=*/false)},
      {"aten::rnn_relu.input", recurrent(relu_step, /*is_lstm=*/false)},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
