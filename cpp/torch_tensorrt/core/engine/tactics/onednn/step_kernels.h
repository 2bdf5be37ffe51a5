#pragma once

#include <cstdint>

#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::engine::onednn {

// One step of a recurrent layer without projection, for a batch of N with H hidden elements and G gates. Hidden
// elements form groups of `lanes`, and the weights of a group lie together: groups x H x G x lanes, with zeros behind
// the last element.
struct RecurrentStep {
  network::RecurrentCell cell;
  int64_t batch;
  int64_t hidden_size;
  const float* weights;
  const float* from_input;     // N x G * H: the input's share, biases included
  const float* new_gate_bias;  // of the hidden state's share in a GRU's new gate; padded to whole groups, else null
  const float* hidden;         // N x H, of the previous step
  float* next_hidden;          // N x H
  float* cell_state;           // N x H, of an LSTM; updated to the next state
  float* output;               // N x H; null if it is next_hidden
  const int64_t* lengths;      // one for each sequence, or null
  int64_t step;                // sequences of this length or shorter keep their states and output 0
};

// Runs the hidden elements of the groups [first, last). Different groups may run in parallel.
using RunStep = void (*)(const RecurrentStep& step, int64_t first, int64_t last);

struct StepKernels {
  int64_t lanes;  // one of kStepLanes
  RunStep run;
};

// Lanes of all kernels: a plan may have the weights of any of them.
constexpr int64_t kStepLanes[] = {4, 8, 16};

// Each for its instruction set.
extern const StepKernels kAvx2StepKernels;
extern const StepKernels kAvx512StepKernels;
extern const StepKernels kNeonStepKernels;

}  // namespace torch_tensorrt::engine::onednn
