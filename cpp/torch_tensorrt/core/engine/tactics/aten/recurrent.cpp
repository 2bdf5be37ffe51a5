#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <optional>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::IRecurrentLayer;
using network::RecurrentCell;
using network::RecurrentWeights;

struct Parameters {
  at::Tensor input;
  at::Tensor hidden;
  at::Tensor input_bias;  // undefined: none
  at::Tensor hidden_bias;
  at::Tensor projection;
};

// Weights from constants of the layer, or from its inputs.
at::Tensor weights_of(const Request& request, RecurrentWeights role) {
  const auto& layer = request.layer<IRecurrentLayer>();
  const auto& weights = layer.getWeights(role);
  const auto index = static_cast<size_t>(IRecurrentLayer::weights_input(role));
  if (weights.count == 0) return index < request.inputs().size() ? request.inputs()[index] : at::Tensor();
  const auto sizes = layer.weights_dims(role, request.input(0).size(2)).to_vector();
  return request.weights(IRecurrentLayer::weights_name(role), weights, sizes);
}

// PyTorch's layers have both biases or none.
Parameters parameters_of(const Request& request) {
  Parameters p{weights_of(request, RecurrentWeights::kINPUT), weights_of(request, RecurrentWeights::kHIDDEN),
               weights_of(request, RecurrentWeights::kINPUT_BIAS), weights_of(request, RecurrentWeights::kHIDDEN_BIAS),
               weights_of(request, RecurrentWeights::kPROJECTION)};
  if (p.input_bias.defined() == p.hidden_bias.defined()) return p;
  const at::Tensor& given = p.input_bias.defined() ? p.input_bias : p.hidden_bias;
  at::Tensor& missing = p.input_bias.defined() ? p.hidden_bias : p.input_bias;
  missing = at::zeros(given.sizes(), given.options());
  return p;
}

at::Tensor optional_input(const Request& request, int32_t index) {
  return static_cast<size_t>(index) < request.inputs().size() ? request.input(index) : at::Tensor();
}

struct States {
  at::Tensor hidden;
  at::Tensor cell;
};

struct Result {
  at::Tensor output;
  States last;
};

// The overload of at::gru (and of similar operators) that takes a dense input.
using OneState = std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&, at::TensorList, bool, int64_t,
                                                    double, bool, bool, bool);

// Runs all steps in one call of PyTorch's operator.
Result run_all(RecurrentCell cell, const at::Tensor& x, const States& start, const Parameters& p) {
  std::vector<at::Tensor> weights{p.input, p.hidden};
  const bool has_biases = p.input_bias.defined();
  if (has_biases) weights.insert(weights.end(), {p.input_bias, p.hidden_bias});
  if (p.projection.defined()) weights.push_back(p.projection);
  const auto run = [&](OneState* layer) {
    const auto [output, hidden] = layer(x, start.hidden, weights, has_biases, 1, 0.0, false, false, false);
    return Result{output, {hidden, hidden}};
  };
  switch (cell) {
    case RecurrentCell::kRELU:
      return run(at::rnn_relu);
    case RecurrentCell::kTANH:
      return run(at::rnn_tanh);
    case RecurrentCell::kGRU:
      return run(at::gru);
    case RecurrentCell::kLSTM:
      break;
  }
  const auto [output, hidden, state] =
      at::lstm(x, {start.hidden, start.cell}, weights, has_biases, 1, 0.0, false, false, false);
  return {output, {hidden, state}};
}

// Runs step by step, for sequences of several lengths: behind its end a sequence keeps its states.
Result run_steps(RecurrentCell cell, const at::Tensor& x, const at::Tensor& lengths, States state, const Parameters& p,
                 bool reverse) {
  const int64_t steps = x.size(0);
  std::vector<at::Tensor> outputs(static_cast<size_t>(steps));
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t t = reverse ? steps - 1 - i : i;
    const Result next = run_all(cell, x.narrow(0, t, 1), state, p);
    const at::Tensor runs = lengths.gt(t).view({1, -1, 1});
    outputs[static_cast<size_t>(t)] = next.output.masked_fill(runs.logical_not(), 0);
    state.hidden = at::where(runs, next.last.hidden, state.hidden);
    state.cell = at::where(runs, next.last.cell, state.cell);
  }
  return {at::cat(outputs, 0), state};
}

// Silences PyTorch's warnings, at every call, about weights that are not one block and cells that oneDNN does not run.
// The user of an engine can change neither.
class Silence final : public c10::WarningHandler {
 public:
  void process(const c10::Warning&) override {}
};

Compute make(Request& request) {
  const auto& layer = request.layer<IRecurrentLayer>();
  const Parameters parameters = parameters_of(request);
  const bool is_lstm = layer.getCell() == RecurrentCell::kLSTM;
  return [x = request.input(0), lengths = optional_input(request, IRecurrentLayer::kLengths),
          hidden = optional_input(request, IRecurrentLayer::kHiddenState),
          state = optional_input(request, IRecurrentLayer::kCellState), parameters, is_lstm, cell = layer.getCell(),
          reverse = layer.getReverse(), size = layer.getHiddenSize(), output = request.output(0),
          last_hidden = request.output(1), last_cell = request.output(2)]() mutable {
    Silence silence;
    const c10::WarningUtils::WarningHandlerGuard guard(&silence);
    States start{hidden, is_lstm ? state : hidden};
    if (!start.hidden.defined()) start.hidden = at::zeros(last_hidden.sizes(), x.options());
    if (!start.cell.defined()) start.cell = at::zeros({1, x.size(1), size}, x.options());
    const bool flips = reverse && !lengths.defined();
    const at::Tensor steps = flips ? x.flip(0) : x;
    const Result result = lengths.defined() ? run_steps(cell, x, lengths, start, parameters, reverse)
                                            : run_all(cell, steps, start, parameters);
    output.copy_(flips ? result.output.flip(0) : result.output);
    last_hidden.copy_(result.last.hidden);
    last_cell.copy_(is_lstm ? result.last.cell : result.last.hidden);
  };
}

}  // namespace

const Row kRecurrentRow = {"aten.recurrent", network::LayerType::kRECURRENT, float_input, make};

}  // namespace torch_tensorrt::engine::aten
