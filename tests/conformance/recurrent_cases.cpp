#include <algorithm>
#include <cmath>
#include <optional>

#include "conformance/bounds.h"
#include "conformance/case.h"

namespace torch_tensorrt::conformance {
namespace {

using network::IRecurrentLayer;
using network::RecurrentCell;
using network::RecurrentWeights;

constexpr RecurrentWeights kRoles[] = {RecurrentWeights::kINPUT, RecurrentWeights::kHIDDEN,
                                       RecurrentWeights::kINPUT_BIAS, RecurrentWeights::kHIDDEN_BIAS,
                                       RecurrentWeights::kPROJECTION};

struct Recurrent {
  std::string name;
  RecurrentCell cell = RecurrentCell::kLSTM;
  DataType dtype = DataType::kFLOAT;
  int64_t steps = 5;
  int64_t batch = 3;
  int64_t features = 4;
  int64_t size = 6;
  int64_t projection = 0;
  bool reverse = false;
  bool biases = true;
  bool states = false;
  std::vector<int64_t> lengths = {};
  bool computed_weights = false;
};

int64_t gates_of(RecurrentCell cell) { return IRecurrentLayer(cell, 1).gate_count(); }
int64_t state_size(const Recurrent& row) { return row.projection > 0 ? row.projection : row.size; }

// Dims of the row's weights; empty for roles that it does not have.
std::vector<int64_t> weights_dims(const Recurrent& row, RecurrentWeights role) {
  const bool is_bias = role == RecurrentWeights::kINPUT_BIAS || role == RecurrentWeights::kHIDDEN_BIAS;
  if ((is_bias && !row.biases) || (role == RecurrentWeights::kPROJECTION && row.projection == 0)) return {};
  IRecurrentLayer layer(row.cell, row.size);
  layer.setProjectionSize(row.projection);
  return layer.weights_dims(role, row.features).to_vector();
}

at::Tensor constant_weights(const Recurrent& row, RecurrentWeights role) {
  const auto dims = weights_dims(row, role);
  if (dims.empty()) return {};
  const at::Tensor values = random_tensor({DataType::kDOUBLE, dims, Fill::kUnit}, 31 * static_cast<uint64_t>(role) + 5);
  // Small weights: sums of many elements then neither saturate the functions nor grow from step to step.
  const double scale = 2.0 / std::sqrt(static_cast<double>(std::max<int64_t>(dims.back(), 4)));
  return (values * scale).to(scalar_type(row.dtype));
}

// The inputs of the layer by index; empty if not given.
std::vector<std::optional<InputSpec>> all_inputs(const Recurrent& row) {
  std::vector<std::optional<InputSpec>> inputs(9);
  inputs[0] = InputSpec{row.dtype, {row.steps, row.batch, row.features}};
  if (!row.lengths.empty()) inputs[1] = InputSpec{DataType::kINT64, {row.batch}, Fill::kNormal, 0, true, row.lengths};
  if (row.states) inputs[2] = InputSpec{row.dtype, {1, row.batch, state_size(row)}, Fill::kUnit};
  if (row.states && row.cell == RecurrentCell::kLSTM)
    inputs[3] = InputSpec{row.dtype, {1, row.batch, row.size}, Fill::kUnit};
  for (size_t i = 4; row.computed_weights && i < inputs.size(); ++i) {
    const auto dims = weights_dims(row, kRoles[i - 4]);
    if (!dims.empty()) inputs[i] = InputSpec{row.dtype, dims, Fill::kUnit};
  }
  return inputs;
}

std::vector<InputSpec> given_inputs(const Recurrent& row) {
  std::vector<InputSpec> given;
  for (const auto& input : all_inputs(row)) {
    if (input) given.push_back(*input);
  }
  return given;
}

// The given values at the indices of their inputs.
template <typename T>
std::vector<T> at_their_places(const Recurrent& row, const std::vector<T>& given) {
  std::vector<T> all(9);
  size_t next = 0;
  const auto inputs = all_inputs(row);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i]) all[i] = given[next++];
  }
  return all;
}

ILayer* add_layer(const Recurrent& row, INetworkDefinition& network, const std::vector<ITensor*>& given) {
  const auto in = at_their_places(row, given);
  auto* layer = network.addRecurrent(*in[0], row.cell, row.size);
  layer->setProjectionSize(row.projection);
  layer->setReverse(row.reverse);
  for (size_t i = 1; i < in.size(); ++i) {
    if (in[i] != nullptr) layer->setInput(static_cast<int32_t>(i), *in[i]);
  }
  for (const RecurrentWeights role : kRoles) {
    const at::Tensor weights = row.computed_weights ? at::Tensor() : constant_weights(row, role);
    if (weights.defined()) layer->setWeights(role, weights_of(network, weights));
  }
  return layer;
}

