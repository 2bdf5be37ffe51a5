#include <algorithm>
#include <cmath>
#include <limits>

#include "torch_tensorrt/core/backends/tensorrt/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/translator.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers made of matrix products.
namespace torch_tensorrt::backends::tensorrt {
namespace {

using Binary = trt::ElementWiseOperation;
using trt::DataType;

static_assert(static_cast<int32_t>(network::MatrixOperation::kVECTOR) ==
              static_cast<int32_t>(trt::MatrixOperation::kVECTOR));

}  // namespace

void translate_matrix_multiply(Translator& t) {
  const auto& layer = t.layer<network::IMatrixMultiplyLayer>();
  const auto matrix_rank = [&](int32_t i) {
    return layer.getOperation(i) == network::MatrixOperation::kVECTOR ? 1 : 2;
  };
  const int32_t batch =
      std::max(t.input(0).getDimensions().nbDims - matrix_rank(0), t.input(1).getDimensions().nbDims - matrix_rank(1));
  trt::ITensor& a = with_rank(t, t.input(0), batch + matrix_rank(0));
  trt::ITensor& b = with_rank(t, t.input(1), batch + matrix_rank(1));
  t.give(t.output_of(t.target().addMatrixMultiply(a, static_cast<trt::MatrixOperation>(layer.getOperation(0)), b,
                                                  static_cast<trt::MatrixOperation>(layer.getOperation(1)))));
}

// ---- attention -----------------------------------------------------------------------------------------------------

// Uses the pattern that TensorRT fuses into one kernel: product, mask, softmax, product. The queries are scaled first,
// so that f16 scores do not overflow if no kernel takes the whole pattern.
namespace {

using network::IAttentionLayer;

constexpr double kHidden = -std::numeric_limits<double>::infinity();

// Repeats each head of the keys for the heads of the queries that it serves.
trt::ITensor& repeat_heads(Translator& t, trt::ITensor& x, int64_t heads) {
  const int64_t own = x.getDimensions().d[1];
  if (own == heads) return x;
  std::vector<int64_t> sources;
  for (int64_t i = 0; i < heads; ++i) sources.push_back(i / (heads / own));
  return t.output_of(t.target().addGather(x, integers(t, sources), /*axis=*/1));
}

// L x S: query i sees keys 0 to i.
trt::ITensor& causal_mask(Translator& t, trt::ITensor& query, trt::ITensor& key) {
  trt::ITensor& rows = unsqueeze(t, places(t, query, 2), {1});
  trt::ITensor& columns = unsqueeze(t, places(t, key, 2), {0});
  trt::ITensor& hidden = binary(t, Binary::kGREATER, columns, rows);
  return unary(t, hidden, trt::UnaryOperation::kNOT);
}

// The mask to add to the scores: 0 where the query sees the key, else minus infinity.
trt::ITensor& added_mask(Translator& t, trt::ITensor& seen, DataType type) {
  const int32_t rank = seen.getDimensions().nbDims;
  return select(t, seen, number(t, 0, type, rank), number(t, kHidden, type, rank));
}

// Gives zeros for queries that see no key, whose softmax is NaN.
trt::ITensor& without_blind(Translator& t, trt::ITensor& result, trt::ITensor& seen) {
  trt::ITensor& wide = with_rank(t, cast(t, seen, DataType::kINT32), 4);
  trt::ITensor& any = reduce(t, trt::ReduceOperation::kMAX, wide, /*axes=*/8U, /*keep=*/true);
  return select(t, binary(t, Binary::kGREATER, any, 0.0), result, number(t, 0, result));
}

}  // namespace

void translate_attention(Translator& t) {
  const auto& layer = t.layer<IAttentionLayer>();
  trt::ITensor& query = t.input(0);
  const trt::Dims dims = query.getDimensions();
  const DataType type = query.getType();
  trt::ITensor& key = repeat_heads(t, t.input(1), dims.d[1]);
  trt::ITensor& value = repeat_heads(t, t.input(2), dims.d[1]);

  const int64_t width = std::max(dims.d[3], t.input(1).getDimensions().d[3]);  // either dim may be unknown
  const double scale = layer.getScale().value_or(1.0 / std::sqrt(static_cast<double>(width)));
  trt::ITensor& scaled = binary(t, Binary::kPROD, query, scale);
  trt::ITensor* scores = &t.output_of(
      t.target().addMatrixMultiply(scaled, trt::MatrixOperation::kNONE, key, trt::MatrixOperation::kTRANSPOSE));
  const bool masked = layer.getNbInputs() > 3 && t.has_input(3);
  const bool by_bool = masked && t.input(3).getType() == DataType::kBOOL;
  trt::ITensor* seen = layer.getCausal() ? &causal_mask(t, query, key) : nullptr;
  if (by_bool) seen = seen == nullptr ? &t.input(3) : &binary(t, Binary::kAND, *seen, t.input(3));
  if (masked && !by_bool) scores = &binary(t, Binary::kSUM, *scores, t.input(3));
  if (seen != nullptr) scores = &binary(t, Binary::kSUM, *scores, added_mask(t, *seen, type));

  auto* softmax = t.target().addSoftMax(*scores);
  if (softmax != nullptr) softmax->setAxes(8U);
  trt::ITensor& result = t.output_of(t.target().addMatrixMultiply(t.output_of(softmax), trt::MatrixOperation::kNONE,
                                                                  value, trt::MatrixOperation::kNONE));
  t.give(by_bool ? without_blind(t, result, *seen) : result);
}

// ---- recurrent cells -----------------------------------------------------------------------------------------------

// A loop over the steps. One product before it computes the input's share of all steps.
namespace {

using network::IRecurrentLayer;
using network::RecurrentCell;
using Role = network::RecurrentWeights;

trt::ITensor& sigmoid(Translator& t, trt::ITensor& x) { return activation(t, x, trt::ActivationType::kSIGMOID); }
trt::ITensor& hyperbolic_tangent(Translator& t, trt::ITensor& x) {
  return activation(t, x, trt::ActivationType::kTANH);
}

// Null if the layer has no such weights.
trt::ITensor* weights(Translator& t, Role role) {
  const auto& layer = t.layer<IRecurrentLayer>();
  const network::Weights& values = layer.getWeights(role);
  const int32_t input = IRecurrentLayer::weights_input(role);
  if (values.count == 0) return t.has_input(input) ? &t.input(input) : nullptr;
  const int64_t rows = layer.gate_count() * layer.getHiddenSize();
  const network::Dims dims = layer.weights_dims(role, role == Role::kINPUT ? values.count / rows : 0);
  return &t.constant(to_trt(dims), t.borrow(values, IRecurrentLayer::weights_name(role)));
}

// x W^T
trt::ITensor& product(Translator& t, trt::ITensor& x, trt::ITensor& matrix) {
  return t.output_of(t.target().addMatrixMultiply(x, trt::MatrixOperation::kNONE,
                                                  with_rank(t, matrix, x.getDimensions().nbDims),
                                                  trt::MatrixOperation::kTRANSPOSE));
}

trt::ITensor& with_bias(Translator& t, trt::ITensor& x, trt::ITensor* bias) {
  return bias == nullptr ? x : binary(t, Binary::kSUM, x, with_rank(t, *bias, x.getDimensions().nbDims));
}

// Tensors made before the loop that its steps read.
struct Before {
  trt::ITensor* hidden_weights;
  trt::ITensor* hidden_bias;
  trt::ITensor* projection;
  trt::ITensor* batch;      // one element
  trt::ITensor* gate_dims;  // N x H, as a shape
};

trt::ITensor& shape_of(Translator& t, trt::ITensor& batch, int64_t columns) {
  return concatenate(t, {&batch, &integers(t, {columns})}, 0);
}

// The N x H part of one gate in N x G * H.
trt::ITensor& gate(Translator& t, const Before& before, trt::ITensor& gates, int64_t i) {
  const int64_t size = t.layer<IRecurrentLayer>().getHiddenSize();
  auto* slice = t.target().addSlice(gates, trt::Dims2(0, i * size), trt::Dims2(0, size), trt::Dims2(1, 1));
  if (slice != nullptr) slice->setInput(2, *before.gate_dims);
  return t.output_of(slice);
}

// N x columns of zeros.
trt::ITensor& zeros(Translator& t, trt::ITensor& batch, int64_t columns, trt::DataType type) {
  auto* slice = t.target().addSlice(number(t, 0, type, 2), trt::Dims2(0, 0), trt::Dims2(0, columns), trt::Dims2(0, 0));
  if (slice != nullptr) slice->setInput(2, shape_of(t, batch, columns));
  return t.output_of(slice);
}

// The given state without its first dimension, or zeros.
trt::ITensor& start(Translator& t, const Before& before, int32_t input, int64_t size, trt::DataType type) {
  return t.has_input(input) ? squeeze(t, t.input(input), {0}) : zeros(t, *before.batch, size, type);
}

struct State {
  trt::ITensor* hidden;
  trt::ITensor* cell;  // of an LSTM
};

// Gates in PyTorch's order: input, forget, cell, output.
State lstm_step(Translator& t, const Before& before, trt::ITensor& share, const State& state) {
  trt::ITensor& sums = binary(t, Binary::kSUM, share, product(t, *state.hidden, *before.hidden_weights));
  trt::ITensor& kept = binary(t, Binary::kPROD, sigmoid(t, gate(t, before, sums, 1)), *state.cell);
  trt::ITensor& candidate = hyperbolic_tangent(t, gate(t, before, sums, 2));
  trt::ITensor& added = binary(t, Binary::kPROD, sigmoid(t, gate(t, before, sums, 0)), candidate);
  trt::ITensor& cell = binary(t, Binary::kSUM, kept, added);
  trt::ITensor& hidden = binary(t, Binary::kPROD, sigmoid(t, gate(t, before, sums, 3)), hyperbolic_tangent(t, cell));
  return {before.projection == nullptr ? &hidden : &product(t, hidden, *before.projection), &cell};
}

// Gates in PyTorch's order: reset, update, new. Reset scales the hidden state's share, including its bias.
State gru_step(Translator& t, const Before& before, trt::ITensor& share, const State& state) {
  trt::ITensor& own = with_bias(t, product(t, *state.hidden, *before.hidden_weights), before.hidden_bias);
  const auto sigmoid_of = [&](int64_t i) -> trt::ITensor& {
    return sigmoid(t, binary(t, Binary::kSUM, gate(t, before, share, i), gate(t, before, own, i)));
  };
  trt::ITensor& reset = binary(t, Binary::kPROD, sigmoid_of(0), gate(t, before, own, 2));
  trt::ITensor& fresh = hyperbolic_tangent(t, binary(t, Binary::kSUM, gate(t, before, share, 2), reset));
  trt::ITensor& old = binary(t, Binary::kSUB, *state.hidden, fresh);
  return {&binary(t, Binary::kSUM, fresh, binary(t, Binary::kPROD, sigmoid_of(1), old)), nullptr};
}

State next_state(Translator& t, const Before& before, trt::ITensor& share, const State& state) {
  const RecurrentCell cell = t.layer<IRecurrentLayer>().getCell();
  if (cell == RecurrentCell::kLSTM) return lstm_step(t, before, share, state);
  if (cell == RecurrentCell::kGRU) return gru_step(t, before, share, state);
  trt::ITensor& sum = binary(t, Binary::kSUM, share, product(t, *state.hidden, *before.hidden_weights));
  const auto function = cell == RecurrentCell::kTANH ? trt::ActivationType::kTANH : trt::ActivationType::kRELU;
  return {&activation(t, sum, function), nullptr};
}

// N x 1: whether a sequence is longer than the index of the step. `places` are the indices of all steps.
trt::ITensor& still_runs(Translator& t, trt::ILoop& loop, trt::ITensor& places, bool reverse) {
  trt::ITensor& step = t.output_of(loop.addIterator(places, 0, reverse));
  trt::ITensor& lengths = cast(t, t.input(IRecurrentLayer::kLengths), trt::DataType::kINT64);
  return unsqueeze(t, binary(t, Binary::kGREATER, lengths, unsqueeze(t, step, {0})), {1});
}

trt::ILoop& add_loop(Translator& t, trt::ITensor& count) {
  trt::ILoop* loop = t.target().addLoop();
  TORCHTRT_CHECK(loop != nullptr, "TensorRT cannot add a loop");
  t.added(loop->addTripLimit(count, trt::TripLimit::kCOUNT));
  return *loop;
}

}  // namespace

void translate_recurrent(Translator& t) {
  const auto& layer = t.layer<IRecurrentLayer>();
  const bool is_lstm = layer.getCell() == RecurrentCell::kLSTM;
  const bool reverse = layer.getReverse();
  const bool has_lengths = t.has_input(IRecurrentLayer::kLengths);
  trt::ITensor& x = t.input(0);

  trt::ITensor* share = &with_bias(t, product(t, x, *weights(t, Role::kINPUT)), weights(t, Role::kINPUT_BIAS));
  trt::ITensor* hidden_bias = weights(t, Role::kHIDDEN_BIAS);
  if (layer.getCell() != RecurrentCell::kGRU) share = &with_bias(t, *share, hidden_bias);
  Before before{weights(t, Role::kHIDDEN), hidden_bias, weights(t, Role::kPROJECTION), &size(t, x, 1), nullptr};
  before.gate_dims = &shape_of(t, *before.batch, layer.getHiddenSize());
  trt::ITensor& count = squeeze(t, size(t, x, 0), {0});
  trt::ITensor* numbers = has_lengths ? &places(t, x, 0) : nullptr;
  const trt::DataType type = x.getType();
  trt::ITensor& first_hidden = start(t, before, IRecurrentLayer::kHiddenState, layer.state_size(), type);
  trt::ITensor* first_cell =
      is_lstm ? &start(t, before, IRecurrentLayer::kCellState, layer.getHiddenSize(), type) : nullptr;

  trt::ILoop& loop = add_loop(t, count);
  trt::ITensor& step_share = t.output_of(loop.addIterator(*share, 0, reverse));
  trt::IRecurrenceLayer& hidden = t.added(loop.addRecurrence(first_hidden));
  trt::IRecurrenceLayer* cell = is_lstm ? &t.added(loop.addRecurrence(*first_cell)) : nullptr;
  const State state{hidden.getOutput(0), is_lstm ? cell->getOutput(0) : nullptr};
  State next = next_state(t, before, step_share, state);
  trt::ITensor* output = next.hidden;
  if (has_lengths) {
    trt::ITensor& runs = still_runs(t, loop, *numbers, reverse);
    output = &select(t, runs, *next.hidden, number(t, 0, *next.hidden));
    next.hidden = &select(t, runs, *next.hidden, *state.hidden);
    if (is_lstm) next.cell = &select(t, runs, *next.cell, *state.cell);
  }
  hidden.setInput(1, *next.hidden);
  if (is_lstm) cell->setInput(1, *next.cell);
  auto* all =
      loop.addLoopOutput(*output, reverse ? trt::LoopOutput::kREVERSE : trt::LoopOutput::kCONCATENATE, /*axis=*/0);
  if (all != nullptr) all->setInput(1, count);
  t.give(t.output_of(all), 0);
  const auto last = [&](trt::ITensor& recurrence) -> trt::ITensor& {
    return unsqueeze(t, t.output_of(loop.addLoopOutput(recurrence, trt::LoopOutput::kLAST_VALUE)), {0});
  };
  trt::ITensor& last_hidden = last(*state.hidden);
  t.give(last_hidden, 1);
  t.give(is_lstm ? last(*state.cell) : last_hidden, 2);
}

}  // namespace torch_tensorrt::backends::tensorrt
