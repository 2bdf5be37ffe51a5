#include <algorithm>

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

// Recurrent networks: cells as they are, layers of cells unrolled over the steps of a known length.
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

// x: T x N x I. The input's share of all steps is one product.
Run run_direction(ConversionCtx* ctx, const torch::jit::Node* n, Step step, ITensor* x, const Weights& weights,
                  State state, bool backward) {
  const int64_t steps = known_size(n, x, 0, "the steps of a recurrent network are unrolled");
  // A projected hidden state is smaller than the cell's.
  const auto& hidden_weights = weights.projection != nullptr ? *weights.projection : *weights.hidden;
  const int64_t size = hidden_weights.getDimensions().d[1];
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

}  // namespace

Family recurrent_family() {
  return {
      {"aten::lstm_cell", lstm_cell},
      {"aten::gru_cell", cell(gru_step)},
      {"aten::rnn_tanh_cell", cell(tanh_step)},
      {"aten::rnn_relu_cell", cell(relu_step)},
      {"aten::lstm.input", recurrent(lstm_step, /*is_lstm=*/true)},
      {"aten::gru.input", recurrent(gru_step, /*is_lstm=*/false)},
      {"aten::rnn_tanh.input", recurrent(tanh_step, /*is_lstm=*/false)},
      {"aten::rnn_relu.input", recurrent(relu_step, /*is_lstm=*/false)},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