struct State {
  at::Tensor hidden;
  at::Tensor cell;
};

// PyTorch's formulas, spelled out.
State next_state(const Recurrent& row, const State& state, const at::Tensor& from_input,
                 const at::Tensor& from_hidden) {
  const auto input = from_input.chunk(gates_of(row.cell), 1);
  const auto hidden = from_hidden.chunk(gates_of(row.cell), 1);
  const auto sigmoid = [&](size_t i) { return at::sigmoid(input[i] + hidden[i]); };
  if (row.cell == RecurrentCell::kRELU) return {at::relu(from_input + from_hidden), {}};
  if (row.cell == RecurrentCell::kTANH) return {at::tanh(from_input + from_hidden), {}};
  if (row.cell == RecurrentCell::kLSTM) {
    const at::Tensor cell = sigmoid(1) * state.cell + sigmoid(0) * at::tanh(input[2] + hidden[2]);
    return {sigmoid(3) * at::tanh(cell), cell};
  }
  const at::Tensor fresh = at::tanh(input[2] + sigmoid(0) * hidden[2]);
  return {(1 - sigmoid(1)) * fresh + sigmoid(1) * state.hidden, {}};
}

// Computes all outputs in float64.
std::vector<at::Tensor> run(const Recurrent& row, const std::vector<at::Tensor>& given) {
  const auto in = at_their_places(row, given);
  const auto weights = [&](RecurrentWeights role) {
    const at::Tensor value = row.computed_weights ? in[4 + static_cast<size_t>(role)] : constant_weights(row, role);
    return value.defined() ? value.to(at::kDouble) : at::Tensor();
  };
  const auto product = [&](const at::Tensor& x, RecurrentWeights matrix, RecurrentWeights bias) {
    const at::Tensor result = at::matmul(x, weights(matrix).t());
    return row.biases ? result + weights(bias) : result;
  };
  State state{in[2].defined() ? in[2][0] : at::zeros({row.batch, state_size(row)}, at::kDouble),
              in[3].defined() ? in[3][0] : at::zeros({row.batch, row.size}, at::kDouble)};
  std::vector<at::Tensor> outputs(static_cast<size_t>(row.steps));
  for (int64_t i = 0; i < row.steps; ++i) {
    const int64_t t = row.reverse ? row.steps - 1 - i : i;
    State next = next_state(row, state, product(in[0][t], RecurrentWeights::kINPUT, RecurrentWeights::kINPUT_BIAS),
                            product(state.hidden, RecurrentWeights::kHIDDEN, RecurrentWeights::kHIDDEN_BIAS));
    if (row.projection > 0) next.hidden = at::matmul(next.hidden, weights(RecurrentWeights::kPROJECTION).t());
    if (!next.cell.defined()) next.cell = next.hidden;
    at::Tensor runs = at::ones({row.batch, 1}, at::kBool);
    if (in[1].defined()) runs = in[1].gt(t).view({-1, 1});
    outputs[static_cast<size_t>(t)] = at::where(runs, next.hidden, at::zeros_like(next.hidden));
    state = {at::where(runs, next.hidden, state.hidden), at::where(runs, next.cell, state.cell)};
  }
  if (row.cell != RecurrentCell::kLSTM) state.cell = state.hidden;
  return {at::stack(outputs), state.hidden.unsqueeze(0), state.cell.unsqueeze(0)};
}

struct BoundedState {
  Bounded hidden;
  Bounded cell;
};

