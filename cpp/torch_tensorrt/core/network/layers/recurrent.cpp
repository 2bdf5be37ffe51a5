#include "torch_tensorrt/core/network/layers/recurrent.h"

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

constexpr RecurrentWeights kRoles[] = {RecurrentWeights::kINPUT, RecurrentWeights::kHIDDEN,
                                       RecurrentWeights::kINPUT_BIAS, RecurrentWeights::kHIDDEN_BIAS,
                                       RecurrentWeights::kPROJECTION};

bool is_bias(RecurrentWeights role) {
  return role == RecurrentWeights::kINPUT_BIAS || role == RecurrentWeights::kHIDDEN_BIAS;
}

// Returns the batch size according to an input beside the main one, whose other dims must be as expected.
int64_t check_beside(const char* what, const Dims& dims, const Dims& expected, int32_t batch_axis) {
  bool fits = dims.nbDims == expected.nbDims;
  for (int32_t i = 0; fits && i < dims.nbDims; ++i) {
    fits = dims.d[i] == -1 || expected.d[i] == -1 || dims.d[i] == expected.d[i];
  }
  if (!fits)
    TORCHTRT_THROW_ERROR("the " << what << " input is " << to_string(dims) << ", must be " << to_string(expected));
  return dims.d[batch_axis];
}

}  // namespace

const char* IRecurrentLayer::weights_name(RecurrentWeights role) {
  static constexpr const char* kNames[] = {"input_weights", "hidden_weights", "input_bias", "hidden_bias",
                                           "projection"};
  return kNames[static_cast<size_t>(role)];
}

int64_t IRecurrentLayer::gate_count() const {
  switch (cell_) {
    case RecurrentCell::kRELU:
    case RecurrentCell::kTANH:
      return 1;
    case RecurrentCell::kLSTM:
      return 4;
    case RecurrentCell::kGRU:
      return 3;
  }
  return 0;
}

Dims IRecurrentLayer::weights_dims(RecurrentWeights role, int64_t features) const {
  const int64_t rows = gate_count() * hidden_size_;
  switch (role) {
    case RecurrentWeights::kINPUT:
      return {rows, features};
    case RecurrentWeights::kHIDDEN:
      return {rows, state_size()};
    case RecurrentWeights::kINPUT_BIAS:
    case RecurrentWeights::kHIDDEN_BIAS:
      return {rows};
    case RecurrentWeights::kPROJECTION:
      return {projection_size_, hidden_size_};
  }
  return {};
}

bool IRecurrentLayer::has_constant_weights() const {
  for (const RecurrentWeights role : kRoles) {
    if (getInput(weights_input(role)) != nullptr) return false;
  }
  return true;
}

void IRecurrentLayer::check_attributes() const {
  // Limits the elements, so that gates times elements never overflows.
  constexpr int64_t kLargest = int64_t{1} << 31;
  if (hidden_size_ <= 0 || hidden_size_ > kLargest) {
    TORCHTRT_THROW_ERROR("the hidden size is " << hidden_size_ << ", must be 1 to " << kLargest);
  }
  if (projection_size_ < 0 || projection_size_ > kLargest) {
    TORCHTRT_THROW_ERROR("the projection size is " << projection_size_ << ", must be 0 (none) to " << kLargest);
  }
  if (projection_size_ > 0 && cell_ != RecurrentCell::kLSTM) {
    TORCHTRT_THROW_ERROR("the projection size is " << projection_size_ << " and the cell " << enum_name(cell_)
                                                   << ", only lstm has a projection");
  }
}

void IRecurrentLayer::check_weights(const std::vector<InferInput>& inputs, RecurrentWeights role) const {
  const auto input = static_cast<size_t>(weights_input(role));
  const Weights& weights = getWeights(role);
  const char* name = weights_name(role);
  const bool is_input = is_present(inputs, input);
  const bool is_given = is_input || weights.count != 0;
  if (is_input && weights.count != 0) {
    TORCHTRT_THROW_ERROR("the " << name << " have " << weights.count << " elements and are also given as input "
                                << input);
  }
  if (!is_given && (is_bias(role) || (role == RecurrentWeights::kPROJECTION && projection_size_ == 0))) return;
  if (!is_given) TORCHTRT_THROW_ERROR("the " << name << " are missing");
  const DataType type = is_input ? inputs[input].type.dtype : weights.type;
  if (type != inputs[0].type.dtype) {
    TORCHTRT_THROW_ERROR("the " << name << " are " << enum_name(type) << " and the input "
                                << enum_name(inputs[0].type.dtype) << ", must be of one type");
  }
  const Dims dims = weights_dims(role, inputs[0].type.dims.d[2]);
  if (is_input) {
    check_weight_input(name, inputs[input], dims);
  } else {
    check_weight_count(name, weights.count, dims.volume(), to_string(dims));
  }
}

// The batch size, from the first of the input, the lengths and the states that knows it.
int64_t IRecurrentLayer::check_batch(const std::vector<InferInput>& inputs) const {
  int64_t batch = inputs[0].type.dims.d[1];
  const auto take = [&](const char* what, int32_t input, const Dims& expected, int32_t axis) {
    const int64_t other = check_beside(what, inputs[static_cast<size_t>(input)].type.dims, expected, axis);
    if (batch == -1) batch = other;
  };
  if (is_present(inputs, kLengths)) {
    const DataType type = inputs[kLengths].type.dtype;
    if (type != DataType::kINT64 && type != DataType::kINT32) {
      TORCHTRT_THROW_ERROR("the lengths are " << enum_name(type) << ", must be i64 or i32");
    }
    take("lengths", kLengths, Dims{batch}, 0);
  }
  if (is_present(inputs, kHiddenState)) {
    expect_same_type(inputs[0].type.dtype, inputs[kHiddenState].type.dtype);
    take("hidden state", kHiddenState, Dims{1, batch, state_size()}, 1);
  }
  if (is_present(inputs, kCellState)) {
    if (cell_ != RecurrentCell::kLSTM) {
      TORCHTRT_THROW_ERROR("a cell state is given and the cell is " << enum_name(cell_) << ", only lstm has one");
    }
    expect_same_type(inputs[0].type.dtype, inputs[kCellState].type.dtype);
    take("cell state", kCellState, Dims{1, batch, hidden_size_}, 1);
  }
  return batch;
}

std::vector<TensorType> IRecurrentLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1, kFirstWeights + kRecurrentWeightsCount);
  const TensorType& x = inputs[0].type;
  expect_floating_point(x.dtype);
  if (x.dims.nbDims != 3) {
    TORCHTRT_THROW_ERROR("the input " << to_string(x.dims) << " must have rank 3: steps, batch, features");
  }
  check_attributes();
  for (const RecurrentWeights role : kRoles) check_weights(inputs, role);
  const int64_t batch = check_batch(inputs);
  return {{x.dtype, Dims{x.dims.d[0], batch, state_size()}},
          {x.dtype, Dims{1, batch, state_size()}},
          {x.dtype, Dims{1, batch, hidden_size_}}};
}

// Steps and batch come from the input. The final states have one step only.
InputDim IRecurrentLayer::kept_dim(int32_t output, int32_t axis) const {
  return axis == 1 || (axis == 0 && output == 0) ? InputDim{0, axis} : InputDim{};
}

void IRecurrentLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("cell", cell_);
  visitor.visit("hidden_size", hidden_size_);
  visitor.visit("projection_size", projection_size_);
  visitor.visit("reverse", reverse_);
  for (const RecurrentWeights role : kRoles) visitor.visit(weights_name(role), weights_[static_cast<size_t>(role)]);
}

}  // namespace torch_tensorrt::network
