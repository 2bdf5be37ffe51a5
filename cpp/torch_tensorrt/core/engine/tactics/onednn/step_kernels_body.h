// Shared source of step_kernels_avx2.cpp, step_kernels_avx512.cpp and step_kernels_neon.cpp, each compiled for its
// instruction set. They define kLanes (floats of a register) and kRows (rows of a tile) before. Everything here has
// internal linkage, so that the linker never mixes the code of two files.

#include "torch_tensorrt/core/engine/tactics/onednn/vector_body.h"

namespace torch_tensorrt::engine::onednn {
namespace {

using network::RecurrentCell;

constexpr int kMaxGates = 4;

constexpr int gates_of(RecurrentCell cell) {
  return cell == RecurrentCell::kLSTM ? 4 : cell == RecurrentCell::kGRU ? 3 : 1;
}

// Sums for some rows and groups, before the gates' functions.
template <int Rows, int Groups, int Gates>
struct Tile {
  Vector sums[Groups][Rows][Gates];
};

// Adds the product of hidden states and weights for `Width` gates from `Gate` on.
template <int Rows, int Groups, int Gates, int Gate, int Width>
inline void multiply(Tile<Rows, Groups, Gates>& tile, const RecurrentStep& step, int64_t row, const float* weights) {
  const int64_t size = step.hidden_size;
  const float* hidden = step.hidden + row * size;
  Vector sums[Groups][Rows][Width];
#pragma GCC unroll 8
  for (int u = 0; u < Groups; ++u)
#pragma GCC unroll 8
    for (int m = 0; m < Rows; ++m)
#pragma GCC unroll 4
      for (int g = 0; g < Width; ++g) sums[u][m][g] = tile.sums[u][m][Gate + g];
  for (int64_t k = 0; k < size; ++k) {
#pragma GCC unroll 8
    for (int u = 0; u < Groups; ++u) {
      const float* at = weights + (u * size + k) * (Gates * kLanes) + Gate * kLanes;
#pragma GCC unroll 4
      for (int g = 0; g < Width; ++g) {
        const Vector w = *reinterpret_cast<const Vector*>(at + g * kLanes);
#pragma GCC unroll 8
        for (int m = 0; m < Rows; ++m) sums[u][m][g] += w * hidden[m * size + k];
      }
    }
  }
#pragma GCC unroll 8
  for (int u = 0; u < Groups; ++u)
#pragma GCC unroll 8
    for (int m = 0; m < Rows; ++m)
#pragma GCC unroll 4
      for (int g = 0; g < Width; ++g) tile.sums[u][m][Gate + g] = sums[u][m][g];
}

struct Place {
  int64_t row;    // of the batch
  int64_t first;  // element of the hidden state
  int64_t count;  // number of the group's lanes in use
};

// Computes the next hidden state of one row and group.
template <RecurrentCell Cell>
inline Vector apply_gates(const RecurrentStep& step, const Place& at, const Vector* sums, bool runs) {
  const int64_t offset = at.row * step.hidden_size + at.first;
  if constexpr (Cell == RecurrentCell::kLSTM) {
    const Vector kept = sigmoid(sums[1]) * load(step.cell_state + offset, at.count);
    const Vector state = kept + sigmoid(sums[0]) * hyperbolic_tangent(sums[2]);
    if (runs) store(step.cell_state + offset, state, at.count);
    return sigmoid(sums[3]) * hyperbolic_tangent(state);
  } else if constexpr (Cell == RecurrentCell::kGRU) {
    const float* input = step.from_input + (at.row * 3 + 2) * step.hidden_size + at.first;
    const Vector reset = sigmoid(sums[0]);
    const Vector fresh = hyperbolic_tangent(load(input, at.count) + reset * sums[2]);
    return fresh + sigmoid(sums[1]) * (load(step.hidden + offset, at.count) - fresh);
  } else if constexpr (Cell == RecurrentCell::kTANH) {
    return hyperbolic_tangent(sums[0]);
  } else {
    return sums[0] < 0.0F ? Vector{} : sums[0];
  }
}

template <RecurrentCell Cell>
inline void finish(const RecurrentStep& step, const Place& at, const Vector* sums) {
  const int64_t offset = at.row * step.hidden_size + at.first;
  const bool runs = step.lengths == nullptr || step.step < step.lengths[at.row];
  Vector next = apply_gates<Cell>(step, at, sums, runs);
  if (step.output != nullptr) store(step.output + offset, runs ? next : Vector{}, at.count);
  if (!runs) next = load(step.hidden + offset, at.count);
  store(step.next_hidden + offset, next, at.count);
}

template <RecurrentCell Cell, int Rows, int Groups>
void run_tile(const RecurrentStep& step, int64_t row, int64_t group) {
  constexpr int kGates = gates_of(Cell);
  const int64_t size = step.hidden_size;
  Tile<Rows, Groups, kGates> tile;
  for (int u = 0; u < Groups; ++u) {
    const int64_t first = (group + u) * kLanes;
    for (int m = 0; m < Rows; ++m) {
      const float* input = step.from_input + (row + m) * kGates * size + first;
      for (int g = 0; g < kGates; ++g) tile.sums[u][m][g] = load(input + g * size, size - first);
      if (Cell == RecurrentCell::kGRU) {
        tile.sums[u][m][kGates - 1] = step.new_gate_bias == nullptr ? Vector{} : load(step.new_gate_bias + first);
      }
    }
  }
  const float* weights = step.weights + group * size * (kGates * kLanes);
  // Use as many sums as there are registers.
  if constexpr (kGates == 4 && Rows == kRows) {
    multiply<Rows, Groups, kGates, 0, 2>(tile, step, row, weights);
    multiply<Rows, Groups, kGates, 2, 2>(tile, step, row, weights);
  } else {
    multiply<Rows, Groups, kGates, 0, kGates>(tile, step, row, weights);
  }
  for (int u = 0; u < Groups; ++u) {
    const int64_t first = (group + u) * kLanes;
    for (int m = 0; m < Rows; ++m) finish<Cell>(step, {row + m, first, size - first}, tile.sums[u][m]);
  }
}

// Gives a single row several groups at once, so that the additions do not wait for each other.
template <RecurrentCell Cell>
void run_row(const RecurrentStep& step, int64_t row, int64_t first, int64_t last) {
  constexpr int kGroups = 8 / gates_of(Cell);
  int64_t group = first;
  for (; group + kGroups <= last; group += kGroups) run_tile<Cell, 1, kGroups>(step, row, group);
  for (; group < last; ++group) run_tile<Cell, 1, 1>(step, row, group);
}

template <RecurrentCell Cell>
void run_cell(const RecurrentStep& step, int64_t first, int64_t last) {
  int64_t row = 0;
  for (; row + kRows <= step.batch; row += kRows) {
    for (int64_t group = first; group < last; ++group) run_tile<Cell, kRows, 1>(step, row, group);
  }
  for (; row + kRows / 2 <= step.batch; row += kRows / 2) {
    for (int64_t group = first; group < last; ++group) run_tile<Cell, kRows / 2, 1>(step, row, group);
  }
  for (; kRows > 4 && row + 2 <= step.batch; row += 2) {
    for (int64_t group = first; group < last; ++group) run_tile<Cell, 2, 1>(step, row, group);
  }
  if (row < step.batch) run_row<Cell>(step, row, first, last);
}

void run_groups(const RecurrentStep& step, int64_t first, int64_t last) {
  switch (step.cell) {
    case RecurrentCell::kRELU:
      return run_cell<RecurrentCell::kRELU>(step, first, last);
    case RecurrentCell::kTANH:
      return run_cell<RecurrentCell::kTANH>(step, first, last);
    case RecurrentCell::kLSTM:
      return run_cell<RecurrentCell::kLSTM>(step, first, last);
    case RecurrentCell::kGRU:
      return run_cell<RecurrentCell::kGRU>(step, first, last);
  }
}

}  // namespace
}  // namespace torch_tensorrt::engine::onednn