// The same with the roundings of PyTorch's cells in f16 and bf16, which store every intermediate result.
BoundedState next_state(const Recurrent& row, const BoundedState& state, const Bounded& from_input,
                        const Bounded& from_hidden, double unit) {
  const auto r = [=](const Bounded& x) { return rounded(x, unit); };
  const auto chunk = [&](const Bounded& x, size_t i) -> Bounded {
    const auto count = gates_of(row.cell);
    return {x.value.chunk(count, 1)[i], x.error.chunk(count, 1)[i]};
  };
  const auto both = [&](size_t i) { return r(sum(chunk(from_input, i), chunk(from_hidden, i))); };
  const auto sigmoid = [&](size_t i) { return r(function(both(i), 0.25, at::sigmoid)); };
  const auto tanh = [&](const Bounded& x) { return r(function(x, 1, at::tanh)); };
  if (row.cell == RecurrentCell::kRELU) return {function(both(0), 1, at::relu), {}};
  if (row.cell == RecurrentCell::kTANH) return {tanh(both(0)), {}};
  if (row.cell == RecurrentCell::kLSTM) {
    const Bounded kept = r(product(sigmoid(1), state.cell));
    const Bounded cell = r(sum(kept, r(product(sigmoid(0), tanh(both(2))))));
    return {r(product(sigmoid(3), tanh(cell))), cell};
  }
  const Bounded fresh = tanh(r(sum(chunk(from_input, 2), r(product(sigmoid(0), chunk(from_hidden, 2))))));
  const Bounded change = r(sum(state.hidden, {-fresh.value, fresh.error}));
  return {r(sum(r(product(change, sigmoid(1))), fresh)), {}};
}

// What the roundings of all steps add to the bounds of the outputs, whose own last rounding is not among them.
std::vector<at::Tensor> stored(const Recurrent& row, const std::vector<at::Tensor>& given, double unit) {
  const auto in = at_their_places(row, given);
  const auto weights = [&](RecurrentWeights role) {
    const at::Tensor value = row.computed_weights ? in[4 + static_cast<size_t>(role)] : constant_weights(row, role);
    return value.defined() ? value.to(at::kDouble) : at::Tensor();
  };
  const auto affine = [&](const Bounded& x, RecurrentWeights matrix, RecurrentWeights bias) {
    const Bounded result = rounded(matrix_product(x, weights(matrix).t()), unit);
    return rounded(row.biases ? sum(result, exactly(weights(bias).unsqueeze(0))) : result, unit);
  };
  const auto start = [&](size_t index, int64_t size) {
    return exactly(in[index].defined() ? in[index][0] : at::zeros({row.batch, size}, at::kDouble));
  };
  BoundedState state{start(2, state_size(row)), start(3, row.size)};
  std::vector<Bounded> outputs(static_cast<size_t>(row.steps));
  for (int64_t i = 0; i < row.steps; ++i) {
    const int64_t t = row.reverse ? row.steps - 1 - i : i;
    const Bounded x = affine(exactly(in[0][t]), RecurrentWeights::kINPUT, RecurrentWeights::kINPUT_BIAS);
    const Bounded h = affine(state.hidden, RecurrentWeights::kHIDDEN, RecurrentWeights::kHIDDEN_BIAS);
    BoundedState next = next_state(row, state, x, h, unit);
    if (row.projection > 0) {
      next.hidden = rounded(matrix_product(next.hidden, weights(RecurrentWeights::kPROJECTION).t()), unit);
    }
    if (!next.cell.value.defined()) next.cell = next.hidden;
    at::Tensor runs = at::ones({row.batch, 1}, at::kBool);
    if (in[1].defined()) runs = in[1].gt(t).view({-1, 1});
    outputs[static_cast<size_t>(t)] = choose(runs, next.hidden, exactly(at::zeros_like(next.hidden.value)));
    state = {choose(runs, next.hidden, state.hidden), choose(runs, next.cell, state.cell)};
  }
  if (row.cell != RecurrentCell::kLSTM) state.cell = state.hidden;
  const auto without_last = [=](const Bounded& x) { return at::clamp_min(x.error - at::abs(x.value) * unit, 0); };
  std::vector<at::Tensor> steps;
  steps.reserve(outputs.size());
  for (const Bounded& output : outputs) steps.push_back(without_last(output));
  return {at::stack(steps), without_last(state.hidden).unsqueeze(0), without_last(state.cell).unsqueeze(0)};
}

Case recurrent(const Recurrent& row) {
  Case made;
  made.name = "recurrent_" + row.name;
  made.inputs = given_inputs(row);
  made.build = [=](INetworkDefinition& network, const std::vector<ITensor*>& in) {
    return add_layer(row, network, in);
  };
  made.oracle = [=](const std::vector<at::Tensor>& in) { return run(row, in)[0]; };
  made.second_oracle = [=](const std::vector<at::Tensor>& in) { return run(row, in)[1]; };
  made.third_oracle = [=](const std::vector<at::Tensor>& in) { return run(row, in)[2]; };
  made.output = row.dtype;
  const double steps = row.dtype == DataType::kDOUBLE ? 16 : 64;
  made.tolerance =
      rounding(row.dtype, steps, "products and functions of each step, from one into the next", /*low_steps=*/16);
  made.others_tolerance = made.tolerance;
  made.stored = [=](const std::vector<at::Tensor>& in, double unit) { return stored(row, in, unit); };
  made.in_format = [=](DataType type) {
    Recurrent other = row;
    other.dtype = type;
    return recurrent(other);
  };
  return made;
}

