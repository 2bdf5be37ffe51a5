#pragma once

#include <array>

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Roles of the weights of a recurrent layer, with G gates (LSTM: input, forget, cell, output; GRU: reset, update, new;
// else one), H elements, and states of P: the size of the projection if the layer has one, else H.
enum class RecurrentWeights : int32_t {
  kINPUT = 0,   // G * H x I
  kHIDDEN,      // G * H x P
  kINPUT_BIAS,  // G * H, or none
  kHIDDEN_BIAS,
  kPROJECTION,  // P x H, of an LSTM with a projection
};
constexpr int32_t kRecurrentWeightsCount = 5;

// One layer of a recurrent network in one direction, with PyTorch's formulas and order of gates.
// Inputs: 0, T x B x I: the sequences. 1, B integers: the number of steps of each sequence, behind which its outputs
// are 0 and its states stay. 2 and 3, 1 x B x P and (LSTM) 1 x B x H: the initial states, 0 if missing. 4 to 8: weights
// by role, unless they are attributes.
// Outputs: 0, T x B x P: the hidden state after each step. 1, 1 x B x P: after the last step of each sequence (step 0
// if reversed). 2, 1 x B x H: the cell state at that step; for cells other than LSTM, output 1 again.
class IRecurrentLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kRECURRENT;
  static constexpr int32_t kLengths = 1;
  static constexpr int32_t kHiddenState = 2;
  static constexpr int32_t kCellState = 3;
  static constexpr int32_t kFirstWeights = 4;

  explicit IRecurrentLayer(RecurrentCell cell = RecurrentCell::kLSTM, int64_t hidden_size = 0)
      : ILayer(kType, /*output_count=*/3), cell_(cell), hidden_size_(hidden_size) {}
  RecurrentCell getCell() const { return cell_; }
  int64_t getHiddenSize() const { return hidden_size_; }
  // 0: no projection.
  void setProjectionSize(int64_t value) {
    projection_size_ = value;
    invalidate();
  }
  int64_t getProjectionSize() const { return projection_size_; }
  // Runs from the last step (of each sequence) to the first.
  void setReverse(bool value) {
    reverse_ = value;
    invalidate();
  }
  bool getReverse() const { return reverse_; }
  void setWeights(RecurrentWeights role, const Weights& value) {
    weights_[static_cast<size_t>(role)] = value;
    invalidate();
  }
  // Without elements if the layer has none of this role, or has them as an input.
  const Weights& getWeights(RecurrentWeights role) const { return weights_[static_cast<size_t>(role)]; }
  // The attribute's name.
  static const char* weights_name(RecurrentWeights role);
  void setWeights(RecurrentWeights role, ITensor& tensor) { setInput(weights_input(role), tensor); }
  static int32_t weights_input(RecurrentWeights role) { return kFirstWeights + static_cast<int32_t>(role); }
  void setLengths(ITensor& lengths) { setInput(kLengths, lengths); }
  void setHiddenState(ITensor& state) { setInput(kHiddenState, state); }
  void setCellState(ITensor& state) { setInput(kCellState, state); }

  int64_t gate_count() const;
  // The P of the class comment.
  int64_t state_size() const { return projection_size_ > 0 ? projection_size_ : hidden_size_; }
  // Dims for an input of `features` elements in each step (-1: unknown).
  Dims weights_dims(RecurrentWeights role, int64_t features) const;
  // Whether all weights are attributes.
  bool has_constant_weights() const;

  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  int32_t optional_inputs() const override { return kFirstWeights + kRecurrentWeightsCount - 1; }
  InputDim kept_dim(int32_t output, int32_t axis) const override;

 private:
  void check_attributes() const;
  void check_weights(const std::vector<InferInput>& inputs, RecurrentWeights role) const;
  int64_t check_batch(const std::vector<InferInput>& inputs) const;

  RecurrentCell cell_;
  int64_t hidden_size_;
  int64_t projection_size_ = 0;
  bool reverse_ = false;
  std::array<Weights, kRecurrentWeightsCount> weights_;
};

}  // namespace torch_tensorrt::network
