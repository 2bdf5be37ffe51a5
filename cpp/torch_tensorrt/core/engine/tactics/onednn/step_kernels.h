#pragma once

#include <cstdint>

#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::engine::onednn {

// One step of a recurrent layer without projection, for a batch of N with H hidden elements and G gates. Hidden
// elements stand in groups of `lanes`; the weights of a group lie together: groups x H x G x lanes, zeros behind the
// last element.
struct RecurrentStep {
  network::RecurrentCell cell;
  int64_t batch;
  int64_t hidden_size;
  const float* weights;
  const float* from_input;     // N x G * H: the input's share, biases included
  const float* new_gate_bias;  // of the hidden state's share in a GRU's new gate; padded to whole groups, else null
  const float* hidden;         // N x H, of the step before
  float* next_hidden;          // N x H
  float* cell_state;           // N x H, of an LSTM; becomes the next
  float* output;               // N x H; null where it is next_hidden
  const int64_t* lengths;      // one a sequence, or null
  int64_t step;                // a sequence of this length or shorter keeps its states and puts out 0
};

// Runs hidden elements of the groups [first, last). Different groups may run at once.
using RunStep = void (*)(const RecurrentStep& step, int64_t first, int64_t last);

struct StepKernels {
  int64_t lanes;
  RunStep run;
};

// For this machine; null where there are none for it.
const StepKernels* find_step_kernels();
// Each for its instruction set.
extern const StepKernels kAvx2StepKernels;
extern const StepKernels kAvx512StepKernels;

}  // namespace torch_tensorrt::engine::onednn