// Sizes close to those of registers, tiles of rows, and groups of elements.
void add_sizes(Cases& cases, RecurrentCell cell, const std::string& name) {
  const int64_t sizes[][4] = {{1, 1, 1, 1},   {7, 1, 3, 8},    {2, 1, 5, 16}, {3, 1, 4, 33}, {2, 2, 4, 17},
                              {3, 3, 2, 48},  {2, 4, 6, 40},   {2, 7, 3, 15}, {3, 8, 8, 32}, {2, 11, 4, 24},
                              {2, 17, 5, 70}, {1, 5, 16, 130}, {40, 2, 3, 9}, {90, 1, 2, 12}};
  for (const auto& s : sizes) {
    Recurrent row{name + "_sizes_" + std::to_string(s[0]) + "_" + std::to_string(s[1]) + "_" + std::to_string(s[2]) +
                      "_" + std::to_string(s[3]),
                  cell};
    row.steps = s[0];
    row.batch = s[1];
    row.features = s[2];
    row.size = s[3];
    row.states = s[3] % 2 == 1;
    cases.push_back(recurrent(row));
  }
}

void add_options(Cases& cases, RecurrentCell cell, const std::string& name) {
  const auto add = [&](const std::string& what, auto change) {
    Recurrent row{name + "_" + what, cell};
    change(row);
    cases.push_back(recurrent(row));
  };
  for (const DataType dtype : float_types()) {
    add(join("plain", dtype), [=](Recurrent& row) { row.dtype = dtype; });
  }
  add("reverse", [](Recurrent& row) { row.reverse = true; });
  add("without_biases", [](Recurrent& row) { row.biases = false; });
  add("states", [](Recurrent& row) { row.states = true; });
  add("reverse_states", [](Recurrent& row) { row.reverse = row.states = true; });
  add("lengths", [](Recurrent& row) { row.lengths = {5, 2, 1}; });
  add("lengths_states", [](Recurrent& row) {
    row.lengths = {1, 5, 3};
    row.states = true;
  });
  add("reverse_lengths", [](Recurrent& row) {
    row.lengths = {2, 0, 5};
    row.reverse = row.states = true;
  });
  add("computed_weights", [](Recurrent& row) { row.computed_weights = true; });
  add("computed_weights_reverse_lengths", [](Recurrent& row) {
    row.computed_weights = row.reverse = true;
    row.lengths = {4, 4, 2};
  });
  // The input's share is computed in several chunks, the last one shorter.
  for (const bool reverse : {false, true}) {
    add(reverse ? "chunks_reverse" : "chunks", [=](Recurrent& row) {
      const bool is_wide = gates_of(cell) > 1;
      row.steps = 11;
      row.batch = is_wide ? 320 : 2000;
      row.size = is_wide ? 128 : 64;
      row.features = 2;
      row.reverse = reverse;
    });
  }
}

}  // namespace

Cases recurrent_cases() {
  Cases cases;
  const std::pair<RecurrentCell, const char*> kCells[] = {{RecurrentCell::kLSTM, "lstm"},
                                                          {RecurrentCell::kGRU, "gru"},
                                                          {RecurrentCell::kTANH, "tanh"},
                                                          {RecurrentCell::kRELU, "relu"}};
  for (const auto& [cell, name] : kCells) {
    add_options(cases, cell, name);
    add_sizes(cases, cell, name);
  }
  for (const bool reverse : {false, true}) {
    Recurrent row{reverse ? "lstm_projection_reverse_states" : "lstm_projection"};
    row.projection = 2;
    row.reverse = row.states = reverse;
    cases.push_back(recurrent(row));
    row.name += "_lengths";
    row.lengths = {3, 5, 1};
    cases.push_back(recurrent(row));
    row.name += "_f16";
    row.dtype = DataType::kHALF;
    cases.push_back(recurrent(row));
  }
  return cases;
}

}  // namespace torch_tensorrt::conformance
