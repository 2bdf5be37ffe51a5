#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <unordered_map>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"
#include "torch/custom_class.h"

#include "torch_tensorrt/core/network/types.h"

// Descriptions of a graph's inputs, given by the user.
namespace torch_tensorrt::core::ir {

// Shapes from min to max; kernels are tuned for opt.
struct ShapeRange {
  network::Dims min;
  network::Dims opt;
  network::Dims max;
};

// Shape (range), dtype and layout of one input. Throws Error for an inconsistent range, for an unsupported dtype
// (supported: bool, uint8, float, half, bfloat16, double, int8, int32, int64), and for a channels-last layout of
// anything but a float tensor of rank 4.
struct Input : torch::CustomClassHolder {
  Input() = default;
  explicit Input(std::vector<int64_t> shape, at::ScalarType dtype = at::kFloat,
                 network::TensorFormat format = network::TensorFormat::kLINEAR, bool dtype_is_user_defined = false,
                 std::vector<double> tensor_domain = {0, 2});
  Input(std::vector<int64_t> min_shape, std::vector<int64_t> opt_shape, std::vector<int64_t> max_shape,
        at::ScalarType dtype = at::kFloat, network::TensorFormat format = network::TensorFormat::kLINEAR,
        bool dtype_is_user_defined = false, std::vector<double> tensor_domain = {0, 2});

  // Adds a shape range, which becomes a profile of its own. Throws Error if the range is inconsistent or of another
  // rank.
  void add_range(ShapeRange range);

  friend std::ostream& operator<<(std::ostream& os, const Input& input);

  bool input_is_dynamic = false;
  bool dtype_is_user_defined = false;
  std::vector<double> tensor_domain = {0, 2};
  network::Dims input_shape;  // -1 where sizes differ
  network::Dims min;
  network::Dims max;
  network::Dims opt;
  std::vector<ShapeRange> more_ranges;
  at::ScalarType dtype = at::kFloat;
  network::TensorFormat format = network::TensorFormat::kLINEAR;
  int id = -1;
  // Values of the elements if the model uses them as sizes: minimum, optimum, maximum. Empty: not given.
  std::vector<int64_t> min_values;
  std::vector<int64_t> opt_values;
  std::vector<int64_t> max_values;
  std::string name;  // the input's name in messages; empty: its name in the graph
};

// What the user gives for an argument: an Input, a tuple, list or dict of such, or the value that the argument has in
// every call (a number, a string, None).
struct InputTree {
  enum class Kind { kInput, kTuple, kList, kDict, kValue };
  Kind kind = Kind::kInput;
  Input input;
  std::vector<InputTree> children;
  std::vector<torch::jit::IValue> keys;  // of a dict, by child
  torch::jit::IValue value;
};

// A flat list of inputs, or a nest of tuples, lists and dicts of inputs and values. `inputs` lists all Inputs in order
// in either case; `arguments` and `collection_inputs` have one entry per argument. Throws Error for other contents.
struct GraphInputs {
  GraphInputs() = default;
  explicit GraphInputs(std::vector<Input> inputs);
  explicit GraphInputs(torch::jit::IValue& input_signature);
  torch::jit::IValue input_signature;
  std::vector<Input> inputs;
  std::vector<std::vector<Input>> collection_inputs;
  std::vector<InputTree> arguments;
  std::map<std::string, InputTree> arguments_by_name;  // besides `arguments`
};

using StaticParams = std::map<torch::jit::Value*, torch::jit::IValue>;
using InputSpecMap = std::unordered_map<const torch::jit::Value*, Input>;
using CollectionInputSpecMap = std::unordered_map<const torch::jit::Value*, std::vector<Input>>;

// An argument that may be None counts as a tensor: the user gives a spec for it unless it is None.
bool is_tensor(const torch::jit::Value* value);
// A tuple or list.
bool is_collection(const torch::jit::Value* value);

// Pairs the graph inputs that are neither tensors nor collections of tensors with their values, in order; skips the
// module itself. A tensor with a dtype or dims in its type ("%w : Float(8, 4)") is a parameter too; if there are fewer
// values than such inputs, only the last ones are parameters. Throws Error if the counts differ.
StaticParams get_static_params(c10::ArrayRef<torch::jit::Value*> inputs, std::vector<torch::jit::IValue> params);

std::vector<const torch::jit::Value*> get_collection_inputs(std::shared_ptr<torch::jit::Graph>& g,
                                                            StaticParams& static_params);
// Throws Error if the number of specs differs from the number of inputs.
CollectionInputSpecMap pair_input_vals_with_specs_collection(std::vector<const torch::jit::Value*> vals,
                                                             std::vector<std::vector<Input>>& specs);

// The dtype that an input is first computed with: the dtype of the first constant tensor on a breadth-first walk over
// the input's users; unset if there is none.
std::optional<at::ScalarType> get_value_first_calc_dtype_opt(torch::jit::Block* b, torch::jit::Value* in);

// Throws Error listing the inputs unless there is exactly one specification per input.
void check_spec_count(const std::vector<const torch::jit::Value*>& inputs, size_t specs);

}  // namespace torch_tensorrt::core::ir
